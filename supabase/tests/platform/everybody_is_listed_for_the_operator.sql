begin;
select plan(15);

create temporary table story on commit drop as
select w.*, tests.user('Newcomer') as newcomer, tests.member(w.acme, 'agent') as deactivated from tests.two_organizations() w;
select tests.join(viewer, globex, 'manager') from story;
update public.org_members set deactivated_at = now() where user_id = (select deactivated from story);
update auth.users set email_confirmed_at = null, last_sign_in_at = null, created_at = '2026-01-01' where id = (select newcomer from story);
update auth.users set last_sign_in_at = '2026-06-01 12:00Z' where id = (select viewer from story);
grant select on story to public;

select tests.act_as(platform_admin) from story;
select results_eq(
  $$
    select u.user_id
    from public.users u
    where u.user_id in (select unnest(array[viewer, org_admin, newcomer, platform_admin]) from story)
    order by 1
  $$,
  'select unnest(array[viewer, org_admin, newcomer, platform_admin]) from story order by 1',
  'the operator sees everybody, in an organization or not'
);
select is((select count(*) from public.users), (select count(distinct user_id) from public.users), 'each once');
select results_eq(
  $$
    select email, full_name, is_platform_admin, organizations, is_confirmed, last_sign_in_at
    from public.users
    join story on user_id = viewer
  $$,
  $$select viewer || '@example.com', 'Viewer', false, 2, true, '2026-06-01 12:00Z'::timestamptz from story$$,
  'with who they are, where they belong and when they were here'
);
select results_eq(
  $$
    select email, full_name, is_platform_admin, organizations, is_confirmed, created_at, last_sign_in_at
    from public.users
    join story on user_id = newcomer
  $$,
  $$select newcomer || '@example.com', 'Newcomer', false, 0, false, '2026-01-01'::timestamptz, null::timestamptz from story$$,
  'or have not been yet'
);
select is(
  (select u.organizations from public.users u join story s on u.user_id = s.deactivated), 0, 'who was deactivated belongs there no more'
);
select is(
  (select u.is_platform_admin from public.users u join story s on u.user_id = s.platform_admin), true,
  'and who is one of the operator''s people'
);
select is(tests.attempt('update public.users set full_name = ''x'''), '42501', 'the list is read');
select is(tests.attempt('delete from public.users'), '42501', 'and nothing else');
select is(tests.attempt('insert into public.users (email) values (''x'')'), '42501', 'in any way');

select tests.act_as(viewer) from story;
select is_empty('select from public.users', 'a viewer sees nobody');
select tests.act_as(manager) from story;
select is_empty('select from public.users', 'nor does a manager');
select tests.act_as(org_admin) from story;
select is_empty('select from public.users', 'nor an organization''s admin, who has the members');
select tests.act_as(newcomer) from story;
select is_empty('select from public.users', 'nor somebody new');
select tests.act_as_role('postgres');
create temporary table seen (who text, came text) on commit drop;
grant insert on seen to public;
select tests.act_as_role('api_reader');
insert into seen select 'api_reader', tests.attempt('select from public.users');
select tests.act_as_role('anon');
insert into seen select 'anon', tests.attempt('select from public.users');
select tests.act_as_role('postgres');
select is((select came from seen where who = 'api_reader'), '42501', 'a key is for organizations');
select is((select came from seen where who = 'anon'), '42501', 'and without a session there is nothing');

select * from finish();
rollback;
