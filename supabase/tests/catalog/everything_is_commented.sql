begin;
select plan(3);

select is_empty(
  $$
    select c.oid::regclass
    from pg_catalog.pg_class c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm')
      and obj_description(c.oid, 'pg_class') is null
  $$,
  'every table and view has a comment'
);

select is_empty(
  $$
    select p.oid::regprocedure
    from pg_catalog.pg_proc p
    where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and obj_description(p.oid, 'pg_proc') is null
  $$,
  'every function has a comment'
);

select is_empty(
  $$
    select p.polname, p.polrelid::regclass
    from pg_catalog.pg_policy p
    join pg_catalog.pg_class c on c.oid = p.polrelid
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and obj_description(p.oid, 'pg_policy') is null
  $$,
  'every policy has a comment'
);

select * from finish();
rollback;
