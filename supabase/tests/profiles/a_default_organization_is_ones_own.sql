begin;
select plan(21);

create temporary table story on commit drop as select *, private.holding_org_id() as holding from tests.two_organizations();
grant select on story to public;
create function pg_temp.choose(p_org_id uuid) returns text
language sql as $$
  select tests.attempt(format('update public.profile_settings set default_org_id = %L', p_org_id))
$$;
create function pg_temp.chosen() returns uuid
language sql as $$select default_org_id from public.profile_settings$$;
grant execute on function pg_temp.choose(uuid), pg_temp.chosen() to public;

select tests.act_as(viewer) from story;
select is(pg_temp.choose(acme), '1 row', 'one''s own organization may come first') from story;
select is(pg_temp.choose(null), '1 row', 'or none') from story;
select is(pg_temp.choose(globex), 'PT404 organization_not_found', 'but not another') from story;
select is(pg_temp.choose(holding), 'PT404 organization_not_found', 'not even that of what belongs to nobody') from story;
select is(pg_temp.choose(gen_random_uuid()), 'PT404 organization_not_found', 'which is not told from none at all') from story;

-- Somebody in two organizations.
select tests.act_as_role('postgres');
select tests.join(agent, globex, 'viewer') from story;
select tests.act_as(agent) from story;
select is(pg_temp.choose(globex), '1 row', 'who is in two chooses either') from story;
update public.profile_settings set default_org_id = (select acme from story);

-- The membership ends; the other settings go on.
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now(), removed_at = now() where id = (select agent_member from story);
select tests.act_as(agent) from story;
select is(
  tests.attempt('update public.profile_settings set theme = ''dark'''), '1 row', 'who was removed from it still sets the rest'
);
select is(pg_temp.choose(acme), '1 row', 'and leaves it where it is') from story;
update public.profile_settings set default_org_id = null;
select is(pg_temp.choose(acme), 'PT404 organization_not_found', 'but does not choose it again') from story;
select is(pg_temp.choose(globex), '1 row', 'they choose the one they are in') from story;
select is(pg_temp.choose(null), '1 row', 'or none') from story;

-- An archived organization, and one that wants a second factor.
select tests.act_as(org_admin) from story;
update public.profile_settings set default_org_id = (select acme from story);
select tests.act_as(their_admin) from story;
update public.profile_settings set default_org_id = (select globex from story);
select tests.act_as_role('postgres');
update public.organizations set archived_at = now() where id = (select acme from story);
update public.organizations set requires_second_factor = true where id = (select globex from story);
select tests.act_as(org_admin) from story;
select is(
  tests.attempt('update public.profile_settings set phone = ''+12125550142'''), '1 row', 'while it is archived its people set the rest'
);
select tests.act_as(their_admin, '{"aal": "aal1"}') from story;
select is(
  tests.attempt('update public.profile_settings set theme = ''dark'''), '1 row', 'one factor is enough to set the rest'
);
select is(pg_temp.choose(null), '1 row', 'or to have none come first') from story;
select tests.act_as_role('postgres');
update public.profile_settings set default_org_id = null where user_id = (select their_admin from story);
select tests.act_as(their_admin, '{"aal": "aal1"}') from story;
select is(pg_temp.choose(globex), 'PT404 organization_not_found', 'not to choose what wants two') from story;
select tests.act_as(their_admin, '{"aal": "aal2"}') from story;
select is(pg_temp.choose(globex), '1 row', 'two are') from story;

-- Opened again, it still comes first.
select tests.act_as_role('postgres');
update public.organizations set archived_at = null where id = (select acme from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.chosen(), acme, 'the choice outlives the archive') from story;


select tests.act_as_role('postgres');
update public.organizations set archived_at = now() where id = (select acme from story);
select tests.act_as(manager) from story;
select is(pg_temp.choose(acme), 'PT404 organization_not_found', 'an archived one is not chosen') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.choose(globex), '1 row', 'the operator may have any come first') from story;
select tests.act_as_role('postgres');
select tests.user('Newcomer') as newcomer into temporary newcomer;
grant select on newcomer to public;
select tests.act_as(newcomer) from newcomer;
select is(pg_temp.choose(acme), 'PT404 organization_not_found', 'who is in none chooses none') from story;
select is(pg_temp.chosen(), null, 'and has none') from story;

select * from finish();
rollback;
