begin;
select plan(15);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.change(p_org_id uuid) returns text
language sql as $$
  select tests.attempt(format('select public.change_organization_settings(%L, ''{"answer_within_seconds": 30}'')', p_org_id))
$$;
grant execute on function pg_temp.change(uuid) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.change(acme), '1 row', 'an admin changes the settings') from story;
select is(pg_temp.change(globex), 'PT404 organization_not_found', 'but not another organization''s') from story;
select is(pg_temp.change(gen_random_uuid()), 'PT404 organization_not_found', 'which is not told from none at all');
select is(pg_temp.change(null), 'PT404 organization_not_found', 'nor those of nobody');
select tests.act_as(manager) from story;
select is(pg_temp.change(acme), 'PT403 role_not_sufficient', 'a manager does not') from story;
select results_eq('select org_id from public.organization_settings', 'select acme from story', 'but reads them');
select tests.act_as(agent) from story;
select is(pg_temp.change(acme), 'PT403 role_not_sufficient', 'nor does an agent') from story;
select results_eq('select org_id from public.organization_settings', 'select acme from story', 'who reads them too');
select tests.act_as(viewer) from story;
select is(pg_temp.change(acme), 'PT403 role_not_sufficient', 'nor a viewer') from story;
select results_eq('select org_id from public.organization_settings', 'select acme from story', 'who also reads them');
select tests.act_as(their_admin) from story;
select is(pg_temp.change(acme), 'PT404 organization_not_found', 'nor anybody elsewhere') from story;
select results_eq('select org_id from public.organization_settings', 'select globex from story', 'who reads their own');
select tests.act_as_role('anon');
select is(pg_temp.change(acme), '42501', 'nor who is not signed in') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.change(acme), '1 row', 'the operator changes any') from story;
select set_eq(
  'select org_id from public.organization_settings', 'select id from public.organizations', 'and reads all'
);

select * from finish();
rollback;
