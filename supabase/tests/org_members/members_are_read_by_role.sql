begin;
select plan(9);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table everybody on commit drop as select id, org_id, user_id from public.org_members;
grant select on everybody to public;

select tests.act_as(viewer) from story;
select results_eq('select user_id from public.org_members', 'select viewer from story', 'a viewer reads themselves');
select tests.act_as(agent) from story;
select set_eq(
  'select id from public.org_members', 'select id from everybody where org_id = (select acme from story)', 'an agent the colleagues'
);
select tests.act_as(manager) from story;
select set_eq(
  'select id from public.org_members', 'select id from everybody where org_id = (select acme from story)', 'a manager too'
);
select tests.act_as(org_admin) from story;
select set_eq(
  'select id from public.org_members', 'select id from everybody where org_id = (select acme from story)', 'and an admin'
);
select tests.act_as(their_admin) from story;
select results_eq('select user_id from public.org_members', 'select their_admin from story', 'nobody elsewhere reads them');
select tests.act_as(platform_admin) from story;
select set_eq('select id from public.org_members', 'select id from everybody', 'the operator reads all');

select tests.act_as_role('postgres');
select is(tests.attempt(format('select tests.join(%L, %L, ''agent'')', viewer, acme)), '23505', 'a user is a member once') from story;
select is(tests.attempt(format('select tests.join(%L, %L, ''boss'')', their_admin, acme)), '23514', 'in a role that there is') from story;
select is(
  tests.attempt(format('select tests.join(%L, %L, ''platform_admin'')', their_admin, acme)), '23514', 'which the operator''s is not'
) from story;

select * from finish();
rollback;
