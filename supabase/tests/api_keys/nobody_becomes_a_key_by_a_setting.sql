begin;
select plan(12);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme) as key, tests.api_key(null) as platform_key, tests.user() as outsider from tests.two_organizations() w;
grant select on story to public;
select tests.call(given), tests.call(theirs) from story;
update private.sync_cursors set watermark = '2025-06-02 07:00Z';
create function pg_temp.set_key(p_key uuid) returns void
language sql as $$select set_config('victorysync.api_key_id', p_key::text, true)$$;
-- Every table with how many of its rows the caller sees.
create function pg_temp.seen() returns text
language plpgsql as $$
declare
  v_table regclass;
  v_count bigint;
  v_seen text[] := '{}';
begin
  for v_table in
    select c.oid
    from pg_catalog.pg_class c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p', 'v')
      and has_table_privilege(c.oid, 'select')
    order by c.relname
  loop
    execute format('select count(*) from %s', v_table) into v_count;
    v_seen := v_seen || format('%s %s', v_count, v_table);
  end loop;
  return array_to_string(v_seen, ', ');
end
$$;
create function pg_temp.offered(p_org_id uuid) returns text
language sql as $$
  select tests.attempt(format('select public.kpi_summary(%L, ''2020-01-01'', ''2199-01-01'')', p_org_id))
$$;
grant execute on function pg_temp.set_key(uuid), pg_temp.seen(), pg_temp.offered(uuid) to public;
create temporary table before (who text, seen text) on commit drop;
grant select, insert on before to public;

select tests.act_as(their_admin) from story;
insert into before select 'admin', pg_temp.seen();
select pg_temp.set_key(key) from story;
select is(pg_temp.seen(), (select seen from before where who = 'admin'), 'a user who names a key in a setting reads what they read before');
select is(pg_temp.offered(acme), 'PT404 organization_not_found', 'no figures of its organization') from story;
select is(
  (select k.value from public.kpi_summary(null, '2020-01-01', '2199-01-01') k where k.kpi = 'offered'), 1::numeric, 'nor in the sum'
);
select is(private.data_through(array[acme]), null, 'nor how far its calls were read') from story;
select is(
  tests.attempt(format('select public.request_sync(%L)', acme)), 'PT404 organization_not_found', 'and pulls nothing of it'
) from story;
select public.create_api_key(globex, 'Reports', array['calls:read']) from story;
select tests.act_as_role('postgres');
select results_eq(
  'select e.actor_kind, e.actor_id from public.audit_entries e order by e.id desc limit 1', $$select 'user', their_admin from story$$,
  'what they do is their own doing'
);

select tests.act_as(outsider) from story;
insert into before select 'outsider', pg_temp.seen();
select pg_temp.set_key(platform_key) from story;
select is(
  pg_temp.seen(), (select seen from before where who = 'outsider'),
  'nor does a key for the whole platform open it to somebody without an organization'
);
select is(private.data_through(array[acme]), null, 'not even that') from story;

select tests.act_as(null);
insert into before select 'nobody', pg_temp.seen();
select pg_temp.set_key(platform_key) from story;
select is(pg_temp.seen(), (select seen from before where who = 'nobody'), 'or to a token without a user');
select is(
  tests.attempt(format('select public.request_sync(%L)', acme)), 'PT404 organization_not_found', 'which asks for nothing'
) from story;
select is(private.data_through(array[acme]), null, 'and is told nothing') from story;
select is(pg_temp.offered(acme), 'PT404 organization_not_found', 'nor has it figures') from story;

select * from finish();
rollback;
