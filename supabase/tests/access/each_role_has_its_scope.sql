begin;
select plan(18);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;

select tests.act_as(viewer) from story;
select results_eq('select private.org_ids_read_in_full()', 'select acme from story', 'a viewer reads the organization in full');
select is_empty('select private.my_member_ids()', 'and is no one who handles calls');
select is_empty('select private.my_line_ids()', 'nor has lines');
select is_empty($$select private.my_org_ids('agent', 'manager', 'org_admin')$$, 'a viewer is no other role');

-- Somebody who was an agent keeps their lines, but does not see by them.
select tests.act_as_role('postgres');
insert into public.member_lines (org_id, member_id, line_id)
select s.acme, m.id, s.other from story s join public.org_members m on m.user_id = s.viewer;
select tests.act_as(viewer) from story;
select is_empty('select private.my_line_ids()', 'a viewer''s lines do not count');
select is_empty('select from public.member_lines', 'nor do they tell who else has them');

select tests.act_as(agent) from story;
select is_empty('select private.org_ids_read_in_full()', 'an agent reads no organization in full');
select results_eq('select private.my_member_ids()', 'select agent_member from story', 'but what they handled');
select results_eq('select private.my_line_ids()', 'select given from story', 'and the lines given to them');
select is_empty('select private.my_agent_ids()', 'an agent has no agents');

select tests.act_as(manager) from story;
select is_empty('select private.org_ids_read_in_full()', 'a manager reads no organization in full');
select results_eq('select private.my_member_ids()', 'select manager_member from story', 'but what they handled');
select results_eq('select private.my_line_ids()', 'select given from story', 'and the lines given to them');
select results_eq('select private.my_agent_ids()', 'select agent_member from story', 'and has the organization''s agents');

select tests.act_as(org_admin) from story;
select results_eq('select private.org_ids_read_in_full()', 'select acme from story', 'an admin reads the organization in full');
select is_empty('select private.my_line_ids()', 'and needs no lines');
select ok(not private.is_platform_admin(), 'an organization''s admin is not the operator');

select tests.act_as(platform_admin) from story;
select set_eq(
  'select private.org_ids_read_in_full()', 'select id from public.organizations', 'a platform admin reads every organization in full'
);

select * from finish();
rollback;
