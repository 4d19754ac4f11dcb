begin;
select plan(22);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.save(p_org_id uuid, p_name text, p_is_default boolean default false, p_page text default 'calls') returns text
language sql as $$
  select tests.attempt(format(
    'insert into public.saved_views (org_id, page, name, filters, is_default) values (%L, %L, %L, %L, %L)',
    p_org_id, p_page, p_name, '{"outcome": "missed"}', p_is_default
  ))
$$;
create function pg_temp.keep(p_org_id uuid, p_name text, p_is_default boolean default false) returns uuid
language sql as $$
  insert into public.saved_views (org_id, page, name, filters, is_default)
  values (p_org_id, 'calls', p_name, '{"outcome": "missed"}', p_is_default)
  returning id
$$;
create function pg_temp.defaults() returns text language sql as $$
  select string_agg(name, ', ' order by name) from public.saved_views where is_default
$$;
grant execute on function pg_temp.save(uuid, text, boolean, text), pg_temp.keep(uuid, text, boolean), pg_temp.defaults() to public;

select tests.act_as(viewer) from story;
select is(pg_temp.save(acme, 'Missed'), '1 row', 'every role saves views, a viewer too') from story;
select is(pg_temp.save(null, 'Missed'), '1 row', 'for whatever organization is chosen') from story;
select is(pg_temp.save(globex, 'Missed'), '42501', 'but for none they are not in') from story;
select is(pg_temp.save(acme, ' '), '23514', 'a view has a name') from story;
select is(pg_temp.save(acme, 'Missed', false, 'Calls!'), '23514', 'and a page') from story;
select is(
  tests.attempt(format($$insert into public.saved_views (page, name, filters) values ('calls', 'x', '{"a": "%s"}')$$, repeat('x', 10000))),
  '23514', 'filters are of moderate size'
);
select is(tests.attempt($$insert into public.saved_views (page, name, filters) values ('calls', 'x', '[]')$$), '23514', 'and an object');
select is(
  tests.attempt(format($$insert into public.saved_views (user_id, page, name) values (%L, 'calls', 'x')$$, agent)),
  '42501', 'nobody saves for somebody else'
) from story;

select pg_temp.keep(acme, 'Missed') from story;
select is(pg_temp.save(acme, 'Missed'), '23505', 'a name is given once') from story;
select is(pg_temp.save(null, 'Missed'), '1 row', 'in an organization, or beside them all') from story;
select pg_temp.keep(acme, 'Late', true) from story;
select is(pg_temp.defaults(), 'Late', 'a page opens with the default');
select pg_temp.keep(acme, 'Long', true) from story;
select is(pg_temp.defaults(), 'Long', 'which is the last one that was made it');
update public.saved_views set is_default = true where name = 'Missed' and org_id is not null;
select is(pg_temp.defaults(), 'Missed', 'also later');
select is(
  tests.attempt('update public.saved_views set is_default = true where org_id is not null'),
  'PT422 default_view_ambiguous', 'several at once are not, the one that is it among them'
);
select is(
  tests.attempt($$insert into public.saved_views (page, name, is_default) values ('lines', 'A', true), ('lines', 'B', true)$$),
  'PT422 default_view_ambiguous', 'nor are several new ones'
);
update public.saved_views set is_default = (name = 'Late') where org_id is not null;
select is(pg_temp.defaults(), 'Late', 'but one of them is');
update public.saved_views set is_default = true where name = 'Missed' and org_id is not null;
select pg_temp.keep(null, 'Any', true);
select is(pg_temp.defaults(), 'Any, Missed', 'each organization has its own');

select tests.act_as(org_admin) from story;
select is_empty('select * from public.saved_views', 'an admin reads nobody else''s');
select is(tests.attempt('update public.saved_views set name = ''x'''), '0 rows', 'changes none');
select is(tests.attempt('delete from public.saved_views'), '0 rows', 'and removes none');
select tests.act_as(platform_admin) from story;
select is_empty('select * from public.saved_views', 'neither does the operator');
select tests.act_as(viewer) from story;
select is(tests.attempt('delete from public.saved_views'), '4 rows', 'one''s own go when one likes');

select * from finish();
rollback;
