begin;
select plan(12);

create temporary table story on commit drop as
select
  w.*, tests.phone_number(w.platform_account, '+12125550110') as one, tests.phone_number(w.platform_account, '+12125550111') as two,
  tests.phone_number(w.globex_account, '+12125550112') as of_globex, tests.organization('Gone') as gone
from tests.two_organizations() w;
update public.organizations set archived_at = now() where id = (select gone from story);
select tests.line(globex, two, tstzrange(now() - interval '2 days', null)) from story;
grant select on story to public;
-- What is refused, and how many lines it left behind.
create function pg_temp.give(p_numbers uuid[], p_org_id uuid, p_from timestamptz default now()) returns text
language plpgsql as $$
declare
  v_detail text := 'given';
begin
  begin
    perform public.assign_phone_numbers(p_numbers, p_org_id, p_from);
  exception when others then
    get stacked diagnostics v_detail = pg_exception_detail;
  end;
  return format('%s, %s', v_detail, (select count(*) from public.lines l where l.period @> now() and l.phone_number_id = any (p_numbers)));
end
$$;
grant execute on function pg_temp.give(uuid[], uuid, timestamptz) to public;

select tests.act_as(platform_admin) from story;
select is(
  pg_temp.give(array[one, gen_random_uuid()], acme), 'phone_number_not_found, 0', 'with a number that is not there none is given'
) from story;
select is(
  pg_temp.give(array[one, of_globex], acme), 'number_of_another_account, 0', 'with one of an account that another organization owns'
) from story;
select is(
  pg_temp.give(array[one, two], acme, now() - interval '1 day'), 'period_taken, 1', 'with one that somebody had in that time, who keeps it'
) from story;
select is(pg_temp.give(array[one, two], globex), 'number_already_assigned, 1', 'with one that they have already') from story;
select is(pg_temp.give('{}', acme), 'phone_number_not_found, 0', 'no number is none') from story;
select is(pg_temp.give(null, acme), 'phone_number_not_found, 0', 'nor is null') from story;
select is(pg_temp.give(array[one], gone), 'organization_not_found, 0', 'an archived organization is given nothing') from story;
select is(pg_temp.give(array[one], private.holding_org_id()), 'organization_not_found, 0', 'nor is nobody') from story;
select is(pg_temp.give(array[one], null), 'organization_not_found, 0', 'nor nothing') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.give(array[one], acme), 'platform_admin_required, 0', 'organizations give themselves none') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.give(array[one, two], acme), 'given, 2', 'when all can be given all are') from story;
select results_eq(
  'select org_id, period from public.lines join story on phone_number_id = two order by period',
  $$
    select globex, tstzrange(now() - interval '2 days', now()) from story union all select acme, tstzrange(now(), null) from story
  $$, 'and who had one has what was theirs until then'
);

select * from finish();
rollback;
