begin;
select plan(22);

-- Agents with the manager's line, with none, with one more, and with another's.
create temporary table people on commit drop as
select
  w.*, tests.member(w.acme, 'agent') as bare, tests.member(w.acme, 'agent', array[w.given, w.other]) as wide,
  tests.member(w.acme, 'agent', array[w.other]) as foreign_agent, tests.member(w.acme, 'manager', array[w.given]) as peer
from tests.two_organizations() w;
create temporary table story on commit drop as
select people.*, b.id as bare_member, w.id as wide_member, f.id as foreign_member, p.id as peer_member
from people
join public.org_members b on b.user_id = people.bare
join public.org_members w on w.user_id = people.wide
join public.org_members f on f.user_id = people.foreign_agent
join public.org_members p on p.user_id = people.peer;
grant select on story to public;
create function pg_temp.deactivate(variadic p_member_ids uuid[]) returns text
language sql as $$select tests.attempt(format('select public.deactivate_members(%L)', p_member_ids))$$;
grant execute on function pg_temp.deactivate(uuid[]) to public;

select tests.act_as(manager) from story;
select is(pg_temp.deactivate(agent_member), '1 row', 'a manager deactivates an agent with lines of theirs') from story;
select is(pg_temp.deactivate(bare_member), '1 row', 'or with none') from story;
select is(pg_temp.deactivate(agent_member, bare_member), '1 row', 'or both at once') from story;
select is(pg_temp.deactivate(wide_member), 'PT404 member_not_found', 'one with a line more is out of reach') from story;
select is(pg_temp.deactivate(foreign_member), 'PT404 member_not_found', 'so is one with another line') from story;
select is(pg_temp.deactivate(agent_member, wide_member), 'PT404 member_not_found', 'with them, nobody is deactivated') from story;
select is(pg_temp.deactivate(peer_member), 'PT404 member_not_found', 'nor is another manager') from story;
select is(pg_temp.deactivate(viewer_member), 'PT404 member_not_found', 'a viewer') from story;
select is(pg_temp.deactivate(admin_member), 'PT404 member_not_found', 'an admin') from story;
select is(pg_temp.deactivate(manager_member), 'PT404 member_not_found', 'themselves') from story;
select is(pg_temp.deactivate(their_member), 'PT404 member_not_found', 'or anybody elsewhere') from story;
select is(
  tests.attempt(format('select public.remove_member(%L)', agent_member)), 'PT404 member_not_found', 'a manager removes nobody'
) from story;
select is(tests.attempt(format('select public.set_member_role(%L, ''viewer'')', agent_member)), 'PT404 member_not_found', 'gives no role')
from story;

-- Who was deactivated comes back, as long as nothing changed in between.
select public.deactivate_members(array[agent_member]) from story;
select is(
  tests.attempt(format('select public.reactivate_members(array[%L]::uuid[])', agent_member)), '1 row', 'and reactivates who is in reach'
) from story;
select tests.act_as(org_admin) from story;
insert into public.member_lines (org_id, member_id, line_id) select acme, agent_member, other from story;
select tests.act_as(manager) from story;
select is(
  tests.attempt(format('select public.reactivate_members(array[%L]::uuid[])', agent_member)), 'PT404 member_not_found',
  'given a line more, who was in reach no longer is'
) from story;

-- The manager gives their line away.
select is(pg_temp.deactivate(bare_member), '1 row', 'an agent without lines is in reach') from story;
insert into public.member_lines (org_id, member_id, line_id) select acme, bare_member, given from story;
select is(pg_temp.deactivate(bare_member), '1 row', 'and stays so with a line of the manager''s') from story;
select tests.act_as(org_admin) from story;
delete from public.member_lines where member_id = (select manager_member from story);
select tests.act_as(manager) from story;
select is(pg_temp.deactivate(bare_member), 'PT404 member_not_found', 'until the manager has the line no more') from story;

-- A manager who became something else, or who was deactivated, reaches nobody.
select tests.act_as(peer) from story;
select is(pg_temp.deactivate(bare_member), '1 row', 'another manager reaches them') from story;
select tests.act_as(org_admin) from story;
select public.set_member_role(peer_member, 'agent') from story;
select tests.act_as(peer) from story;
select is(pg_temp.deactivate(bare_member), 'PT404 member_not_found', 'as an agent they do not') from story;
select tests.act_as(org_admin) from story;
select public.set_member_role(peer_member, 'manager'), public.deactivate_members(array[peer_member]) from story;
select tests.act_as(peer) from story;
select is(pg_temp.deactivate(bare_member), 'PT404 member_not_found', 'nor deactivated') from story;

-- Managing here says nothing about elsewhere.
select tests.act_as_role('postgres');
select tests.join(manager, globex, 'agent', array[theirs]), tests.member(globex, 'agent', array[theirs]) from story;
create temporary table elsewhere on commit drop as
select m.id from public.org_members m join story s on s.globex = m.org_id where m.role = 'agent' and m.user_id <> s.manager;
grant select on elsewhere to public;
select tests.act_as(manager) from story;
select is(pg_temp.deactivate(id), 'PT404 member_not_found', 'nobody is in reach where the manager is an agent') from elsewhere;

select * from finish();
rollback;
