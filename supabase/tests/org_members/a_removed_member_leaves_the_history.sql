begin;
select plan(27);

create temporary table story on commit drop as
select *, now() - interval '3 days' as since from tests.two_organizations();
grant select on story to public;
select tests.act_as(org_admin) from story;
select
  public.set_member_extension(agent_member, acme_account, '101', since),
  public.set_member_extension(manager_member, acme_account, '102', since)
from story;
-- Promised for later, too.
select public.set_member_extension(agent_member, acme_account, '103', now() + interval '10 days') from story;
select tests.act_as_role('postgres');
select tests.pull(acme_account, 'calls', array[tests.listed('handled', now() - interval '2 days')]) from story;
create function pg_temp.remove(p_member_id uuid) returns text
language sql as $$select tests.attempt(format('select public.remove_member(%L)', p_member_id))$$;
grant execute on function pg_temp.remove(uuid) to public;

select tests.act_as(manager) from story;
select is(pg_temp.remove(agent_member), 'PT404 member_not_found', 'a manager removes nobody') from story;
select tests.act_as(agent) from story;
select is(pg_temp.remove(agent_member), 'PT404 member_not_found', 'an agent not even themselves') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.remove(agent_member), 'PT404 member_not_found', 'nor does a viewer') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.remove(agent_member), 'PT404 member_not_found', 'or an admin elsewhere') from story;
select tests.act_as_role('anon');
select is(pg_temp.remove(agent_member), '42501', 'or who is not signed in') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.remove(agent_member), '1 row', 'the operator removes any') from story;

select tests.act_as(org_admin) from story;
select is(pg_temp.remove(their_member), 'PT404 member_not_found', 'an admin removes nobody elsewhere') from story;
select is(tests.attempt('delete from public.org_members'), '42501', 'there is no other way');
select public.remove_member(agent_member) from story;
select is_empty('select from public.members where id = (select agent_member from story)', 'who was removed is no longer on the team');
select is(pg_temp.remove(agent_member), 'PT404 member_not_found', 'and is not removed again') from story;

-- Given back.
select is_empty('select from public.member_lines where member_id = (select agent_member from story)', 'their lines are given back');
select results_eq(
  'select extension, period from public.member_extensions where member_id = (select agent_member from story)',
  'select ''101'', tstzrange(since, now()) from story', 'their extension ends, and one promised is not held'
);
select isnt_empty('select from public.member_extensions where extension = ''102'' and upper_inf(period)', 'others keep theirs');
select results_eq(
  'select member_id from public.member_lines', 'select manager_member from story', 'and their lines'
);
select lives_ok(
  $$select public.set_member_extension(manager_member, acme_account, '101') from story$$, 'the extension goes to somebody else'
);

-- Attributable.
select results_eq(
  'select member_id from public.legs where extension = ''101''', 'select agent_member from story', 'what they handled stays theirs'
);
select results_eq(
  'select member_ids from public.calls', 'select array[agent_member] from story', 'on the call as well'
);
select tests.act_as_role('postgres');
select private.rebuild_calls(acme_account) from story;
select tests.act_as(org_admin) from story;
select results_eq(
  'select member_id from public.legs where extension = ''101''', 'select agent_member from story', 'even when everything is read anew'
);
select results_eq(
  'select p.full_name from public.org_members m join public.profiles p using (user_id) where m.id = (select agent_member from story)',
  $$values ('Agent')$$, 'by name'
);
select tests.act_as(manager) from story;
select isnt_empty(
  'select from public.profiles where user_id = (select agent from story)', 'colleagues still know the name'
);

-- Closed to them.
select tests.act_as(agent) from story;
select is_empty('select from public.organizations', 'who was removed sees no organization');
select is_empty('select from public.calls', 'not even the calls they handled');
select is_empty('select from public.org_members', 'nor colleagues');
select is_empty('select private.my_member_ids()', 'and is nobody there');
select isnt_empty('select from public.profiles where user_id = (select agent from story)', 'their profile is theirs');

-- The trail tells it.
select tests.act_as(org_admin) from story;
select isnt_empty(
  $$select from public.audit_entries a, story where a.resource = 'org_members' and a.row_key ->> 'id' = story.agent_member::text
    and a.action = 'update' and a.actor_id = story.org_admin and a.details -> 'after' ? 'removed_at'$$,
  'who removed whom is written down'
);
select is_empty(
  'select from public.audit_entries where resource = ''org_members'' and action = ''delete''', 'and nothing was deleted'
);

select * from finish();
rollback;
