begin;
select plan(21);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_at text, p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, jsonb_build_object('started_at', p_at) || p_said) from story
$$;
create function pg_temp.told(p_from text, p_to text, p_kpi text default 'offered', p_grain text default 'day') returns text
language sql as $$
  select string_agg(
    format(
      '%s: %s in %s to %s, %s/%s%s', to_char(k.bucket_start at time zone o.time_zone, 'DD HH24'), coalesce(round(k.value, 2)::text, '?'),
      coalesce(round(k.low, 2)::text, '?'), coalesce(round(k.high, 2)::text, '?'), k.observations, k.calls,
      case when k.is_unusual then '!' when k.is_unusual is null then '?' end
    ), '; ' order by k.bucket_start
  )
  from story s
  join public.organizations o on o.id = s.acme
  cross join public.kpi_unusual(
    s.acme, p_from::timestamp at time zone o.time_zone, p_to::timestamp at time zone o.time_zone, p_grain => p_grain, p_kpis => array[p_kpi]
  ) k
$$;
grant execute on function pg_temp.told(text, text, text, text) to public;

-- Eight Mondays before 30 June: 10, 12, 8, 10, 14, 6, 10, 11 calls; median 10, deviations 0 2 2 0 4 4 0 1: 1.5.
select pg_temp.add((date '2025-06-30' - 7 * n)::text || ' 09:00Z', (array[10, 12, 8, 10, 14, 6, 10, 11])[n])
from generate_series(1, 8) n;
select pg_temp.add('2025-06-30 09:00Z', 16), pg_temp.add('2025-06-29 09:00Z', 50), pg_temp.add('2025-04-28 09:00Z', 90);
select tests.act_as(viewer) from story;
select is(pg_temp.told('2025-06-30', '2025-07-01'), '30 00: 16.00 in 3.33 to 16.67, 8/81', '16 calls are as usual');
select tests.act_as_role('postgres');
select pg_temp.add('2025-06-30 23:59Z', 1);
select tests.act_as(viewer) from story;
select is(pg_temp.told('2025-06-30', '2025-07-01'), '30 00: 17.00 in 3.33 to 16.67, 8/81!', '17 are not');
select is(
  pg_temp.told('2025-07-01', '2025-07-02'), '01 00: 0.00 in 0.00 to 0.00, 8/0?', 'where it was always quiet there is nothing to go by'
);
select is(
  pg_temp.told('2025-06-29', '2025-07-01'), '29 00: 50.00 in 0.00 to 0.00, 8/0?; 30 00: 17.00 in 3.33 to 16.67, 8/81!',
  'each day by its weekday'
);
select is(
  pg_temp.told('2025-06-30 10:00', '2025-06-30 11:00'), '30 00: 17.00 in 3.33 to 16.67, 8/81!',
  'days are told whole, however little is asked'
);
select is(pg_temp.told('2025-06-30', '2025-07-01', 'answer_rate'), '30 00: 1.00 in 1.00 to 1.00, 8/81', 'a rate too');
select is(pg_temp.told('2025-06-30', '2025-07-01', 'service_level'), '30 00: ? in ? to ?, 0/0?', 'what is not measurable is not unusual');
select tests.act_as_role('postgres');
select pg_temp.add('2025-06-30 09:00Z', 1, '{"outcome": "missed"}');
select tests.act_as(viewer) from story;
select is(
  pg_temp.told('2025-06-30', '2025-07-01', 'answer_rate'), '30 00: 0.94 in 1.00 to 1.00, 8/81!', 'one that never was below 1 is, when it is'
);

