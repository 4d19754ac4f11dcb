begin;
select plan(12);

create temporary table story on commit drop as select *, private.holding_org_id() as holding from tests.two_organizations();
grant select on story to public;

select tests.act_as(viewer) from story;
select results_eq('select id from public.organizations', 'select acme from story', 'a viewer reads their own');
select tests.act_as(agent) from story;
select results_eq('select id from public.organizations', 'select acme from story', 'an agent too');
select tests.act_as(manager) from story;
select results_eq('select id from public.organizations', 'select acme from story', 'and a manager');
select tests.act_as(org_admin) from story;
select results_eq('select id from public.organizations', 'select acme from story', 'and an admin');
select is(tests.attempt('delete from public.organizations'), '42501', 'nobody deletes one');
select is(tests.attempt('update public.organizations set archived_at = now()'), '42501', 'or closes one this way');
select is(tests.attempt($$insert into public.organizations (name) values ('Mine')$$), '42501', 'or makes one');
select is(
  tests.attempt(format('insert into public.org_members (org_id, user_id, role) values (%L, %L, ''viewer'')', acme, their_admin)),
  '42501', 'or lets somebody in'
) from story;
select is(tests.attempt($$update public.org_members set role = 'org_admin'$$), '42501', 'or changes a role');
select is(tests.attempt('delete from public.org_members'), '42501', 'or removes a member');

select tests.act_as(platform_admin) from story;
select set_eq(
  'select id from public.organizations', 'select unnest(array[acme, globex, holding]) from story', 'the operator reads all of them'
);
select is(tests.attempt('delete from public.organizations'), '42501', 'and deletes none either');

select * from finish();
rollback;
