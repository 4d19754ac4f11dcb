begin;
select plan(4);

select is(tests.attempt($$insert into public.organizations (name) values ('Acme')$$), '1 row', 'a name is a name');
select is(tests.attempt($$insert into public.organizations (name) values ('   ')$$), '23514', 'a blank one is not');
select is(tests.attempt($$insert into public.organizations (name) values (repeat('x', 201))$$), '23514', 'nor an endless one');
select is(tests.attempt('insert into public.organizations (name) values (null)'), '23502', 'nor none');

select * from finish();
rollback;
