begin;
select plan(4);

create temporary view foreign_keys as
select c.conname, c.conrelid, c.confdeltype, c.conkey, array(
  select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = c.conrelid and a.attnum = any (c.conkey)
) as columns
from pg_catalog.pg_constraint c
where c.contype = 'f' and c.connamespace in ('public'::regnamespace, 'private'::regnamespace);

select is_empty(
  'select indexrelid::regclass from pg_catalog.pg_index where not (indisvalid and indisready and indislive)',
  'no index is invalid'
);

select is_empty(
  'select conname, conrelid::regclass from foreign_keys where confdeltype = ''a''',
  'every foreign key says what happens on delete'
);

-- Children are found by their parent's key: through an index that begins with the key's own column, or its columns.
select is_empty(
  $$
    select f.conname, f.conrelid::regclass
    from foreign_keys f
    where not exists (
      select
      from pg_catalog.pg_index i
      cross join lateral (
        select
          (select attname::text from pg_catalog.pg_attribute where attrelid = i.indrelid and attnum = i.indkey[0]) as first,
          (select attname::text from pg_catalog.pg_attribute where attrelid = i.indrelid and attnum = i.indkey[1]) as second
      ) key
      where i.indrelid = f.conrelid
        and key.first = any (f.columns)
        and (key.first <> 'org_id' or f.columns = array['org_id'] or key.second = any (f.columns))
        and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) = any (
          select format('(%I IS NOT NULL)', name) from unnest(f.columns) name
        ))
    )
  $$,
  'every foreign key has an index that finds the children'
);

select is_empty(
  $$
    select a.attrelid::regclass, a.attname
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p')
      and a.attnum > 0 and not a.attisdropped
      and a.atttypid in ('timestamp'::regtype, 'timetz'::regtype, 'money'::regtype, 'bpchar'::regtype)
  $$,
  'instants are timestamptz, and no type rounds, pads or guesses'
);

select * from finish();
rollback;
