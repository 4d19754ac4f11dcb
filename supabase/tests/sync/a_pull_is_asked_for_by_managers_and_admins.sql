begin;
select plan(17);

create temporary table story on commit drop as
select w.*, tests.organization('Gone') as gone, tests.organization('Empty') as nothing, tests.user() as outsider
from tests.two_organizations() w;
alter table story add gone_admin uuid, add gone_account uuid;
update story set gone_admin = tests.member(gone, 'org_admin'), gone_account = tests.integration(gone);
update public.organizations set archived_at = now() where id = (select gone from story);
grant select on story to public;
create function pg_temp.ask(p_org_id uuid, p_resource text default 'calls') returns text
language sql as $$
  select tests.attempt(format('select public.request_sync(%L, %L)', p_org_id, p_resource))
$$;
grant execute on function pg_temp.ask(uuid, text) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.ask(acme), 'PT403 role_not_sufficient', 'a viewer asks for no pull') from story;
select tests.act_as(agent) from story;
select is(pg_temp.ask(acme), 'PT403 role_not_sufficient', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.ask(acme), '2 rows', 'a manager does, of every account that serves the organization') from story;
select is(pg_temp.ask(globex), 'PT404 organization_not_found', 'but not for another') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.ask(acme), '2 rows', 'so does an admin') from story;
select is(pg_temp.ask(acme, 'phone_numbers'), '2 rows', 'of any resource') from story;
select is(pg_temp.ask(acme, 'gossip'), 'PT422 resource_unknown', 'that there is') from story;
select is(pg_temp.ask(acme, null), 'PT422 resource_unknown', 'one of them') from story;
select is(pg_temp.ask(null), 'PT404 organization_not_found', 'for an organization');
select is(pg_temp.ask(private.holding_org_id()), 'PT404 organization_not_found', 'not for nobody');
select is(pg_temp.ask(nothing), 'PT404 organization_not_found', 'nor for one they are not in') from story;
select tests.act_as(gone_admin) from story;
select is(pg_temp.ask(gone), 'PT404 organization_not_found', 'an archived organization is there for nobody of its own') from story;
select tests.act_as(outsider) from story;
select is(pg_temp.ask(acme), 'PT404 organization_not_found', 'who belongs to none asks for nothing') from story;
select tests.act_as(null);
select is(pg_temp.ask(acme), 'PT404 organization_not_found', 'nor does somebody unknown') from story;

select tests.act_as(platform_admin) from story;
select is(pg_temp.ask(globex), '2 rows', 'the operator asks for any') from story;
select is(pg_temp.ask(nothing), 'PT409 no_integration', 'that an account serves') from story;
select is(pg_temp.ask(gone), 'PT409 organization_archived', 'and that is not archived') from story;

select * from finish();
rollback;
