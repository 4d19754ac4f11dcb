begin;
select plan(6);

create temporary table story on commit drop as
select tests.user('Ann') as ann, tests.user('  ' || repeat('x', 300)) as long, tests.user('   ') as nameless;

select results_eq(
  'select full_name, email from public.profiles where user_id = (select ann from story)',
  'select ''Ann'', email::text from auth.users where id = (select ann from story)', 'a new user of Auth gets a profile'
);
select is(
  (select char_length(full_name) from public.profiles where user_id = (select story.long from story)), 200, 'a name too long is cut'
);
select is((select full_name from public.profiles where user_id = (select story.nameless from story)), null, 'a blank one is none');

update public.profiles set full_name = 'Ann Agent' where user_id = (select ann from story);
update auth.users set email = 'new@example.com' where id = (select ann from story);
select results_eq(
  'select full_name, email from public.profiles where user_id = (select ann from story)',
  $$values ('Ann Agent', 'new@example.com')$$, 'a changed address is copied, and the name stays as the person wrote it'
);

insert into auth.users (id, email) values ('00000000-0000-4000-8000-000000000001', null);
select results_eq(
  'select full_name, email from public.profiles where user_id = ''00000000-0000-4000-8000-000000000001''',
  'select null::text, null::text', 'a user without address or name has a profile too'
);

delete from auth.users where id = (select ann from story);
select is_empty('select from public.profiles where user_id = (select ann from story)', 'a profile goes with its user');

select * from finish();
rollback;
