begin;
select plan(7);

create temporary table story on commit drop as select * from tests.two_organizations();
update public.organizations set time_zone = 'Asia/Kathmandu' where id = (select acme from story);
create function pg_temp.add(p_count int, p_started_at text) returns void
language sql as $$
  select tests.calls(given, p_count, jsonb_build_object('started_at', p_started_at, 'wait_seconds', 7)) from story
$$;
create function pg_temp.fold() returns int
language plpgsql as $$
declare
  v_folds int := 0;
begin
  while private.fold_rollups(31, '2025-07-01 12:30Z') > 0 loop
    v_folds := v_folds + 1;
  end loop;
  return v_folds;
end
$$;
create function pg_temp.counted(p_level text, p_grain text) returns text
language sql as $$
  select string_agg(format('%s: %s', r.bucket_start at time zone 'Asia/Kathmandu', r.offered), ', ' order by r.bucket_start)
  from private.call_rollups r
  where r.org_id = (select acme from story) and r.level = p_level and r.grain = p_grain
$$;

select pg_temp.fold();
select pg_temp.add(3, '2025-06-10 09:20+05:45'), pg_temp.add(2, '2025-06-10 23:50+05:45'), pg_temp.add(1, '2025-06-11 00:10+05:45');
select cmp_ok(pg_temp.fold(), '>', 0, 'calls are there to be counted');
select is(
  pg_temp.counted('line', 'hour'), '2025-06-10 09:00:00: 3, 2025-06-10 23:00:00: 2, 2025-06-11 00:00:00: 1',
  'they are counted by the local hour'
);
select is(pg_temp.counted('organization', 'day'), '2025-06-10 00:00:00: 5, 2025-06-11 00:00:00: 1', 'and by the local day');

create temporary table before on commit drop as select r.ctid as place, r.level, r.grain, r.bucket_start from private.call_rollups r;
select pg_temp.add(1, '2025-06-10 23:55+05:45');
select pg_temp.fold();
select results_eq(
  $$
    select b.level::text collate "default", b.grain::text collate "default", b.bucket_start at time zone 'Asia/Kathmandu'
    from before b
    where not exists (select from private.call_rollups r where r.ctid = b.place)
    order by 1, 2, 3
  $$,
  $$
    values ('line', 'day', timestamp '2025-06-10'), ('line', 'hour', '2025-06-10 23:00'), ('member', 'day', '2025-06-10'),
      ('organization', 'day', '2025-06-10'), ('organization', 'hour', '2025-06-10 23:00')
  $$,
  'one more call changes the rows that it counts in, and no other is written'
);
select is_empty('select * from story, private.verify_rollup(acme)', 'what is stored is what a recount says');

delete from public.calls where started_at >= '2025-06-10 20:00+05:45';
select pg_temp.fold();
select is(pg_temp.counted('organization', 'day'), '2025-06-10 00:00:00: 3', 'a last day whose calls are gone has no counts');
select is(pg_temp.counted('line', 'hour'), '2025-06-10 09:00:00: 3', 'nor have its hours');

select * from finish();
rollback;
