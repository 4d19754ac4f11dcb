begin;
select plan(26);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update auth.users u set last_sign_in_at = now() - interval '100 days' from story where u.id = agent;
update auth.users u set last_sign_in_at = now() - interval '100 days' from story where u.id = viewer;
-- Auth notes renewals in UTC without saying so.
set local timezone = 'Asia/Tokyo';
insert into auth.sessions (id, user_id, created_at, updated_at, refreshed_at)
select gen_random_uuid(), viewer, now() - interval '100 days', now() - interval '3 days', (now() - interval '2 days') at time zone 'UTC'
from story
union all
select gen_random_uuid(), viewer, now() - interval '90 days', now() - interval '80 days', null from story;
insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
select s.acme, s.agent_member, s.acme_account, e.extension, e.period
from story s
cross join (
  values
  ('101', tstzrange(now() - interval '9 days', null)), ('99', tstzrange(now() - interval '1 hour', now() + interval '1 hour')),
  ('100', tstzrange(null, now())), ('102', tstzrange(now() + interval '1 day', null))
) e (extension, period);
insert into public.member_lines (org_id, member_id, line_id) select acme, agent_member, other from story;

-- An admin.
select tests.act_as(org_admin) from story;
select set_eq(
  'select id from public.members', 'select unnest(array[viewer_member, agent_member, manager_member, admin_member]) from story',
  'an admin reads the team'
);
select results_eq(
  'select org_id, user_id, full_name, email, role, state, deactivated_at from public.members where id = (select agent_member from story)',
  'select acme, agent, ''Agent'', agent || ''@example.com'', ''agent'', ''active'', null::timestamptz from story', 'who they are'
);
select results_eq(
  'select extensions, (select array_agg(line_id order by line_id) from unnest(line_ids) line_id) from public.members'
  ' where id = (select agent_member from story)',
  'select array[''101'', ''99''], (select array_agg(id order by id) from unnest(array[given, other]) id) from story',
  'which extensions they have now, and which lines'
);
select results_eq(
  'select last_sign_in_at, last_active_at from public.members where id = (select agent_member from story)',
  $$values (now() - interval '100 days', now() - interval '100 days')$$, 'when they last signed in'
);
select results_eq(
  'select last_sign_in_at, last_active_at from public.members where id = (select viewer_member from story)',
  $$values (now() - interval '100 days', now() - interval '2 days')$$, 'and were active, which a long session may be without signing in'
);
select results_eq(
  'select last_sign_in_at, last_active_at, extensions, line_ids from public.members where id = (select admin_member from story)',
  'select null::timestamptz, null::timestamptz, ''{}''::text[], ''{}''::uuid[]', 'who never did has nothing of it'
);
select results_eq(
  'select id from public.members where last_active_at < now() - interval ''90 days''', 'select agent_member from story',
  'so that the inactive can be found'
);

-- A manager.
select tests.act_as(manager) from story;
select set_eq(
  'select id from public.members', 'select unnest(array[viewer_member, agent_member, manager_member, admin_member]) from story',
  'a manager reads the team'
);
select isnt_empty(
  'select from public.members where id = (select agent_member from story) and last_active_at is not null', 'with their activity'
);
select results_eq(
  'select extensions, line_ids from public.members where id = (select agent_member from story)',
  'select array[''101'', ''99''], array[given] from story', 'their extensions, and of the lines those the manager has'
);

-- An agent.
select tests.act_as(agent) from story;
select set_eq(
  'select id from public.members', 'select unnest(array[viewer_member, agent_member, manager_member, admin_member]) from story',
  'an agent reads the team'
);
select is_empty(
  'select from public.members where last_sign_in_at is not null or last_active_at is not null', 'without anybody''s activity'
);
select results_eq(
  'select line_ids from public.members where id = (select manager_member from story)', 'select array[given] from story',
  'and shared lines'
);

-- A viewer.
select tests.act_as(viewer) from story;
select results_eq('select id from public.members', 'select viewer_member from story', 'a viewer reads themselves');
select results_eq('select full_name, role from public.members', $$values ('Viewer', 'viewer')$$, 'by name and role');
select is_empty('select from public.members where last_active_at is not null', 'without activity');

-- Others.
select tests.act_as(their_admin) from story;
select results_eq('select id from public.members', 'select their_member from story', 'another organization''s admin reads their own');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.members), 5, 'the operator reads all');
select isnt_empty('select from public.members where last_active_at is not null', 'with activity');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.members'), '42501', 'who is not signed in reads none');

-- Somebody who is an agent here and manages elsewhere.
select tests.act_as_role('postgres');
select tests.join(agent, globex, 'manager') from story;
update auth.users u set last_sign_in_at = now() from story where u.id = their_admin;
select tests.act_as(agent) from story;
select is_empty(
  'select from public.members where last_active_at is not null and org_id = (select acme from story)',
  'activity is told where one manages alone'
);
select isnt_empty(
  'select from public.members where last_active_at is not null and org_id = (select globex from story)', 'and there it is'
);

-- Nobody writes by it, and it shows who was deactivated, not who was removed.
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where id = (select agent_member from story);
update public.org_members set deactivated_at = now(), removed_at = now() where id = (select viewer_member from story);
select tests.act_as(org_admin) from story;
select is(
  tests.attempt(p_sql) !~ 'row', true, p_sql || ' is refused'
) from unnest(array['update public.members set role = ''org_admin''', 'delete from public.members']) p_sql;
select results_eq(
  'select state, deactivated_at from public.members where id = (select agent_member from story)', $$values ('deactivated', now())$$,
  'who was deactivated is shown as such'
);
select is_empty('select from public.members where id = (select viewer_member from story)', 'who was removed is not shown');

select * from finish();
rollback;
