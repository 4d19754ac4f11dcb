begin;
select plan(9);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table made (id uuid, prefix text, secret text) on commit drop;
grant select, insert on made to public;
-- Everything that is kept, row by row, in whatever table.
create function pg_temp.tables_with(p_text text) returns text
language plpgsql as $$
declare
  v_table regclass;
  v_found boolean;
  v_tables text[] := '{}';
begin
  for v_table in
    select c.oid
    from pg_catalog.pg_class c
    where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace, 'auth'::regnamespace)
  loop
    execute format('select exists (select from %s t where strpos(to_jsonb(t)::text, $1) > 0)', v_table) into v_found using p_text;
    if v_found then
      v_tables := v_tables || v_table::text;
    end if;
  end loop;
  return array_to_string(v_tables, ', ');
end
$$;

select tests.act_as(org_admin) from story;
insert into made select k.* from story s, public.create_api_key(s.acme, ' Reports ', array['sync:read', 'calls:read', 'sync:read']) k;
select matches((select secret from made), '^vsk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$', 'a secret is random, and says what it is');
select is((select left(secret, 12) from made), (select prefix from made), 'its prefix is how it begins');
select results_eq(
  'select k.org_id, k.name, k.prefix, k.scopes, k.created_by, k.created_at, k.state from public.api_keys k join made using (id)',
  $$select acme, 'Reports', m.prefix, array['calls:read', 'sync:read'], org_admin, now(), 'active' from story, made m$$,
  'the key is listed with its scopes and who made it'
);
select results_eq(
  'select k.expires_at, k.revoked_at, k.last_used_at from public.api_keys k',
  'select null::timestamptz, null::timestamptz, null::timestamptz',
  'without end, and not used yet'
);
select isnt(
  (select k.secret from story s, public.create_api_key(s.acme, 'Reports', array['calls:read']) k), (select secret from made),
  'another key has another secret'
);

select tests.act_as_role('postgres');
select is(pg_temp.tables_with((select prefix from made)), 'audit_entries, private.api_keys', 'how it begins is kept');
select is(pg_temp.tables_with((select substr(secret, 14) from made)), '', 'what is secret of it is kept nowhere');
select is(
  pg_temp.tables_with((select encode(sha256(convert_to(secret, 'UTF8')), 'hex') from made)), 'private.api_keys',
  'but for its hash, which is in one place'
);
select results_eq(
  'select k.secret_hash from private.api_keys k join made using (id)', 'select sha256(convert_to(secret, ''UTF8'')) from made',
  'with the key'
);

select * from finish();
rollback;
