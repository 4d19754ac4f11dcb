-- The catalog of a database as (object, facet, value): everything a migration can change, and nothing that depends on
-- how it was reached (oids, the order of columns, passwords). Members of extensions and system schemas are left out.
with
schemas as (
  select oid, nspname as name
  from pg_catalog.pg_namespace
  where nspname !~ '^pg_' and nspname not in ('information_schema', 'supabase_migrations')
),
extension_members as (
  select classid, objid from pg_catalog.pg_depend where deptype = 'e'
),
relations as (
  select c.*
  from pg_catalog.pg_class c
  join schemas s on s.oid = c.relnamespace
  where not exists (select from extension_members e where e.classid = 'pg_class'::regclass and e.objid = c.oid)
),
functions as (
  select p.*
  from pg_catalog.pg_proc p
  join schemas s on s.oid = p.pronamespace
  where not exists (select from extension_members e where e.classid = 'pg_proc'::regclass and e.objid = p.oid)
),
types as (
  select t.*
  from pg_catalog.pg_type t
  join schemas s on s.oid = t.typnamespace
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where (t.typrelid = 0 or c.relkind = 'c')
    and not exists (select from pg_catalog.pg_type element where element.typarray = t.oid)
    and not exists (select from extension_members e where e.classid = 'pg_type'::regclass and e.objid = t.oid)
),

