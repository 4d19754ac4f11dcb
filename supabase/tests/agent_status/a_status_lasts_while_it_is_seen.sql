begin;
select plan(15);

create temporary table story on commit drop as
select w.*, '2026-06-01 09:00:00Z'::timestamptz as nine from tests.two_organizations() w;
insert into public.member_extensions (org_id, member_id, integration_id, extension) select acme, agent_member, acme_account, '101'
from story;
grant select on story to public;
-- A look at the account, so many minutes after nine.
create function pg_temp.look(p_minute int, variadic p_items text[]) returns text
language sql as $$
  select concat_ws(' ', p.new_items, p.changed_items, p.unchanged_items, cardinality(p.rejected_positions))
  from story s
  cross join private.apply_agent_status(s.acme_account, p_items::jsonb[], s.nine + make_interval(mins => p_minute)) p
$$;
create function pg_temp.is_in(p_extension text, p_status text) returns text
language sql as $$select jsonb_build_object('extension', p_extension, 'status', p_status)::text$$;
-- The intervals of an extension, in minutes after nine, as an admin reads them.
create function pg_temp.course(p_extension text default '101') returns text
language plpgsql as $$
declare
  v_course text;
begin
  perform tests.act_as(org_admin) from story;
  select string_agg(
    format('%s %s-%s', a.status, extract(epoch from a.since - s.nine)::int / 60, extract(epoch from a.observed_through - s.nine)::int / 60),
    ', ' order by a.since
  ) into v_course
  from public.agent_statuses a, story s
  where a.extension = p_extension;
  perform tests.act_as_role('postgres');
  return v_course;
end
$$;

select is(
  pg_temp.look(
    0, pg_temp.is_in('101', 'Available'), '{"status": "available"}', '{"extension": "102"}', '[]', pg_temp.is_in(repeat('1', 41), 'dnd'),
    pg_temp.is_in('102', repeat('x', 41))
  ), '1 0 0 5', 'a first look begins an interval; what is no status is set aside'
);
select is(pg_temp.look(10, pg_temp.is_in('101', 'available')), '0 0 1', 'the same ten minutes later');
select is(pg_temp.look(39, pg_temp.is_in('101', 'available')), '0 0 1', 'and 29 after that');
select is(pg_temp.course(), 'available 0-39', 'are one interval');
select is(pg_temp.look(69, pg_temp.is_in('101', 'available')), '0 1 0', 'after half an hour without a look');
select is(pg_temp.course(), 'available 0-39, available 69-69', 'another one begins: nobody knows what was between');
select is(pg_temp.look(70, pg_temp.is_in('101', 'dnd')), '0 1 0', 'another status');
select is(pg_temp.look(75, pg_temp.is_in('101', 'available')), '0 1 0', 'and back');
select is(pg_temp.course(), 'available 0-39, available 69-69, dnd 70-70, available 75-75', 'are intervals of their own');
select is(pg_temp.look(75, pg_temp.is_in('101', 'available')), '0 0 1', 'a look that is told twice is one');
select is(
  pg_temp.look(80, pg_temp.is_in('102', 'dnd'), pg_temp.is_in('102', 'available'), pg_temp.is_in('101', 'available')), '1 0 2',
  'of two statements in a look the last counts'
);
select is(pg_temp.course('102'), 'available 80-80', 'for each extension by itself');

-- Who held the extension.
select tests.act_as(org_admin) from story;
select public.set_member_extension(manager_member, acme_account, '102', nine + interval '85 minutes') from story;
select tests.act_as_role('postgres');
select pg_temp.look(90, pg_temp.is_in('102', 'available'));
select is(pg_temp.course('102'), 'available 80-80, available 90-90', 'a new holder begins a new interval');
select tests.act_as(org_admin) from story;
select results_eq(
  'select a.extension, a.member_id from public.agent_statuses a
  where a.since >= (select nine + interval ''80 minutes'' from story) order by a.since',
  'select ''102'' collate "C", null::uuid union all select ''102'', manager_member from story', 'who is named with it'
);
select public.set_member_extension(manager_member, acme_account, '102', nine + interval '70 minutes') from story;
select results_eq(
  'select a.member_id from public.agent_statuses a where a.extension = ''102'' order by a.since',
  'select manager_member from story, generate_series(1, 2)', 'also where it is said afterwards'
);

select * from finish();
rollback;
