begin;
select plan(16);

select is(tests.attempt($$insert into public.organizations (name) values ('Acme')$$), '1 row', 'a name is a name');
select is(
  tests.attempt($$insert into public.organizations (name) values ('Bäckerei Müller & Söhne "24/7"')$$), '1 row', 'whatever it is made of'
);
select is(tests.attempt($$insert into public.organizations (name) values (repeat('x', 200))$$), '1 row', 'of up to 200 characters');
select is(tests.attempt($$insert into public.organizations (name) values (repeat('ü', 200))$$), '1 row', 'which are not bytes');
select is(tests.attempt('insert into public.organizations (name) values (null)'), '23502', 'none is no name');

create temporary table story on commit drop as select *, tests.user('Newcomer') as newcomer from tests.two_organizations();
grant select on story to public;
create function pg_temp.rename(p_name text) returns text
language plpgsql as $$
begin
  perform tests.act_as(org_admin) from story;
  return tests.attempt(format('update public.organizations set name = %L', p_name));
end
$$;
create function pg_temp.create_first(p_name text) returns text
language plpgsql as $$
begin
  perform tests.act_as(newcomer) from story;
  return tests.attempt(format('select public.create_organization(%L)', p_name));
end
$$;
grant execute on function pg_temp.rename(text), pg_temp.create_first(text) to public;

select is(pg_temp.rename(bad), 'PT422 name_invalid', what || ' is no name to change to')
from (
  values
  (1, '', 'nothing'), (2, '   ', 'blank space'), (3, E'\t\n', 'a tab and a line end'), (4, U&'\00A0\3000', 'space of other kinds'),
  (5, repeat('x', 10000), 'a text of 10,000 characters')
) name (n, bad, what)
order by n;
select is(pg_temp.create_first(bad), 'PT422 name_invalid', what || ' is no name to begin with')
from (
  values
  (1, '', 'nothing'), (2, '   ', 'blank space'), (3, E'\t\n', 'a tab and a line end'), (4, U&'\00A0\3000', 'space of other kinds'),
  (5, repeat('x', 10000), 'a text of 10,000 characters')
) name (n, bad, what)
order by n;
select is(pg_temp.create_first(null), 'PT422 name_invalid', 'nor is none');

select * from finish();
rollback;
