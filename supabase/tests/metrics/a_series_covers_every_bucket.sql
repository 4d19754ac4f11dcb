begin;
select plan(20);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
create function pg_temp.live_in(p_place text) returns void
language plpgsql as $$
begin
  perform tests.act_as_role('postgres');
  update public.organizations o set time_zone = p_place from story s where o.id = s.acme;
  perform tests.act_as(viewer) from story;
end
$$;
create function pg_temp.series(p_from text, p_to text, p_grain text) returns table (bucket text, offered numeric)
language sql as $$
  select (k.bucket_start at time zone o.time_zone)::text, k.value
  from story s
  join public.organizations o on o.id = s.acme
  cross join lateral public.kpi_series(
    s.acme, p_from::timestamp at time zone o.time_zone, p_to::timestamp at time zone o.time_zone, p_grain => p_grain
  ) k
  where k.kpi = 'offered'
  order by k.bucket_start
$$;
grant execute on function pg_temp.series(text, text, text), pg_temp.live_in(text) to public;

-- A call in every quarter of an hour of some nights.
select pg_temp.add(1, jsonb_build_object('started_at', at))
from (values ('2025-03-30'), ('2025-10-26'), ('2025-11-02'), ('2025-03-09'), ('2025-04-06'), ('2025-10-05')) night (day),
  generate_series(night.day::date - 2, night.day::date + interval '3 days' - interval '1 minute', interval '15 minutes') at;

select pg_temp.live_in('Europe/London');
select is(
  (select format('%s hours, %s calls', count(*), sum(offered)) from pg_temp.series('2025-03-30', '2025-03-31', 'hour')),
  '23 hours, 92 calls', 'a spring day in London has 23 hours'
);
select is(
  (select format('%s hours, %s calls', count(*), sum(offered)) from pg_temp.series('2025-10-26', '2025-10-27', 'hour')),
  '25 hours, 100 calls', 'an autumn day has 25'
);
select results_eq(
  $$select bucket, offered from pg_temp.series('2025-10-26 00:00', '2025-10-26 03:00', 'hour')$$,
  $$values
    ('2025-10-26 00:00:00', 4::numeric), ('2025-10-26 01:00:00', 4), ('2025-10-26 01:00:00', 4), ('2025-10-26 02:00:00', 4)
  $$, 'of which one comes twice, and both are told'
);
select results_eq(
  $$select bucket, offered from pg_temp.series('2025-10-25', '2025-10-28', 'day')$$,
  $$values ('2025-10-25 00:00:00', 96::numeric), ('2025-10-26 00:00:00', 100), ('2025-10-27 00:00:00', 96)$$, 'days are as long as they are'
);

select pg_temp.live_in('America/New_York');
select is(
  (select format('%s hours, %s calls', count(*), sum(offered)) from pg_temp.series('2025-03-09', '2025-03-10', 'hour')),
  '23 hours, 92 calls', 'New York too springs forward'
);
select is(
  (select format('%s hours, %s calls', count(*), sum(offered)) from pg_temp.series('2025-11-02', '2025-11-03', 'hour')),
  '25 hours, 100 calls', 'and falls back'
);

select pg_temp.live_in('Australia/Lord_Howe');
select is(
  (select format('%s hours, %s calls', count(*), sum(offered)) from pg_temp.series('2025-04-06', '2025-04-07', 'hour')),
  '25 hours, 98 calls', 'Lord Howe falls back by half an hour: the hour at the second offset is one more'
);
select results_eq(
  $$select bucket, offered from pg_temp.series('2025-04-06 01:00', '2025-04-06 03:00', 'hour')$$,
  $$values ('2025-04-06 01:00:00', 4::numeric), ('2025-04-06 01:30:00', 2), ('2025-04-06 02:00:00', 4)$$, 'with two quarters of its own'
);
select is(
  (select format('%s hours, %s calls', count(*), sum(offered)) from pg_temp.series('2025-10-05', '2025-10-06', 'hour')),
  '24 hours, 94 calls', 'and springs forward by as much'
);
select is(
  (select format('%s days, %s calls', count(*), sum(offered)) from pg_temp.series('2025-04-05', '2025-04-08', 'day')),
  '3 days, 290 calls', 'days count them all'
);

