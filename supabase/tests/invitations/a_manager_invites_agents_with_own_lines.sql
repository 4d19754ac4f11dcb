begin;
select plan(21);

create temporary table story on commit drop as
select *, tests.user_at('second@example.com') as second_self from tests.two_organizations();
grant select on story to public;
create function pg_temp.invite(p_role text, variadic p_line_ids uuid[] default '{}') returns text
language sql as $$
  select tests.attempt(format('select public.invite_member(%L, ''jo@example.com'', %L, %L)', acme, p_role, p_line_ids)) from story
$$;
grant execute on function pg_temp.invite(text, uuid[]) to public;

select tests.act_as(manager) from story;
select is(pg_temp.invite('agent', given), '1 row', 'a manager invites an agent with a line of theirs') from story;
select is(pg_temp.invite('agent'), '1 row', 'or with none');
select is(pg_temp.invite('agent', other), 'PT403 invitation_not_allowed', 'not with another') from story;
select is(pg_temp.invite('agent', given, other), 'PT403 invitation_not_allowed', 'nor with one more') from story;
select is(pg_temp.invite('agent', theirs), 'PT403 invitation_not_allowed', 'nor with one elsewhere') from story;
select is(pg_temp.invite(role, given), 'PT403 invitation_not_allowed', 'a manager invites nobody as ' || role)
from story, unnest(array['viewer', 'manager', 'org_admin']) role;
select is(
  tests.attempt(format('select public.invite_member(%L, ''jo@example.com'', ''agent'')', globex)), 'PT404 organization_not_found',
  'nor anybody elsewhere'
) from story;

-- By list, row by row.
select results_eq(
  $$select i.result from story, public.invite_members(acme, jsonb_build_array(
    jsonb_build_object('email', 'a@example.com', 'role', 'agent', 'lines', jsonb_build_array(given)),
    jsonb_build_object('email', 'b@example.com', 'role', 'manager'),
    jsonb_build_object('email', 'c@example.com', 'lines', jsonb_build_array('+12125550102')),
    jsonb_build_object('email', 'd@example.com', 'lines', jsonb_build_array('+1 (212) 555-0101'))
  )) i order by i.row_number$$,
  $$values ('invited'), ('not_allowed'), ('not_allowed'), ('invited')$$, 'a list is held to the same'
);

-- A second address of the manager's gains nothing that the first has not.
create temporary table made (token text) on commit drop;
grant select, insert on made to public;
insert into made select (tests.invite(manager, acme, 'second@example.com', 'agent', array[given])).token from story;
select tests.act_as(second_self) from story;
select lives_ok('select public.accept_invitation(token) from made', 'a manager may have a second address');
select results_eq('select id from public.lines', 'select given from story', 'which sees no more than the first');
select is(pg_temp.invite('agent'), 'PT403 role_not_sufficient', 'and invites nobody');

-- The line is taken away, the role, the membership.
select tests.act_as(org_admin) from story;
insert into public.member_lines (org_id, member_id, line_id) select acme, manager_member, other from story;
delete from public.member_lines where member_id = (select manager_member from story) and line_id = (select given from story);
select tests.act_as(manager) from story;
select is(pg_temp.invite('agent', given), 'PT403 invitation_not_allowed', 'a line that was taken away is not given') from story;
select is(pg_temp.invite('agent', other), '1 row', 'one given instead is') from story;
select tests.act_as(org_admin) from story;
select public.set_member_role(manager_member, 'agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.invite('agent', other), 'PT403 role_not_sufficient', 'who is an agent now invites nobody') from story;
select tests.act_as(org_admin) from story;
select public.set_member_role(manager_member, 'manager'), public.deactivate_members(array[manager_member]) from story;
select tests.act_as(manager) from story;
select is(pg_temp.invite('agent', other), 'PT404 organization_not_found', 'nor does who was deactivated') from story;

-- Somebody who manages here and is an admin elsewhere invites there as an admin, here as a manager.
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = null where id = (select manager_member from story);
select tests.join(manager, globex, 'org_admin') from story;
select tests.act_as(manager) from story;
select is(pg_temp.invite('viewer'), 'PT403 invitation_not_allowed', 'who is an admin elsewhere is a manager here');
select is(
  tests.attempt(format('select public.invite_member(%L, ''jo@example.com'', ''viewer'')', globex)), '1 row', 'and an admin there'
) from story;

-- The operator invites whom an admin could.
select tests.act_as(platform_admin) from story;
select is(pg_temp.invite('manager', given, other), '1 row', 'the operator is bound by no lines') from story;
select is(pg_temp.invite('manager', theirs), 'PT403 invitation_not_allowed', 'but of the organization''s own') from story;

select * from finish();
rollback;
