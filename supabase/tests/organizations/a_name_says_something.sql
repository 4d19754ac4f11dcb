begin;
select plan(4);

select is(tests.attempt($$insert into public.organizations (name) values ('Acme')$$), '1 row', 'a name is a name');
select is(tests.attempt($$insert into public.organizations (name) values ('   ')$$), 'PT422 name_invalid', 'a blank one is not');
select is(tests.attempt($$insert into public.organizations (name) values (repeat('x', 201))$$), 'PT422 name_invalid', 'nor an endless one');
select is(tests.attempt('insert into public.organizations (name) values (null)'), '23502', 'nor none');

select * from finish();
rollback;
