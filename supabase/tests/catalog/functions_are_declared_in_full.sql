begin;
select plan(4);

create temporary view functions as
select p.oid, p.oid::regprocedure::text as signature, p.provolatile, p.proconfig, p.prosrc, p.proargnames, p.proargmodes, p.prorettype
from pg_catalog.pg_proc p
where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace);

select is_empty(
  $$ select signature from functions where not coalesce(proconfig, '{}') @> array['search_path=""'] $$,
  'every function sets an empty search_path'
);

-- Volatile is what a function is when nobody thought about it, so it has to show why: it writes, locks, tells, or
-- calls one that does.
select is_empty(
  $$
    with recursive changing as (
      select oid, signature
      from functions
      where provolatile = 'v' and (
        prorettype = 'trigger'::regtype
        or prosrc ~* '\m(insert into|update [a-z_.]+|delete from|merge into|truncate|pg_notify|pg_advisory_\w+|for (no key )?update|for (key )?share|set_config|gen_random_bytes|realtime\.send|create policy)\M'
      )
      union
      select f.oid, f.signature
      from functions f
      join changing c on f.prosrc ~ ('\m' || replace(substring(c.signature from '^[^(]+'), '.', '\.') || '\(')
      where f.provolatile = 'v'
    )
    select signature from functions where provolatile = 'v' and oid not in (select oid from changing)
  $$,
  'what only reads is stable or immutable'
);

select is_empty(
  $$
    select f.signature, a.name
    from functions f
    cross join unnest(f.proargnames, f.proargmodes) as a (name, mode)
    where coalesce(a.mode, 'i') in ('i', 'b', 'v') and a.name !~ '^p_'
  $$,
  'parameters begin with p_'
);

select is_empty(
  $$
    select t.tgname, t.tgrelid::regclass
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and t.tgname !~ ('^tg_' || c.relname || '__[a-z_]+$')
  $$,
  'triggers are named tg_<table>__<task>'
);

select * from finish();
rollback;
