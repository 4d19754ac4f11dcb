begin;
select plan(26);

create temporary table people on commit drop as
select w.*, tests.member(w.acme, 'agent') as second, tests.member(w.acme, 'org_admin') as successor from tests.two_organizations() w;
create temporary table story on commit drop as
select people.*, m.id as second_member from people join public.org_members m on m.user_id = people.second;
grant select on story to public;
create function pg_temp.deactivate(variadic p_member_ids uuid[]) returns text
language sql as $$select tests.attempt(format('select public.deactivate_members(%L)', p_member_ids))$$;
create function pg_temp.reactivate(variadic p_member_ids uuid[]) returns text
language sql as $$select tests.attempt(format('select public.reactivate_members(%L)', p_member_ids))$$;
create function pg_temp.active() returns table (user_id uuid)
language sql as $$select user_id from public.org_members where org_id = (select acme from story) and deactivated_at is null$$;
grant execute on function pg_temp.deactivate(uuid[]), pg_temp.reactivate(uuid[]), pg_temp.active() to public;

select tests.act_as(org_admin) from story;
select is(
  public.deactivate_members(array[agent_member, viewer_member, agent_member]), 2, 'an admin deactivates several at once'
) from story;
select set_eq(
  'select pg_temp.active()', 'select unnest(array[manager, org_admin, second, successor]) from story', 'who are then not active'
);
select results_eq(
  'select state, deactivated_at, role, line_ids from public.members where id = (select agent_member from story)',
  'select ''deactivated'', now(), ''agent'', array[given] from story', 'but keep their role and their lines'
);
select tests.act_as(agent) from story;
select is_empty('select from public.organizations', 'and see nothing');

-- Again: who was not active stays as they were.
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = '2026-01-02' where id = (select agent_member from story);
select tests.act_as(org_admin) from story;
select is(
  public.deactivate_members(array[agent_member, second_member]), 1, 'those who are deactivated already do not count'
) from story;
select results_eq(
  'select deactivated_at from public.members where id = (select agent_member from story)', $$values ('2026-01-02'::timestamptz)$$,
  'nor does the day they left move'
);

select is(
  public.reactivate_members(array[agent_member, second_member, viewer_member, admin_member]), 3,
  'reactivated, they are back, and who never left does not count'
) from story;
select tests.act_as(agent) from story;
select results_eq('select id from public.lines', 'select given from story', 'with what they had');

-- One who cannot be, and nobody is.
select tests.act_as(org_admin) from story;
select is(
  pg_temp.deactivate(agent_member, their_member), 'PT404 member_not_found', 'with somebody elsewhere nobody is deactivated'
) from story;
select is(
  pg_temp.deactivate(agent_member, gen_random_uuid()), 'PT404 member_not_found', 'nor with somebody unknown'
) from story;
select is(pg_temp.deactivate(agent_member, null), 'PT404 member_not_found', 'nor with nobody') from story;
select set_eq(
  'select pg_temp.active()', 'select unnest(array[viewer, agent, manager, org_admin, second, successor]) from story', 'all are there'
);
select is(public.deactivate_members('{}'), 0, 'of none, none is deactivated');
select is(public.deactivate_members(null), 0, 'or of nothing');
select is(tests.attempt('update public.org_members set deactivated_at = now()'), '42501', 'there is no other way');

-- Somebody removed is neither.
select public.remove_member(second_member) from story;
select is(pg_temp.reactivate(second_member), 'PT404 member_not_found', 'who was removed does not come back this way') from story;
select is(pg_temp.deactivate(second_member, agent_member), 'PT404 member_not_found', 'nor leaves again') from story;

select tests.act_as(agent) from story;
select is(pg_temp.deactivate(viewer_member), 'PT404 member_not_found', 'an agent deactivates nobody') from story;
select is(pg_temp.deactivate(agent_member), 'PT404 member_not_found', 'not even themselves') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.deactivate(agent_member), 'PT404 member_not_found', 'nor does a viewer') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.deactivate(agent_member), 'PT404 member_not_found', 'or an admin elsewhere') from story;
select tests.act_as_role('anon');
select is(pg_temp.deactivate(agent_member), '42501', 'or who is not signed in') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.deactivate(agent_member, viewer_member), '1 row', 'the operator deactivates any') from story;
select is(pg_temp.reactivate(agent_member, viewer_member), '1 row', 'and reactivates them') from story;

-- Nobody lets themselves in again.
select public.deactivate_members(array[admin_member, agent_member]) from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.reactivate(admin_member), 'PT404 member_not_found', 'an admin who was deactivated does not come back alone') from story;
select tests.act_as(agent) from story;
select is(pg_temp.reactivate(agent_member), 'PT404 member_not_found', 'nor does an agent') from story;

select * from finish();
rollback;
