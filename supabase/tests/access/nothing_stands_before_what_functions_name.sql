begin;
select plan(14);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
select tests.call(theirs) from story;

select tests.act_as(agent) from story;
select is(tests.attempt(format('create table %s.org_members ()', schema)), '42501', 'nobody puts a table into ' || schema)
from unnest(array['public', 'private', 'extensions', 'auth']) schema;
select is(
  tests.attempt(format('create function %s.is_platform_admin() returns boolean language sql return true', schema)), '42501',
  'nor a function into ' || schema
)
from unnest(array['public', 'private', 'extensions', 'auth']) schema;
select is(tests.attempt('create schema shadow'), '42501', 'nor makes a schema');
select is(
  tests.attempt('create operator public.= (leftarg = uuid, rightarg = uuid, function = pg_catalog.uuid_ne)'), '42501',
  'nor an operator'
);

-- Temporary tables come before all others wherever a name has no schema.
create temporary table platform_admins on commit drop as select agent as user_id from story;
create temporary table org_members on commit drop as
select gen_random_uuid() as id, globex as org_id, agent as user_id, 'org_admin' as role, null::timestamptz as deactivated_at,
  null::timestamptz as removed_at
from story;
create temporary table organizations on commit drop as
select globex as id, null::timestamptz as archived_at, false as requires_second_factor, 'UTC' as time_zone, 'Globex' as name from story;
create temporary table calls on commit drop as select * from public.calls;
grant select on platform_admins, org_members, organizations, calls to public;
set local search_path = pg_temp, public, extensions;

select ok(not private.is_platform_admin(), 'a table of one''s own makes nobody an operator');
select is_empty('select from public.calls where org_id = (select globex from story)', 'nor a member of another organization');
select is(
  tests.attempt((select format('select public.set_member_role(%L, ''org_admin'')', agent_member) from story)),
  'PT404 member_not_found', 'nor an admin of one''s own'
);
select is(
  tests.attempt((select format('select * from public.kpi_summary(%L, now() - interval ''1 day'', now())', globex) from story)),
  'PT404 organization_not_found', 'nor shows figures of others'
);

select * from finish();
rollback;
