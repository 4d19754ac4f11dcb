begin;
select plan(21);

select is(
  (
    select string_agg(
      to_char(r.starts_at at time zone e.place, 'MM-DD HH24:MI') || ' to ' || to_char(r.ends_at at time zone e.place, 'MM-DD HH24:MI'), ', '
      order by r.starts_at desc
    )
    from private.compared_ranges(
      e.from_at::timestamp at time zone e.place, e.to_at::timestamp at time zone e.place, e.place, e.compared,
      e.now_at::timestamp at time zone e.place
    ) r
  ), e.came, format('%s to %s, with %s', e.from_at, e.to_at, e.compared)
)
from (
  values
    ('UTC', '2025-06-02', '2025-06-03', 'previous', '2030-01-01', '06-01 00:00 to 06-02 00:00'),
    (
      'UTC', '2025-06-30', '2025-07-01', 'weekdays', '2030-01-01',
      '06-23 00:00 to 06-24 00:00, 06-16 00:00 to 06-17 00:00, 06-09 00:00 to 06-10 00:00, 06-02 00:00 to 06-03 00:00'
    ),
    -- Until the same time, while the day is not over.
    (
      'Europe/London', '2025-04-07', '2025-04-08', 'weekdays', '2025-04-07 14:30',
      '03-31 00:00 to 03-31 14:30, 03-24 00:00 to 03-24 14:30, 03-17 00:00 to 03-17 14:30, 03-10 00:00 to 03-10 14:30'
    )
) e (place, from_at, to_at, compared, now_at, came);
select results_eq(
  $$
    select count(*)::int, min(r.starts_at), max(r.ends_at), min(r.ends_at - r.starts_at), max(r.ends_at - r.starts_at)
    from private.compared_ranges('2025-06-30Z', '2025-07-01Z', 'UTC', 'month_mean', '2030-01-01Z') r
  $$,
  $$values (28, '2025-06-02Z'::timestamptz, '2025-06-30Z'::timestamptz, interval '24 hours', interval '24 hours')$$,
  'a day is compared with each of the 28 before'
);
select results_eq(
  $$
    select count(*)::int, min(r.starts_at), max(r.ends_at), min(r.ends_at - r.starts_at), max(r.ends_at - r.starts_at)
    from private.compared_ranges('2025-06-30 09:00Z', '2025-06-30 17:00Z', 'UTC', 'month_mean', '2025-06-30 12:00Z') r
  $$,
  $$values (28, '2025-06-02 09:00Z'::timestamptz, '2025-06-29 12:00Z'::timestamptz, interval '3 hours', interval '3 hours')$$,
  'part of a day with the same part, as far as it is over'
);
select results_eq(
  $$
    select count(*)::int, min(r.starts_at), max(r.ends_at), min(r.ends_at - r.starts_at), max(r.ends_at - r.starts_at)
    from private.compared_ranges(
      '2025-04-07 Europe/London', '2025-04-14 Europe/London', 'Europe/London', 'month_mean', '2030-01-01Z'
    ) r
  $$,
  $$values (
    28, '2025-03-10 Europe/London'::timestamptz, '2025-04-07 Europe/London'::timestamptz, interval '23 hours', interval '24 hours'
  )$$,
  'a week with the 28 days before it, however long they are'
);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_day text, p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, jsonb_build_object('started_at', p_day || ' 09:00Z') || p_said) from story
$$;
create function pg_temp.told(p_kpi text, p_with text, p_from text default '2025-06-30', p_to text default '2025-07-01') returns text
language sql as $$
  select format(
    '%s, %s of %s, %s', coalesce(round(k.value, 3)::text, '?'), coalesce(round(k.compared, 3)::text, '?'), k.ranges,
    coalesce(round(k.change, 3)::text, '?')
  )
  from story s, public.kpi_comparison(s.acme, (p_from || 'Z')::timestamptz, (p_to || 'Z')::timestamptz, p_with => p_with) k
  where k.kpi = p_kpi
$$;
grant execute on function pg_temp.told(text, text, text, text) to public;

-- Monday the 30th: 6 of 8 answered. The Mondays before: 4 of 4, none, 1 of 2, 8 of 10.
select
  pg_temp.add('2025-06-30', 6), pg_temp.add('2025-06-30', 2, '{"outcome": "missed"}'), pg_temp.add('2025-06-23', 4),
  pg_temp.add('2025-06-09', 1), pg_temp.add('2025-06-09', 1, '{"outcome": "missed"}'), pg_temp.add('2025-06-02', 8),
  pg_temp.add('2025-06-02', 2, '{"outcome": "missed"}'), pg_temp.add('2025-06-29', 12), pg_temp.add('2025-06-01', 100);
select tests.act_as(viewer) from story;
select is(pg_temp.told('offered', 'previous'), '8.000, 12.000 of 1, -0.333', 'with the day before: a third fewer');
select is(pg_temp.told('offered', 'weekdays'), '8.000, 4.000 of 4, 1.000', 'with four Mondays, one of them without a call: twice as many');
select is(pg_temp.told('answer_rate', 'weekdays'), '0.750, 0.767 of 3, -0.022', 'a rate with those that were measurable');
select is(pg_temp.told('offered', 'month_mean'), '8.000, 1.000 of 28, 7.000', 'with 28 days, of 28 calls');
select is(pg_temp.told('answer_rate', 'month_mean'), '0.750, 0.825 of 4, -0.091', 'of which four had a rate');
select is(pg_temp.told('service_level', 'month_mean'), '?, ? of 0, ?', 'what nobody can measure compares with nothing');
select is(
  pg_temp.told('offered', 'month_mean', '2025-06-29', '2025-07-01'), '20.000, 8.286 of 28, 1.414',
  'two days with twice the mean of those before'
);
select is(
  pg_temp.told('answer_rate', 'month_mean', '2025-06-29', '2025-07-01'), '0.900, 0.825 of 4, 0.091', 'of which a rate needs no multiple'
);
select is(pg_temp.told('outbound', 'previous'), '0.000, 0.000 of 1, ?', 'nothing is no multiple of nothing');
select bag_eq(
  'select k.kpi, k.value, k.compared from story s, public.kpi_comparison(s.acme, ''2025-06-30Z'', ''2025-07-01Z'') k',
  'select k.kpi, k.value, k.previous from story s, public.kpi_summary(s.acme, ''2025-06-30Z'', ''2025-07-01Z'') k',
  'with the range before, as the summary says'
);
select is(
  (
    select sum(k.compared) from story s, public.kpi_comparison(s.acme, '2125-06-30Z', '2125-07-01Z', p_with => 'weekdays') k
    where k.kpi = 'offered'
  ), 0::numeric, 'what is to come is compared with nothing yet'
);

select is(
  tests.attempt(format('select public.kpi_comparison(%L, ''2025-06-30'', ''2025-07-01'', p_with => %L)', acme, compared)),
  'PT422 comparison_unknown', format('nothing is compared with %L', compared)
)
from story, unnest(array['last year', null]) compared;
select is(
  tests.attempt(format('select public.kpi_comparison(%L, ''2025-06-30'', ''2025-06-30'')', acme)), 'PT422 range_reversed',
  'a range runs forward'
) from story;
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select public.kpi_comparison(%L, ''2025-06-30'', ''2025-07-01'')', acme)), 'PT404 organization_not_found',
  'others'' organizations are not there'
) from story;

select * from finish();
rollback;
