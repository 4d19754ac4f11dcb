begin;
select plan(8);

create temporary table story on commit drop as select *, tests.user('Newcomer') as newcomer from tests.two_organizations();
grant select on story to public;
select tests.call(given) from story;

select tests.act_as(newcomer) from story;
select results_eq('select user_id from public.profiles', 'select newcomer from story', 'a newcomer reads their own profile');
select is_empty('select from public.organizations', 'no organization');
select is_empty('select from public.org_members', 'no member');
select is_empty('select from public.lines', 'no line');
select is_empty('select from public.calls', 'no call');
select is_empty('select from public.phone_numbers', 'no number');
select is(
  tests.attempt(format('insert into public.org_members (org_id, user_id, role) values (%L, %L, ''org_admin'')', acme, newcomer)),
  '42501', 'and does not let themselves in'
) from story;
select is(tests.attempt(format('insert into private.platform_admins (user_id) values (%L)', newcomer)), '42501', 'anywhere') from story;

select * from finish();
rollback;