facts (classid, objid, objsubid, facet, value) as (
  -- Tables, views, sequences
  select 'pg_class'::regclass, r.oid, 0, f.facet, f.value
  from relations r
  cross join lateral (
    values
      ('owner', r.relowner::regrole::text),
      ('persistence', r.relpersistence::text),
      ('options', array_to_string(array(select o from unnest(r.reloptions) o order by o), ', ')),
      ('row security', r.relrowsecurity::text),
      ('row security forced', r.relforcerowsecurity::text),
      ('replica identity', r.relreplident::text),
      ('access method', (select amname::text from pg_catalog.pg_am where oid = r.relam)),
      ('partitioned by', case when r.relkind = 'p' then pg_catalog.pg_get_partkeydef(r.oid) end),
      ('partition', pg_catalog.pg_get_expr(r.relpartbound, r.oid)),
      ('inherits', (
        select string_agg(inhparent::regclass::text, ', ' order by inhseqno)
        from pg_catalog.pg_inherits where inhrelid = r.oid
      )),
      ('definition', case when r.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(r.oid) end)
  ) f (facet, value)
  where r.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')

  union all
  select 'pg_class'::regclass, s.seqrelid, 0, 'sequence',
    format('%s start %s increment %s from %s to %s cache %s cycle %s',
      s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
  from pg_catalog.pg_sequence s
  join relations r on r.oid = s.seqrelid

  union all
  select 'pg_class'::regclass, d.objid, 0, 'owned by',
    pg_catalog.pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
  from pg_catalog.pg_depend d
  join relations r on r.oid = d.objid and r.relkind = 'S'
  where d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0

  -- Columns
  union all
  select 'pg_class'::regclass, a.attrelid, a.attnum, f.facet, f.value
  from relations r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  cross join lateral (
    values
      ('type', pg_catalog.format_type(a.atttypid, a.atttypmod)),
      ('collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end),
      ('not null', a.attnotnull::text),
      ('default', pg_catalog.pg_get_expr(d.adbin, d.adrelid)),
      ('generated', nullif(a.attgenerated::text, '')),
      ('identity', nullif(a.attidentity::text, '')),
      ('storage', case when a.attstorage <> t.typstorage then a.attstorage::text end),
      ('compression', nullif(a.attcompression::text, '')),
      ('statistics', nullif(a.attstattarget, -1)::text),
      ('options', array_to_string(array(select o from unnest(a.attoptions) o order by o), ', '))
  ) f (facet, value)
  where r.relkind in ('r', 'p', 'v', 'm', 'f', 'c')

  -- Constraints of tables and domains
  union all
  select 'pg_constraint'::regclass, c.oid, 0, 'definition', pg_catalog.pg_get_constraintdef(c.oid)
  from pg_catalog.pg_constraint c
  where c.contype <> 't' and (c.conrelid in (select oid from relations) or c.contypid in (select oid from types))

  -- Indexes
  union all
  select 'pg_class'::regclass, i.indexrelid, 0, f.facet, f.value
  from pg_catalog.pg_index i
  join relations r on r.oid = i.indexrelid
  cross join lateral (
    values
      ('definition', pg_catalog.pg_get_indexdef(i.indexrelid)),
      ('valid', (i.indisvalid and i.indisready and i.indislive)::text),
      ('clustered', i.indisclustered::text),
      ('replica identity', i.indisreplident::text),
      ('statistics', (
        select string_agg(attname || ' ' || attstattarget, ', ' order by attnum)
        from pg_catalog.pg_attribute where attrelid = i.indexrelid and attstattarget >= 0
      ))
  ) f (facet, value)

  -- Policies, triggers and rules: also those on the platform's tables
  union all
  select 'pg_policy'::regclass, p.oid, 0, f.facet, f.value
  from pg_catalog.pg_policy p
  join relations r on r.oid = p.polrelid
  cross join lateral (
    values
      ('permissive', p.polpermissive::text),
      ('command', p.polcmd::text),
      ('to', (
        select string_agg(role.name, ', ' order by role.name)
        from unnest(p.polroles) member
        cross join lateral (select case member when 0 then 'public' else member::regrole::text end as name) role
      )),
      ('using', pg_catalog.pg_get_expr(p.polqual, p.polrelid)),
      ('with check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
  ) f (facet, value)

  union all
  select 'pg_trigger'::regclass, t.oid, 0, f.facet, f.value
  from pg_catalog.pg_trigger t
  join relations r on r.oid = t.tgrelid
  cross join lateral (
    values ('definition', pg_catalog.pg_get_triggerdef(t.oid)), ('enabled', t.tgenabled::text)
  ) f (facet, value)
  where not t.tgisinternal

  union all
  select 'pg_rewrite'::regclass, w.oid, 0, f.facet, f.value
  from pg_catalog.pg_rewrite w
  join relations r on r.oid = w.ev_class
  cross join lateral (
    values ('definition', pg_catalog.pg_get_ruledef(w.oid)), ('enabled', w.ev_enabled::text)
  ) f (facet, value)
  where w.rulename <> '_RETURN'

  -- Functions, procedures, aggregates
  union all
  select 'pg_proc'::regclass, p.oid, 0, f.facet, f.value
  from functions p
  left join pg_catalog.pg_aggregate a on a.aggfnoid = p.oid
  cross join lateral (
    values
      ('owner', p.proowner::regrole::text),
      ('definition', case when p.prokind <> 'a' then pg_catalog.pg_get_functiondef(p.oid) end),
      ('aggregate', case when p.prokind = 'a' then
        format('%s returns %s parallel %s', to_jsonb(a) - 'aggfnoid', p.prorettype::regtype, p.proparallel)
      end)
  ) f (facet, value)

  -- Types
  union all
  select 'pg_type'::regclass, t.oid, 0, f.facet, f.value
  from types t
  left join pg_catalog.pg_range r on r.rngtypid = t.oid
  cross join lateral (
    values
      ('owner', t.typowner::regrole::text),
      ('labels', (
        select string_agg(enumlabel, ', ' order by enumsortorder) from pg_catalog.pg_enum where enumtypid = t.oid
      )),
      ('base', case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end),
      ('collation', case when t.typtype = 'd' and t.typcollation <> 0 then t.typcollation::regcollation::text end),
      ('not null', t.typnotnull::text),
      ('default', t.typdefault),
      ('range', (to_jsonb(r) - array['rngtypid', 'rngmultitypid'])::text)
  ) f (facet, value)

  union all
  select 'pg_statistic_ext'::regclass, s.oid, 0, 'definition', pg_catalog.pg_get_statisticsobjdef(s.oid)
  from pg_catalog.pg_statistic_ext s
  join relations r on r.oid = s.stxrelid

  -- What belongs to the whole database
  union all
  select 'pg_namespace'::regclass, s.oid, 0, 'owner', n.nspowner::regrole::text
  from schemas s
  join pg_catalog.pg_namespace n on n.oid = s.oid

  union all
  select 'pg_extension'::regclass, e.oid, 0, f.facet, f.value
  from pg_catalog.pg_extension e
  cross join lateral (values ('schema', e.extnamespace::regnamespace::text), ('version', e.extversion)) f (facet, value)

  union all
  select 'pg_event_trigger'::regclass, e.oid, 0, 'definition',
    format('on %s tags %s execute %s enabled %s', e.evtevent, e.evttags, e.evtfoid::regprocedure, e.evtenabled)
  from pg_catalog.pg_event_trigger e

  union all
  select 'pg_publication'::regclass, p.oid, 0, f.facet, f.value
  from pg_catalog.pg_publication p
  cross join lateral (
    values
      ('options', (to_jsonb(p) - array['oid', 'pubname', 'pubowner'])::text),
      ('owner', p.pubowner::regrole::text),
      ('tables', (
        select string_agg(format('%I.%I (%s) %s', t.schemaname, t.tablename, columns.names, t.rowfilter), ', '
          order by t.schemaname, t.tablename)
        from pg_catalog.pg_publication_tables t
        cross join lateral (select array_agg(name order by name) as names from unnest(t.attnames) name) columns
        where t.pubname = p.pubname
      ))
  ) f (facet, value)

  -- Kinds that are only named, in schemas of ours: operators, collations, text search
  union all
  select d.classid, d.objid, 0, 'exists', 'true'
  from pg_catalog.pg_depend d
  join schemas s on d.refclassid = 'pg_namespace'::regclass and d.refobjid = s.oid
  where d.classid not in (
      'pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_constraint'::regclass,
      'pg_extension'::regclass, 'pg_statistic_ext'::regclass, 'pg_default_acl'::regclass
    )
    and not exists (select from extension_members e where e.classid = d.classid and e.objid = d.objid)
  union all
  select 'pg_cast'::regclass, c.oid, 0, 'definition',
    format('%s %s %s', c.castfunc::regprocedure, c.castcontext, c.castmethod)
  from pg_catalog.pg_cast c
  where c.oid >= 16384
    and not exists (select from extension_members e where e.classid = 'pg_cast'::regclass and e.objid = c.oid)
),

-- Privileges, the implied ones written out, so that an explicit grant of a default is no difference
privileges (classid, objid, objsubid, acl) as (
  select 'pg_class'::regclass, oid, 0,
    coalesce(relacl, acldefault(case relkind when 'S' then 's'::"char" else 'r' end, relowner))
  from relations where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select 'pg_class'::regclass, a.attrelid, a.attnum, a.attacl
  from pg_catalog.pg_attribute a join relations r on r.oid = a.attrelid where not a.attisdropped
  union all
  select 'pg_proc'::regclass, oid, 0, coalesce(proacl, acldefault('f', proowner)) from functions
  union all
  select 'pg_type'::regclass, oid, 0, coalesce(typacl, acldefault('T', typowner)) from types
  union all
  select 'pg_namespace'::regclass, n.oid, 0, coalesce(n.nspacl, acldefault('n', n.nspowner))
  from pg_catalog.pg_namespace n join schemas s on s.oid = n.oid
),
grants (classid, objid, objsubid, facet, value) as (
  select p.classid, p.objid, p.objsubid,
    'granted to ' || case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
    string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type)
  from privileges p
  cross join lateral aclexplode(p.acl) a
  group by p.classid, p.objid, p.objsubid, a.grantee
),
comments (classid, objid, objsubid, facet, value) as (
  select d.classoid, d.objoid, d.objsubid, 'comment', d.description
  from pg_catalog.pg_description d
  where (d.objoid >= 16384 or d.classoid = 'pg_namespace'::regclass and d.objoid in (select oid from schemas))
    and not exists (select from extension_members e where e.classid = d.classoid and e.objid = d.objoid)
)

select o.type || ' ' || o.identity as object, f.facet, f.value
from (select * from facts union all select * from grants union all select * from comments) f
cross join lateral pg_catalog.pg_identify_object(f.classid, f.objid, f.objsubid) o
where f.value <> '' and f.value <> 'false'

union all
select
  concat('default privileges of ', d.defaclrole::regrole, ' in schema ' || nullif(d.defaclnamespace, 0)::regnamespace),
  format('%s to %s', d.defaclobjtype, case a.grantee when 0 then 'public' else a.grantee::regrole::text end),
  string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type)
from pg_catalog.pg_default_acl d
left join lateral aclexplode(d.defaclacl) a on true
group by d.defaclrole, d.defaclnamespace, d.defaclobjtype, a.grantee

union all
select 'role ' || r.rolname, f.facet, f.value
from pg_catalog.pg_roles r
cross join lateral (
  values
    ('attributes', concat_ws(', ',
      case when r.rolsuper then 'superuser' end, case when r.rolinherit then 'inherit' end,
      case when r.rolcreaterole then 'createrole' end, case when r.rolcreatedb then 'createdb' end,
      case when r.rolcanlogin then 'login' end, case when r.rolreplication then 'replication' end,
      case when r.rolbypassrls then 'bypassrls' end, 'connection limit ' || nullif(r.rolconnlimit, -1))),
    ('valid until', r.rolvaliduntil::text),
    ('comment', pg_catalog.shobj_description(r.oid, 'pg_authid'))
) f (facet, value)
where r.rolname !~ '^pg_' and f.value <> ''

union all
select 'role ' || m.member::regrole, 'member of ' || m.roleid::regrole || ' by ' || m.grantor::regrole,
  format('admin %s, inherit %s, set %s', m.admin_option, m.inherit_option, m.set_option)
from pg_catalog.pg_auth_members m
where m.member::regrole::text !~ '^pg_'

union all
select coalesce('role ' || nullif(s.setrole, 0)::regrole, 'database'),
  'setting' || case when s.setdatabase = 0 then '' else ' in this database' end, setting
from pg_catalog.pg_db_role_setting s
cross join unnest(s.setconfig) setting
where s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))

order by 1, 2, 3;
