begin;
select plan(11);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;

select tests.act_as(agent) from story;
update public.profiles set full_name = 'Ann Agent', photo_url = 'https://example.com/ann.png' where user_id = (select agent from story);
select results_eq(
  'select full_name, photo_url from public.profiles where user_id = (select agent from story)',
  $$values ('Ann Agent', 'https://example.com/ann.png')$$, 'people write their own name and photo'
);
select is(
  tests.attempt($$update public.profiles set full_name = 'x' where user_id <> (select agent from story)$$), '0 rows',
  'but not their colleagues'''
);
select is(tests.attempt($$update public.profiles set email = 'x@example.com'$$), '42501', 'their address is changed in Auth alone');
select is(tests.attempt('update public.profiles set user_id = gen_random_uuid()'), '42501', 'and whose profile it is, nowhere');
select is(tests.attempt($$update public.profiles set full_name = ''$$), '23514', 'a name is not empty');
select is(tests.attempt($$update public.profiles set full_name = repeat('x', 201)$$), '23514', 'nor endless');
select is(tests.attempt($$update public.profiles set photo_url = 'javascript:alert(1)'$$), '23514', 'a photo is an https address');
select is(tests.attempt('delete from public.profiles'), '42501', 'nobody deletes a profile');
select is(tests.attempt('insert into public.profiles (user_id) values (gen_random_uuid())'), '42501', 'or makes one');

select tests.act_as(org_admin) from story;
select is(
  tests.attempt($$update public.profiles set full_name = 'x' where user_id = (select agent from story)$$), '0 rows',
  'an admin does not write other people''s profiles'
);
select tests.act_as(platform_admin) from story;
select is(
  tests.attempt($$update public.profiles set full_name = 'x' where user_id = (select agent from story)$$), '0 rows',
  'nor does the operator'
);

select * from finish();
rollback;
