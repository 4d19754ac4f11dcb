begin;
select plan(15);

create temporary table story on commit drop as select *, tests.user('Newcomer') as newcomer from tests.two_organizations();
grant select on story to public;
create function pg_temp.create() returns text
language sql as $$select tests.attempt('select public.create_organization(''Another'')')$$;
create function pg_temp.allow(p_rule text) returns void
language plpgsql as $$
begin
  perform tests.act_as(platform_admin) from story;
  update public.platform_settings set organization_creation = p_rule;
end
$$;
grant execute on function pg_temp.create(), pg_temp.allow(text) to public;

select pg_temp.allow('platform_admins');
select tests.act_as(newcomer) from story;
select is(pg_temp.create(), 'PT403 organization_creation_denied', 'where only the operator creates them, a newcomer does not') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.create(), 'PT403 organization_creation_denied', 'nor does an admin') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.create(), '1 row', 'the operator does') from story;

select pg_temp.allow('first');
select tests.act_as(newcomer) from story;
select is(pg_temp.create(), '1 row', 'where everybody may create a first one, a newcomer does') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.create(), 'PT403 organization_creation_denied', 'an admin no second one') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.create(), '1 row', 'the operator any') from story;

select pg_temp.allow('org_admins');
select tests.act_as(newcomer) from story;
select is(pg_temp.create(), '1 row', 'where admins may create more, a newcomer still creates a first one') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.create(), '1 row', 'and an admin another') from story;
select tests.act_as(manager) from story;
select is(pg_temp.create(), 'PT403 organization_creation_denied', 'but not a manager') from story;
select tests.act_as(agent) from story;
select is(pg_temp.create(), 'PT403 organization_creation_denied', 'an agent') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.create(), 'PT403 organization_creation_denied', 'or a viewer') from story;

-- An admin counts as one only while they are.
select tests.act_as_role('postgres');
select tests.member(acme, 'org_admin') from story;
update public.org_members set deactivated_at = now() where id = (select admin_member from story);
update public.organizations set archived_at = now() where id = (select globex from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.create(), 'PT403 organization_creation_denied', 'nor an admin who was deactivated') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.create(), 'PT403 organization_creation_denied', 'nor one of an archived organization') from story;

select tests.act_as(org_admin) from story;
select is(
  tests.attempt($$update public.platform_settings set organization_creation = 'org_admins'$$), '0 rows', 'nobody else sets the rule'
);
select tests.act_as(platform_admin) from story;
select is(
  tests.attempt($$update public.platform_settings set organization_creation = 'everybody'$$), '23514', 'which is one there is'
);

select * from finish();
rollback;
