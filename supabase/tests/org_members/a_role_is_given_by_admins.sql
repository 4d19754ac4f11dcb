begin;
select plan(25);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.give(p_member_id uuid, p_role text) returns text
language sql as $$select tests.attempt(format('select public.set_member_role(%L, %L)', p_member_id, p_role))$$;
grant execute on function pg_temp.give(uuid, text) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.give(agent_member, role), '1 row', 'an admin makes an agent ' || role)
from story, unnest(array['org_admin', 'manager', 'agent', 'viewer']) role;
select is(pg_temp.give(agent_member, role), 'PT422 role_unknown', coalesce('"' || left(role, 20) || '"', 'none') || ' is no role')
from story, unnest(array[null, '', 'boss', 'platform_admin', 'Agent', ' agent', repeat('x', 10000)]) role;
select is(pg_temp.give(their_member, 'viewer'), 'PT404 member_not_found', 'nobody elsewhere is given one') from story;
select is(pg_temp.give(gen_random_uuid(), 'viewer'), 'PT404 member_not_found', 'nor is who is unknown');
select is(pg_temp.give(null, 'viewer'), 'PT404 member_not_found', 'or nobody');
select is(tests.attempt('update public.org_members set role = ''viewer'''), '42501', 'there is no other way to give one');

select public.set_member_role(agent_member, 'manager') from story;
select results_eq(
  'select role, line_ids from public.members where id = (select agent_member from story)',
  'select ''manager'', array[given] from story', 'who is given a role keeps their lines'
);
select tests.act_as(agent) from story;
select isnt_empty($$select private.my_org_ids('manager')$$, 'and has it at once');

select tests.act_as(manager) from story;
select is(pg_temp.give(agent_member, 'agent'), 'PT404 member_not_found', 'a manager gives none') from story;
select is(pg_temp.give(manager_member, 'org_admin'), 'PT404 member_not_found', 'not even to themselves') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.give(viewer_member, 'org_admin'), 'PT404 member_not_found', 'nor does a viewer') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.give(agent_member, 'viewer'), 'PT404 member_not_found', 'nor an admin elsewhere') from story;
select tests.act_as_role('anon');
select is(pg_temp.give(agent_member, 'viewer'), '42501', 'nor who is not signed in') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.give(agent_member, 'viewer'), '1 row', 'the operator gives any') from story;

select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where id = (select agent_member from story);
update public.org_members set deactivated_at = now(), removed_at = now() where id = (select viewer_member from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.give(agent_member, 'viewer'), '1 row', 'who was deactivated is given one for later') from story;
select is(pg_temp.give(viewer_member, 'agent'), 'PT404 member_not_found', 'who was removed is not') from story;

select * from finish();
rollback;
