begin;
select plan(8);

create temporary table story on commit drop as
select w.*, '2026-06-01 09:00:00Z'::timestamptz as nine from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.course(p_looks text[]) returns text
language plpgsql as $$
declare
  v_look text;
  v_course text;
begin
  delete from public.agent_statuses;
  delete from private.provider_items;
  foreach v_look in array p_looks loop
    perform private.apply_agent_status(
      s.acme_account, array[jsonb_build_object('extension', '101', 'status', split_part(v_look, ' ', 2))],
      s.nine + make_interval(mins => split_part(v_look, ' ', 1)::int)
    )
    from story s;
  end loop;
  perform tests.act_as(agent) from story;
  select string_agg(
    format('%s %s-%s', a.status, extract(epoch from a.since - s.nine)::int / 60, extract(epoch from a.observed_through - s.nine)::int / 60),
    ', ' order by a.since
  ) into v_course
  from public.agent_statuses a, story s;
  perform tests.act_as_role('postgres');
  return v_course;
end
$$;

select is(pg_temp.course('{0 a,20 a,40 a}'), 'a 0-40', 'looks in order');
select is(pg_temp.course('{40 a,0 a,20 a}'), 'a 0-40', 'a look between two joins them');
select is(pg_temp.course('{40 a,20 a,0 a}'), 'a 0-40', 'one before reaches back');
select is(pg_temp.course('{0 a,40 a,20 b}'), 'a 0-0, b 20-20, a 40-40', 'one that found something else stands between');
select is(pg_temp.course('{20 b,40 a,0 a}'), 'a 0-0, b 20-20, a 40-40', 'whenever it comes');
select is(pg_temp.course('{60 a,0 a,29 a}'), 'a 0-29, a 60-60', 'what is half an hour away is not joined');
select is(pg_temp.course('{0 a,29 a,60 a}'), 'a 0-29, a 60-60', 'in order neither');
select is(pg_temp.course('{0 a,20 a,10 b}'), 'a 0-20', 'within what was seen as one a late look changes nothing');

select * from finish();
rollback;
