begin;
select plan(7);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table of_acme on commit drop as
select user_id from public.org_members where org_id = (select story.acme from story);
grant select on of_acme to public;

select tests.act_as(agent) from story;
select set_eq('select user_id from public.profiles', 'select user_id from of_acme', 'an agent reads the colleagues'' profiles');
select tests.act_as(manager) from story;
select set_eq('select user_id from public.profiles', 'select user_id from of_acme', 'so does a manager');
select tests.act_as(org_admin) from story;
select set_eq('select user_id from public.profiles', 'select user_id from of_acme', 'and an admin');
select tests.act_as(viewer) from story;
select results_eq('select user_id from public.profiles', 'select viewer from story', 'a viewer reads only their own');
select tests.act_as(their_admin) from story;
select results_eq('select user_id from public.profiles', 'select their_admin from story', 'another organization reads none of them');
select tests.act_as(platform_admin) from story;
select results_eq(
  'select count(*)::int from public.profiles', 'select count(*)::int + 2 from of_acme', 'the operator reads all'
);

select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where user_id = (select agent from story);
select tests.act_as(manager) from story;
select set_eq('select user_id from public.profiles', 'select user_id from of_acme', 'who left is still known by name');

select * from finish();
rollback;
