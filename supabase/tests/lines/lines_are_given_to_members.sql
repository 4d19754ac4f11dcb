begin;
select plan(26);

create temporary table people on commit drop as select w.*, tests.member(w.acme, 'agent') as second from tests.two_organizations() w;
create temporary table story on commit drop as
select people.*, s.id as second_member from people join public.org_members s on s.user_id = people.second;
grant select on story to public;
create function pg_temp.give(p_org_id uuid, p_member_id uuid, p_line_id uuid) returns text
language sql as $$
  select tests.attempt(
    format('insert into public.member_lines (org_id, member_id, line_id) values (%L, %L, %L)', p_org_id, p_member_id, p_line_id)
  )
$$;
create function pg_temp.take(p_member_id uuid, p_line_id uuid) returns text
language sql as $$
  select tests.attempt(format('delete from public.member_lines where member_id = %L and line_id = %L', p_member_id, p_line_id))
$$;
grant execute on function pg_temp.give(uuid, uuid, uuid), pg_temp.take(uuid, uuid) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.give(acme, agent_member, other), '1 row', 'an admin gives any line to an agent') from story;
select is(pg_temp.give(acme, manager_member, other), '1 row', 'or to a manager') from story;
select is(pg_temp.give(acme, agent_member, given), '23505', 'once') from story;
select is(pg_temp.give(acme, their_member, other), '23503', 'not to somebody of another organization') from story;
select is(pg_temp.give(acme, agent_member, theirs), '23503', 'nor a line of another') from story;
select is(pg_temp.give(globex, their_member, theirs), '42501', 'nor elsewhere') from story;
select is(pg_temp.take(manager_member, given), '1 row', 'and takes any back') from story;

select tests.act_as(manager) from story;
select is(pg_temp.give(acme, second_member, given), '1 row', 'a manager gives a line of theirs to an agent') from story;
select is(pg_temp.give(acme, second_member, other), '42501', 'no other line') from story;
select is(pg_temp.give(acme, manager_member, other), '42501', 'none to themselves') from story;
select is(pg_temp.give(acme, viewer_member, given), '42501', 'none to a viewer') from story;
select is(pg_temp.take(agent_member, given), '1 row', 'a manager takes a line of theirs from an agent') from story;
select is(pg_temp.take(manager_member, given), '0 rows', 'but not from a manager') from story;

select tests.act_as(agent) from story;
select is(pg_temp.give(acme, second_member, given), '42501', 'an agent gives no line') from story;
select is(pg_temp.take(agent_member, given), '0 rows', 'nor takes one away') from story;
select results_eq(
  'select member_id from public.member_lines order by member_id = (select manager_member from story)',
  'select agent_member from story union all select manager_member from story', 'but reads who has the same'
);
select tests.act_as(viewer) from story;
select is_empty('select from public.member_lines', 'a viewer does not');
select is(pg_temp.give(acme, second_member, given), '42501', 'nor gives any') from story;
select tests.act_as(second) from story;
select is_empty('select from public.member_lines', 'an agent without a line reads nothing of it');
select tests.act_as(their_admin) from story;
select is_empty('select from public.member_lines', 'nor does another organization''s admin');
select is(pg_temp.take(agent_member, given), '0 rows', 'who takes none away') from story;

-- Who was deactivated may be given lines for later, who was removed may not.
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where id = (select agent_member from story);
update public.org_members set deactivated_at = now(), removed_at = now() where id = (select second_member from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.give(acme, agent_member, other), '1 row', 'who was deactivated is given a line for later') from story;
select is(pg_temp.give(acme, second_member, other), '42501', 'who was removed is given none') from story;
select tests.act_as(manager) from story;
select is(pg_temp.give(acme, second_member, given), '42501', 'by a manager neither') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.give(acme, second_member, given), '42501', 'nor by the operator') from story;

select tests.act_as_role('postgres');
delete from public.org_members where id = (select agent_member from story);
select is_empty(
  'select from public.member_lines where member_id = (select agent_member from story)', 'what a member was given goes with them'
);

select * from finish();
rollback;
