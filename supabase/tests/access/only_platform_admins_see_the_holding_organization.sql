begin;
select plan(9);

create temporary table story on commit drop as select *, private.holding_org_id() as holding from tests.two_organizations();
grant select on story to public;
-- A call of a number that nobody has.
select tests.pull(platform_account, 'calls', array[tests.listed('unowned', now(), '{"businessNumber": "+12125550150"}')]) from story;

select tests.act_as(platform_admin) from story;
select isnt_empty('select from public.organizations where id = (select holding from story)', 'the operator sees the holding organization');
select isnt_empty('select from public.calls where org_id = (select holding from story)', 'and the calls that wait in it');
select isnt_empty('select from public.legs where org_id = (select holding from story)', 'with their legs');

select tests.act_as(org_admin) from story;
select is_empty('select from public.organizations where id = (select holding from story)', 'an organization''s admin does not see it');
select is_empty('select from public.calls', 'nor its calls');
select is_empty('select from public.legs', 'nor their legs');
select is(
  tests.attempt(format('select public.kpi_summary(%L, now() - interval ''1 day'', now())', holding)),
  'PT404 organization_not_found', 'nor its figures'
) from story;

select tests.act_as_role('postgres');
select is(
  tests.attempt(format('select tests.join(%L, %L, ''viewer'')', viewer, holding)), '23514', 'it has no members'
) from story;
select is(
  tests.attempt(format('update public.organizations set archived_at = now() where id = %L', holding)), '23514', 'and is never archived'
) from story;

select * from finish();
rollback;
