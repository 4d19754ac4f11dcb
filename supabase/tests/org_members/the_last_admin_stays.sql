begin;
select plan(25);

create temporary table people on commit drop as select w.*, tests.member(w.acme, 'org_admin') as second from tests.two_organizations() w;
create temporary table story on commit drop as
select people.*, m.id as second_member from people join public.org_members m on m.user_id = people.second;
grant select on story to public;
create function pg_temp.try(p_call text, p_member_ids uuid[]) returns text
language sql as $$
  select tests.attempt(case p_call
    when 'role' then format('select public.set_member_role(%L, ''viewer'')', p_member_ids[1])
    when 'deactivate' then format('select public.deactivate_members(%L)', p_member_ids)
    when 'remove' then format('select public.remove_member(%L)', p_member_ids[1])
  end)
$$;
grant execute on function pg_temp.try(text, uuid[]) to public;

-- Of two, either may go.
select tests.act_as(org_admin) from story;
select is(pg_temp.try(call, array[second_member]), '1 row', 'one of two admins may go: ' || call)
from story, unnest(array['role', 'deactivate', 'remove']) call;
select is(pg_temp.try(call, array[admin_member]), '1 row', 'even by their own hand: ' || call)
from story, unnest(array['role', 'deactivate', 'remove']) call;
select is(
  pg_temp.try('deactivate', array[admin_member, second_member]), 'PT409 last_org_admin', 'both at once may not'
) from story;
select is(
  pg_temp.try('deactivate', array[agent_member, admin_member, second_member, viewer_member]), 'PT409 last_org_admin', 'nor with others'
) from story;
select is(pg_temp.try('deactivate', array[agent_member, admin_member, viewer_member]), '1 row', 'others may, as long as one stays')
from story;

-- A second one that does not count.
select public.deactivate_members(array[second_member]) from story;
select is(pg_temp.try(call, array[admin_member]), 'PT409 last_org_admin', 'a deactivated second does not count: ' || call)
from story, unnest(array['role', 'deactivate', 'remove']) call;
select is(pg_temp.try('remove', array[second_member]), '1 row', 'who is no longer active may be removed') from story;
select is(pg_temp.try('role', array[second_member]), '1 row', 'or given another role') from story;
select is(pg_temp.try('deactivate', array[agent_member, manager_member]), '1 row', 'others come and go') from story;
select public.remove_member(second_member) from story;
select is(pg_temp.try(call, array[admin_member]), 'PT409 last_org_admin', 'nor does a removed one: ' || call)
from story, unnest(array['role', 'deactivate', 'remove']) call;
select is(
  tests.attempt(format('select public.set_member_role(%L, ''org_admin'')', admin_member)), '1 row', 'who stays an admin stays'
) from story;

-- The operator is held to it too, and so is Auth.
select tests.act_as(platform_admin) from story;
select is(pg_temp.try(call, array[admin_member]), 'PT409 last_org_admin', 'the operator does not do it either: ' || call)
from story, unnest(array['role', 'deactivate', 'remove']) call;
select tests.act_as_role('postgres');
select is(
  tests.attempt(format('delete from auth.users where id = %L', org_admin)), 'PT409 last_org_admin', 'nor does a user deleted in Auth'
) from story;
select is(tests.attempt(format('delete from auth.users where id = %L', agent)), '1 row', 'while others are deleted') from story;
select is(
  tests.attempt('update public.org_members set role = ''viewer'''), 'PT409 last_org_admin', 'nor a statement that reaches everybody'
);

select * from finish();
rollback;