-- What is there to go by.
select tests.act_as_role('postgres');
delete from public.calls;
select pg_temp.add((date '2025-06-30' - 7 * n)::text || ' 09:00Z', 5) from generate_series(1, 4) n;
select pg_temp.add('2025-06-30 09:00Z', 90);
select tests.act_as(viewer) from story;
select is(pg_temp.told('2025-06-30', '2025-07-01'), '30 00: 90.00 in 5.00 to 5.00, 4/20?', 'four weeks are too few');
select tests.act_as_role('postgres');
select pg_temp.add('2025-05-20 09:00Z', 1);
select tests.act_as(viewer) from story;
select is(pg_temp.told('2025-06-30', '2025-07-01'), '30 00: 90.00 in 5.00 to 5.00, 5/20!', 'five are enough, one of them without a call');
select tests.act_as_role('postgres');
delete from public.calls where id = (select min(id::text)::uuid from public.calls where started_at = '2025-06-23 09:00Z');
select tests.act_as(viewer) from story;
select is(pg_temp.told('2025-06-30', '2025-07-01'), '30 00: 90.00 in 5.00 to 5.00, 5/19?', '19 calls are too few');

-- A third has more digits than any number here.
select tests.act_as_role('postgres');
delete from public.calls;
select
  pg_temp.add((date '2025-06-30' - 7 * n)::text || ' 09:00Z', 2),
  pg_temp.add((date '2025-06-30' - 7 * n)::text || ' 09:00Z', 4, '{"outcome": "missed"}')
from generate_series(0, 8) n;
select tests.act_as(viewer) from story;
select is(
  (
    select string_agg(format('%s %s', k.kpi, k.is_unusual), ', ' order by k.kpi)
    from story s, public.kpi_unusual(s.acme, '2025-06-30Z', '2025-07-01Z', p_kpis => '{answer_rate,calls_per_minute}') k
  ), 'answer_rate f, calls_per_minute f', 'what is as always is not unusual'
);

-- Hours, of a Sunday on which one o'clock comes twice.
select tests.act_as_role('postgres');
delete from public.calls;
update public.organizations set time_zone = 'Europe/London' where id = (select acme from story);
select pg_temp.add((date '2025-11-02' - 7 * n)::text || ' 01:30 Europe/London', 4) from generate_series(2, 8) n;
select pg_temp.add('2025-10-26 00:30Z', 4), pg_temp.add('2025-10-26 01:30Z', 6), pg_temp.add('2025-11-02 01:30Z', 9);
select tests.act_as(viewer) from story;
select is(
  pg_temp.told('2025-11-02 01:00', '2025-11-02 02:00', 'offered', 'hour'), '02 01: 9.00 in 4.00 to 4.00, 9/38!', 'both are observations'
);
select is(
  pg_temp.told('2025-10-26 00:00', '2025-10-26 02:00', 'offered', 'hour'),
  '26 00: 0.00 in 0.00 to 0.00, 6/0?; 26 01: 4.00 in 4.00 to 4.00, 7/28; 26 01: 6.00 in 4.00 to 4.00, 7/28!', 'and each is judged by itself'
);

-- What is not over yet.
select tests.act_as_role('postgres');
update public.organizations set time_zone = 'UTC' where id = (select acme from story);
select pg_temp.add((current_date - 7 * n)::text || ' 00:00Z', 9) from generate_series(1, 8) n;
select tests.act_as(viewer) from story;
select matches(
  pg_temp.told(current_date::text, (current_date + 1)::text), '^.*: 0.00 in 9.00 to 9.00, 8/72\?$', 'a day that is not over is not judged'
);
select is(
  tests.attempt(format('select public.kpi_unusual(%L, %L, %L, p_grain => %L)', s.acme, e.starts, e.ends, e.grain)), e.came, e.test
)
from story s, (
  values
    ('2025-06-02', '2025-06-09', 'week', 'PT422 grain_unfit', 'weeks are not judged'),
    ('2025-06-02', '2025-06-09', null, 'PT422 grain_unfit', 'nor nothing'),
    ('2025-06-02', '2025-06-09 00:00:01', 'hour', 'PT422 range_too_long', 'hours are those of seven days'),
    ('2025-06-02', '2025-09-02 00:00:01', 'day', 'PT422 range_too_long', 'days at most 92'),
    ('2025-06-02', '2025-06-02', 'day', 'PT422 range_reversed', 'a range runs forward')
) e (starts, ends, grain, came, test);
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select public.kpi_unusual(%L, ''2025-06-02'', ''2025-06-03'')', acme)), 'PT404 organization_not_found',
  'others'' organizations are not there'
) from story;

select * from finish();
rollback;
