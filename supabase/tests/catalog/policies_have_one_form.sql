begin;
select plan(5);

create temporary view policies as
select
  p.oid, p.polname::text as name, p.polrelid::regclass::text as table_name, c.relname::text as relname,
  case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as verb,
  p.polpermissive as is_permissive, p.polroles as roles,
  concat_ws(' and ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) as condition
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace);

select is_empty('select name, table_name from policies where 0 = any (roles)', 'every policy names the roles it is for');

select is_empty('select name, table_name from policies where verb = ''all''', 'every policy is for one verb');

select is_empty(
  $$
    select p.table_name, p.verb, role::regrole
    from policies p
    cross join unnest(p.roles) role
    where p.is_permissive
    group by p.table_name, p.verb, role
    having count(*) > 1
  $$,
  'there is one permissive policy for each verb and role'
);

select is_empty(
  'select name, table_name from policies where name !~ (''^'' || relname || ''_'' || verb || ''_[a-z_]+$'')',
  'policies are named <table>_<verb>_<who>'
);

-- What remains of a condition without its "(select helper())" must not call a helper: it would be asked for each row.
select is_empty(
  $$
    select name, table_name, condition
    from policies
    where regexp_replace(
        condition, '\( SELECT (private|auth|public)\.\w+\((''[^'']*''::\w+(\[\])?|VARIADIC ARRAY\[[^]]*\]|, |NULL::\w+)*\) AS \w+\)', '', 'g'
      ) ~ '\m(private|auth|public)\.\w+\('
  $$,
  'policies ask who the caller is once per statement'
);

select * from finish();
rollback;
