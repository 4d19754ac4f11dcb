begin;
select plan(6);

create function pg_temp.told(p_from text, p_to text, p_time_zone text, p_grain text) returns text
language sql as $$
  select string_agg(to_char((b.ends_at - b.starts_at), 'HH24:MI'), ' ' order by b.bucket_start)
  from private.buckets(p_from::timestamptz, p_to::timestamptz, p_time_zone, p_grain) b
$$;
select is(pg_temp.told('2025-06-02 09:00Z', '2025-06-02 12:00Z', 'UTC', 'hour'), '01:00 01:00 01:00', 'an hour has an hour');
select is(pg_temp.told('2025-06-02 09:40Z', '2025-06-02 11:10Z', 'UTC', 'hour'), '00:20 01:00 00:10', 'cut by the range');
select is(
  pg_temp.told('2010-04-03 14:00Z', '2010-04-03 16:30Z', 'Australia/Lord_Howe', 'hour'), '01:00 00:30 01:00',
  'set back by half an hour, the hour that comes again has half of one'
);
select is(
  pg_temp.told('2010-10-02 14:30Z', '2010-10-02 17:00Z', 'Australia/Lord_Howe', 'hour'), '01:00 00:30 01:00',
  'set forward by half an hour, so has the one that is cut'
);
select is(
  pg_temp.told('2010-04-03 15:10Z', '2010-04-03 16:00Z', 'Australia/Lord_Howe', 'hour'), '00:20 00:30',
  'also where the range begins in it'
);
select results_eq(
  $$
    select sum(b.ends_at - b.starts_at) from private.buckets('2025-03-29Z', '2025-11-05Z', 'Europe/London', 'day') b
    union all
    select sum(b.ends_at - b.starts_at) from private.buckets('2025-03-29Z', '2025-04-02Z', 'America/St_Johns', 'hour') b
  $$, $$values ('2025-11-05Z'::timestamptz - '2025-03-29Z'), ('2025-04-02Z'::timestamptz - '2025-03-29Z')$$, 'together they are the range'
);

select * from finish();
rollback;