select pg_temp.live_in('UTC');
select results_eq(
  $$select bucket, offered from pg_temp.series('2024-12-30', '2025-01-02', 'day')$$,
  $$values ('2024-12-30 00:00:00', 0::numeric), ('2024-12-31 00:00:00', 0), ('2025-01-01 00:00:00', 0)$$, 'empty buckets are told'
);
select results_eq(
  $$select bucket, offered from pg_temp.series('2025-03-30 10:30', '2025-03-30 12:15', 'hour')$$,
  $$values ('2025-03-30 10:00:00', 2::numeric), ('2025-03-30 11:00:00', 4), ('2025-03-30 12:00:00', 1)$$,
  'a bucket is cut where the range is'
);
select results_eq(
  $$select bucket, offered from pg_temp.series('2025-03-26', '2025-04-08', 'week')$$,
  $$values ('2025-03-24 00:00:00', 288::numeric), ('2025-03-31 00:00:00', 480), ('2025-04-07 00:00:00', 96)$$, 'weeks begin on Monday'
);
select results_eq(
  $$select bucket, offered from pg_temp.series('2025-03-01', '2025-05-01', 'month')$$,
  $$values ('2025-03-01 00:00:00', 864::numeric), ('2025-04-01 00:00:00', 576)$$, 'months on the first'
);
select results_eq(
  $$select count(*)::int, count(distinct k.kpi)::int from story s, public.kpi_series(s.acme, '2025-03-30Z', '2025-03-31Z') k$$,
  'values (20, 20)', 'a series has all the figures, of days when not asked otherwise'
);
select is_empty(
  $$
    select s.kpi, s.total from (
      select k.kpi, sum(k.total) as total from story, public.kpi_series(acme, '2025-03-29Z', '2025-04-02Z', p_grain => 'hour') k group by 1
    ) s
    except
    select k.kpi, k.total from story, public.kpi_summary(acme, '2025-03-29Z', '2025-04-02Z') k
  $$, 'and adds up to the summary'
);
select is(
  (
    select k.value from story s, public.kpi_series(s.acme, '2025-03-30 10:00Z', '2025-03-30 10:30Z', p_grain => 'hour') k
    where k.kpi = 'calls_per_minute'
  ), trim_scale(2 / 30.0), 'calls per minute are over the minutes of the bucket that are in the range'
);
select is(
  (
    select sum(k.value) from story s, public.kpi_series(s.acme, date_trunc('hour', now()), date_trunc('hour', now()) + interval '9 days') k
    where k.kpi = 'offered'
  ), 0::numeric, 'what is still to come has no calls yet'
);

-- In Lord Howe hours begin with those of UTC in summer, and half an hour later in winter.
select tests.act_as_role('postgres');
delete from public.calls;
select tests.calls(given, 1, jsonb_build_object('started_at', at))
from story, generate_series('2025-04-05 14:00Z'::timestamptz, '2025-04-05 15:45Z', interval '15 minutes') at;
update public.organizations set time_zone = 'Australia/Lord_Howe' where id = (select acme from story);
create function pg_temp.of_all() returns setof record
language sql as $$
  select k.bucket_start, k.value
  from public.kpi_series(null, '2025-04-05 13:00Z', '2025-04-06 13:30Z', p_grain => 'hour') k
  where k.kpi = 'offered' and k.value > 0
  order by 1
$$;
grant execute on function pg_temp.of_all() to public;
select tests.act_as(platform_admin) from story;
select results_eq(
  'select * from pg_temp.of_all() as t (bucket_start timestamptz, value numeric)',
  $$values (timestamptz '2025-04-05 14:00Z', 4::numeric), ('2025-04-05 15:00Z', 4)$$, 'of all organizations the hours are those of UTC'
);
select tests.act_as_role('postgres');
select private.rebuild_rollup(acme) from story;
select tests.act_as(platform_admin) from story;
select results_eq(
  'select * from pg_temp.of_all() as t (bucket_start timestamptz, value numeric)',
  $$values (timestamptz '2025-04-05 14:00Z', 4::numeric), ('2025-04-05 15:00Z', 4)$$, 'also where other ones are counted ahead'
);

select * from finish();
rollback;
