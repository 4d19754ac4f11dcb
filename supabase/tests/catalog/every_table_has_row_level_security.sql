begin;
select plan(2);

select is_empty(
  $$
    select c.oid::regclass::text
    from pg_catalog.pg_class c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and c.relkind in ('r', 'p') and not c.relrowsecurity
  $$,
  'every table has row-level security'
);

select is_empty(
  $$
    select c.oid::regclass
    from pg_catalog.pg_class c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind = 'v'
      and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on']
  $$,
  'every view reads with its caller''s rights'
);

select * from finish();
rollback;
