begin;
select plan(15);

create temporary table story on commit drop as select *, now() - interval '3 days' as since from tests.two_organizations();
grant select on story to public;
create temporary table made (token text) on commit drop;
grant select, insert, delete on made to public;
select tests.act_as(org_admin) from story;
select public.set_member_extension(agent_member, acme_account, '101', since) from story;
insert into public.member_lines (org_id, member_id, line_id) select acme, agent_member, other from story;
select tests.act_as_role('postgres');
select tests.pull(acme_account, 'calls', array[tests.listed('handled', now() - interval '2 days')]) from story;
select tests.act_as(org_admin) from story;
select public.set_member_role(agent_member, 'org_admin'), public.remove_member(agent_member) from story;

-- Invited by a manager, as an agent with one line.
insert into made select i.token from story s, tests.invite(s.manager, s.acme, s.agent || '@example.com', 'agent', array[s.given]) i;
select tests.act_as(agent) from story;
select is_empty('select from public.organizations', 'before they accept, they are out');
select lives_ok('select public.accept_invitation(token) from made', 'who was removed may come back');
select results_eq(
  'select id, role, state, deactivated_at from public.members where user_id = auth.uid()',
  'select agent_member, ''agent'', ''active'', null::timestamptz from story', 'as the same member, in the role of the invitation'
);
select results_eq(
  'select line_id from public.member_lines where member_id = (select agent_member from story)', 'select given from story',
  'with its lines, not those of then'
);
select is_empty(
  'select from public.member_extensions where member_id = (select agent_member from story) and period @> now()', 'and without extension'
);
select results_eq(
  'select provider_call_id, member_ids from public.calls', $$select 'handled' collate "C", array[agent_member] from story$$,
  'what they handled then is theirs again'
);
select tests.act_as(org_admin) from story;
select is(
  (select count(*)::int from public.org_members m, story s where m.user_id = s.agent), 1, 'there is one membership, not two'
);
select isnt_empty(
  $$select from public.audit_entries a, story s where a.resource = 'org_members' and a.row_key ->> 'id' = s.agent_member::text
    and a.actor_id = s.agent and a.details -> 'after' ->> 'role' = 'agent'$$,
  'that they came back is written down'
);

-- Removed once more; a line that found its way to the ended membership does not come along.
select public.remove_member(agent_member) from story;
select tests.act_as_role('postgres');
insert into public.member_lines (org_id, member_id, line_id) select acme, agent_member, other from story;
update private.invitations set created_at = now() - interval '1 day';
delete from made;
insert into made select i.token from story s, tests.invite(s.manager, s.acme, s.agent || '@example.com', 'agent') i;
select tests.act_as(agent) from story;
select lives_ok('select public.accept_invitation(token) from made', 'they may come back again');
select is_empty('select from public.lines', 'with what the invitation gives, and nothing else');

-- A deactivated member is not let in by an invitation that was for another address of theirs.
select tests.act_as_role('postgres');
delete from made;
insert into made select i.token from story s, tests.invite(s.org_admin, s.acme, 'viewers.new@example.com', 'org_admin') i;
update public.org_members set deactivated_at = now() where id = (select viewer_member from story);
update auth.users u set email = 'Viewers.New@example.com' from story where u.id = viewer;
select tests.act_as(viewer) from story;
select is(
  tests.attempt(format('select public.accept_invitation(%L)', token)), 'PT409 already_a_member', 'who was deactivated does not come back so'
) from made;
select is_empty('select from public.organizations', 'and still sees nothing');

-- Nor does one who is active become more than they are.
select tests.act_as(org_admin) from story;
select public.reactivate_members(array[viewer_member]) from story;
select tests.act_as(viewer) from story;
select is(
  tests.attempt(format('select public.accept_invitation(%L)', token)), 'PT409 already_a_member', 'nor does a member gain a role so'
) from made;
select results_eq('select role from public.members', $$values ('viewer')$$, 'they are what they were');
select tests.act_as(org_admin) from story;
select isnt_empty(
  'select from public.invitations where email = ''viewers.new@example.com'' and state = ''pending''', 'and the invitation is open still'
);

select * from finish();
rollback;
