begin;
select plan(16);

create temporary table story on commit drop as select *, tests.user('Newcomer') as newcomer from tests.two_organizations();
grant select on story to public;
create temporary table created (id uuid) on commit drop;
grant select, insert on created to public;

select tests.act_as(newcomer) from story;
insert into created select public.create_organization('  Initech ', 'America/Chicago');
select results_eq(
  'select id, name, time_zone, requires_second_factor, archived_at from public.organizations',
  $$select id, 'Initech', 'America/Chicago', false, null::timestamptz from created$$,
  'who belongs to none creates one, and reads it'
);
select results_eq(
  'select org_id, user_id, role, state from public.members',
  $$select id, newcomer, 'org_admin', 'active' from created, story$$, 'as its admin'
);
select results_eq(
  'select effective_from, answer_within_seconds from public.organization_settings', $$values ('-infinity'::date, 20)$$,
  'it begins with settings'
);
select results_eq('select recording_days from public.retention_settings', 'values (90)', 'and with how long things are kept');
select is(
  tests.attempt($$select public.create_organization('Another')$$), 'PT403 organization_creation_denied',
  'by themselves people create but one'
);

-- A place without a name of its own.
select tests.act_as_role('postgres');
create temporary table second on commit drop as select tests.user('Second') as id;
grant select on second to public;
select tests.act_as(id) from second;
select is(
  tests.attempt($$select public.create_organization('Umbrella', 'Mars/Olympus')$$), 'PT422 time_zone_unknown',
  'a time zone is one there is'
);
select is(
  tests.attempt(format('select public.create_organization(''Umbrella'', %L)', repeat('A', 10000))), 'PT422 time_zone_unknown',
  'not just any text'
);
select is_empty('select from public.organizations', 'what is refused leaves nothing behind');
select public.create_organization('Umbrella', null);
select results_eq('select time_zone from public.organizations', $$values ('UTC')$$, 'without a time zone it is UTC');

-- Who is in one already has had their first.
select tests.act_as(viewer) from story;
select is(tests.attempt($$select public.create_organization('Mine')$$), 'PT403 organization_creation_denied', 'a viewer creates none');
select tests.act_as(org_admin) from story;
select is(tests.attempt($$select public.create_organization('Mine')$$), 'PT403 organization_creation_denied', 'nor does an admin');
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where id in (select agent_member from story);
update public.org_members set deactivated_at = now(), removed_at = now() where id in (select manager_member from story);
select tests.act_as(agent) from story;
select is(
  tests.attempt($$select public.create_organization('Mine')$$), 'PT403 organization_creation_denied',
  'nor somebody whose membership rests'
);
select tests.act_as(manager) from story;
select is(tests.attempt($$select public.create_organization('Mine')$$), '1 row', 'who was removed belongs to none and may');

select tests.act_as_role('anon');
select is(tests.attempt($$select public.create_organization('Mine')$$), '42501', 'who is not signed in creates none');
select tests.act_as(null);
select is(
  tests.attempt($$select public.create_organization('Mine')$$), 'PT403 organization_creation_denied', 'nor does a token without a user'
);
select tests.act_as(gen_random_uuid());
select is(
  tests.attempt($$select public.create_organization('Mine')$$), 'PT403 organization_creation_denied', 'or of somebody who is gone'
);

select * from finish();
rollback;
