begin;
select plan(21);

create temporary table story on commit drop as select *, tests.organization('Initech') as initech from tests.two_organizations();
grant select on story to public;
create function pg_temp.seal(p_now timestamptz default now()) returns int
language plpgsql as $$
declare
  v_sealed int;
begin
  perform tests.act_as_role('sync');
  v_sealed := private.seal_audit_entries(p_now);
  perform tests.act_as_role('postgres');
  return v_sealed;
end
$$;
-- What an admin of the platform is told of an organization's trail.
create function pg_temp.verdict(p_org_id uuid) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as(platform_admin) from story;
  select format('%s sealed, %s waiting, %s', v.sealed, v.unsealed, coalesce(v.problem, 'all well')) into v_said
  from public.verify_audit_chain(p_org_id) v;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.rename(p_org_id uuid, p_name text) returns void
language sql as $$update public.organizations set name = p_name where id = p_org_id$$;

select is(pg_temp.verdict(initech), '0 sealed, 3 waiting, all well', 'entries wait to be sealed') from story;
select is(pg_temp.seal(), (select count(*)::int from public.audit_entries), 'sealing chains what waits');
select is(pg_temp.seal(), 0, 'once');
select is_empty('select from private.unsealed_audit_entries', 'then nothing waits');
select is(pg_temp.verdict(initech), '3 sealed, 0 waiting, all well', 'and the chain holds') from story;
select is_empty('select from private.audit_seals where sealed_at <> now()', 'it says when');

-- Two organizations' entries come in turns.
select
  pg_temp.rename(acme, 'Acme 1'), pg_temp.rename(initech, 'Initech 1'), pg_temp.rename(acme, 'Acme 2'), pg_temp.rename(initech, 'Initech 2')
from story;
select is(pg_temp.seal('2026-06-01 12:00Z'), 4, 'what comes later is sealed later');
select pg_temp.rename(acme, 'Acme 3'), pg_temp.rename(initech, 'Initech 3') from story;
select pg_temp.seal('2026-06-01 13:00Z');
select results_eq(
  $$
    select s.position::int, e.details -> 'after' ->> 'name', extract(hour from s.sealed_at at time zone 'UTC')::int
    from private.audit_seals s
    join public.audit_entries e on e.id = s.entry_id
    join story on s.org_id = initech
    where s.position > 3
    order by s.position
  $$, $$values (4, 'Initech 1', 12), (5, 'Initech 2', 12), (6, 'Initech 3', 13)$$,
  'each organization has a chain of its own, in the order of its entries'
);
select is_empty(
  $$
    select s.org_id
    from private.audit_seals s
    group by s.org_id
    having min(s.position) <> 1 or max(s.position) <> count(*)
      or array_agg(s.entry_id order by s.position) <> array_agg(s.entry_id order by s.entry_id)
  $$, 'without a gap'
);
select is_empty(
  'select from private.audit_seals s join public.audit_entries e on e.id = s.entry_id where e.org_id <> s.org_id',
  'and of no other''s entries'
);
select is_empty(
  $$
    select s.position
    from (
      select s.*, lag(s.hash, 1, '') over (partition by s.org_id order by s.position) as previous
      from private.audit_seals s
    ) s
    join public.audit_entries e on e.id = s.entry_id
    where s.hash <> private.audit_hash(s.previous, s.position, e)
  $$, 'every seal is made of the one before and its entry'
);
select is_empty(
  $$
    select s.position
    from (
      select s.*, lag(s.hash, 1, '') over (partition by s.org_id order by s.position) as previous
      from private.audit_seals s
    ) s
    join public.audit_entries e on e.id = s.entry_id
    where s.hash <> sha256(
      s.previous || convert_to(
        jsonb_build_array(
          s.position, e.id, e.org_id, e.at, e.actor_kind, e.actor_id, e.actor, e.action, e.resource, e.row_key,
          encode(e.details_digest, 'hex'), e.ip_address
        )::text, 'UTF8'
      )
    )
  $$, 'as somebody else can work out'
);
select is((select count(distinct hash) from private.audit_seals), (select count(*) from private.audit_seals), 'no two are the same');
select is(pg_temp.verdict(initech), '6 sealed, 0 waiting, all well', 'one chain holds') from story;
select is(regexp_replace(pg_temp.verdict(acme), '\d+ sealed', 'n sealed'), 'n sealed, 0 waiting, all well', 'and the other') from story;

-- More than are sealed at once.
with many as (
  insert into public.audit_entries (org_id, actor_kind, actor, action, resource, details_digest)
  select initech, 'process', 'postgres', 'update', 'lines', sha256('') from story, generate_series(1, 10003)
  returning id
)
insert into private.unsealed_audit_entries (entry_id) select id from many;
select is(pg_temp.seal(), 10000, 'ten thousand are sealed at once');
select is(pg_temp.verdict(initech), '10006 sealed, 3 waiting, all well', 'the rest waits') from story;
select is(pg_temp.seal(), 3, 'and is sealed next');
select is(pg_temp.verdict(initech), '10009 sealed, 0 waiting, all well', 'where it stopped') from story;

-- The hash does not depend on how somebody shows times.
set local timezone = 'Asia/Kathmandu';
set local datestyle = 'SQL, DMY';
select is(pg_temp.verdict(initech), '10009 sealed, 0 waiting, all well', 'wherever it is looked at') from story;

select tests.act_as(platform_admin) from story;
select is(tests.attempt('select private.seal_audit_entries(now())'), '42501', 'nobody but the sync seals');

select * from finish();
rollback;
