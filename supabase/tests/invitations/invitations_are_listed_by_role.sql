begin;
select plan(19);

create temporary table people on commit drop as
select w.*, tests.member(w.acme, 'manager', array[w.given]) as peer from tests.two_organizations() w;
create temporary table story on commit drop as
select
  p.*, m.id as peer_member, (tests.invite(p.org_admin, p.acme, 'a@example.com', 'viewer')).invitation_id as by_admin,
  (tests.invite(p.manager, p.acme, 'b@example.com', 'agent', array[p.given])).invitation_id as by_manager,
  (tests.invite(p.peer, p.acme, 'c@example.com', 'agent')).invitation_id as by_peer,
  (tests.invite(p.their_admin, p.globex, 'd@example.com', 'viewer')).invitation_id as by_theirs,
  (tests.invite(p.platform_admin, p.acme, 'e@example.com', 'viewer')).invitation_id as by_operator
from people p join public.org_members m on m.user_id = p.peer;
grant select on story to public;

select tests.act_as(org_admin) from story;
select set_eq(
  'select id from public.invitations', 'select unnest(array[by_admin, by_manager, by_peer, by_operator]) from story',
  'an admin reads those of the organization, whoever sent them'
);
select results_eq(
  'select invited_by from public.invitations where id = (select by_manager from story)', 'select manager from story', 'and who did'
);
select tests.act_as(manager) from story;
select results_eq('select id from public.invitations', 'select by_manager from story', 'a manager reads those they sent');
select tests.act_as(peer) from story;
select results_eq('select id from public.invitations', 'select by_peer from story', 'and none of another manager');
select tests.act_as(agent) from story;
select is_empty('select from public.invitations', 'an agent reads none');
select tests.act_as(viewer) from story;
select is_empty('select from public.invitations', 'nor does a viewer');
select tests.act_as(their_admin) from story;
select results_eq('select id from public.invitations', 'select by_theirs from story', 'another organization''s admin reads theirs');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.invitations), 5, 'the operator reads all');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.invitations'), '42501', 'who is not signed in reads none');


-- Each does something about what they read, and about nothing else.
select tests.act_as_role('postgres');
create function pg_temp.reached(p_call text) returns text[]
language sql as $$
  select array(
    select i.name
    from (
      select 1, 'admin''s', by_admin from story union all select 2, 'manager''s', by_manager from story
      union all select 3, 'peer''s', by_peer from story union all select 4, 'theirs', by_theirs from story
    ) i (n, name, id)
    where tests.attempt(format('select public.%I(%L)', p_call, i.id)) <> 'PT404 invitation_not_found'
    order by i.n
  )
$$;
grant execute on function pg_temp.reached(text) to public;
select tests.act_as(org_admin) from story;
select is(pg_temp.reached(call), array['admin''s', 'manager''s', 'peer''s'], 'an admin: ' || call)
from unnest(array['resend_invitation', 'revoke_invitation', 'create_invitation_link']) call;
select tests.act_as(manager) from story;
select is(pg_temp.reached(call), array['manager''s'], 'a manager: ' || call)
from unnest(array['resend_invitation', 'revoke_invitation', 'create_invitation_link']) call;
select tests.act_as(agent) from story;
select is(pg_temp.reached('create_invitation_link'), '{}', 'an agent reaches none');
select tests.act_as(their_admin) from story;
select is(pg_temp.reached('create_invitation_link'), array['theirs'], 'another organization''s admin theirs');

-- A manager who became an agent, or an admin.
select tests.act_as(org_admin) from story;
select public.set_member_role(manager_member, 'agent'), public.set_member_role(peer_member, 'org_admin') from story;
select tests.act_as(manager) from story;
select is_empty('select from public.invitations', 'who is an agent now reads not even those they sent');
select tests.act_as(peer) from story;
select is((select count(*)::int from public.invitations), 4, 'who is an admin now reads all');

select * from finish();
rollback;
