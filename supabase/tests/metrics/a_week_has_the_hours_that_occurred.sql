begin;
select plan(30);

-- How often each hour of the local week came.
create function pg_temp.hours(
  p_place text, p_from text, p_to text, p_now text default '2100-01-01'
)
returns table (weekday int, hour int, hours bigint, minutes numeric)
language sql as $$
  select h.*
  from private.hours_of_week(
    p_from::timestamp at time zone p_place, p_to::timestamp at time zone p_place, p_place, p_now::timestamp at time zone p_place
  ) h
$$;
select is(
  (
    select format('%s: %s', sum(h.hours), string_agg(
      format('%s-%s %s×%s', h.weekday, h.hour, h.hours, round(h.minutes)), ', ' order by h.weekday, h.hour
    ) filter (where h.hours <> e.usual or h.minutes <> 60 * e.usual))
    from pg_temp.hours(e.place, e.starts, e.ends) h
    where e.weekday is null or h.weekday = e.weekday
  ), e.came, format('%s, %s to %s: %s', e.place, e.starts, e.ends, e.test)
)
from (
  values
    ('UTC', '2025-06-02', '2025-06-09', null, 1, '168: ', 'a week has 168'),
    ('UTC', '2025-06-02', '2025-06-30', null, 4, '672: ', 'four have each hour four times'),
    ('UTC', '2024-02-29', '2024-03-01', 4, 1, '24: ', 'a leap day is a Thursday'),
    ('UTC', '2024-01-01', '2025-01-01', 4, 52, '1248: ', 'of which 2024 has 52'),
    ('UTC', '2024-01-01', '2025-01-01', 2, 53, '1272: ', 'and 53 Tuesdays, the last of December among them'),
    ('Asia/Kathmandu', '2025-06-02', '2025-06-09', null, 1, '168: ', 'where hours begin at a quarter'),
    -- An hour that does not come, and one that comes twice.
    ('Europe/London', '2025-03-30', '2025-03-31', 7, 1, '23: 7-1 0×0', 'in spring it is never one o''clock'),
    ('Europe/London', '2025-10-26', '2025-10-27', 7, 1, '25: 7-1 2×120', 'in autumn twice'),
    ('Europe/London', '2025-10-20', '2025-11-03', 7, 2, '49: 7-1 3×180', 'beside the Sunday after'),
    ('America/New_York', '2025-03-09', '2025-03-10', 7, 1, '23: 7-2 0×0', 'in spring it is never two o''clock'),
    ('America/New_York', '2025-11-02', '2025-11-03', 7, 1, '25: 7-1 2×120', 'in autumn twice one'),
    ('Australia/Lord_Howe', '2025-10-05', '2025-10-06', 7, 1, '24: 7-2 1×30', 'in spring two o''clock is half an hour'),
    -- Where midnight itself comes twice, or not at all.
    ('America/Santiago', '2025-09-07', '2025-09-08', 7, 1, '23: 7-0 0×0', 'there is no midnight'),
    ('Atlantic/Azores', '2025-10-26', '2025-10-27', 7, 1, '24: ', 'the second midnight to the next')
) e (place, starts, ends, weekday, usual, came, test);
select is(
  (select format('%s hours, %s minutes', sum(h.hours), sum(h.minutes)) from pg_temp.hours('Australia/Lord_Howe', '2025-04-06',
  '2025-04-07') h),
  '25 hours, 1470 minutes', 'Lord Howe''s longest day has half an hour more, which is an hour of its own'
);
select is(
  (
    select string_agg(format('%s-%s %s×%s', h.weekday, h.hour, h.hours, round(h.minutes)), ', ' order by h.weekday, h.hour)
    from pg_temp.hours('UTC', '2025-06-02 09:30', '2025-06-02 12:15') h where h.hours > 0
  ), '1-9 1×30, 1-10 1×60, 1-11 1×60, 1-12 1×15', 'a range cuts hours'
);
select is(
  (
    select string_agg(format('%s-%s %s×%s', h.weekday, h.hour, h.hours, round(h.minutes)), ', ' order by h.weekday, h.hour)
    from pg_temp.hours('UTC', '2025-06-02', '2025-07-02', '2025-06-02 02:20') h where h.hours > 0
  ), '1-0 1×60, 1-1 1×60, 1-2 1×20', 'and what has not begun has not occurred'
);
select is(
  (select sum(h.hours) from pg_temp.hours('UTC', '2025-06-02', '2025-07-02', '2025-06-01') h), 0::numeric, 'nothing, where all is to come'
);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update public.organizations set time_zone = 'Europe/London' where id = (select acme from story);
create function pg_temp.add(p_at text, p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, jsonb_build_object('started_at', p_at || ' Europe/London') || p_said) from story
$$;
create function pg_temp.told(p_kpi text, p_weekday int, p_hour int, p_from text, p_to text) returns text
language sql as $$
  select format('%s = %s / %s', coalesce(round(k.value, 3)::text, '?'), coalesce(trim_scale(k.numerator)::text,
  '?'), trim_scale(k.denominator))
  from story s, public.kpi_heatmap(
    s.acme, p_from::timestamp at time zone 'Europe/London', p_to::timestamp at time zone 'Europe/London', p_kpis => array[p_kpi]
  ) k
  where k.weekday = p_weekday and k.hour = p_hour
$$;
grant execute on function pg_temp.told(text, int, int, text, text) to public;

-- Sundays at one o'clock: on 19 October three calls, on the 26th, when it comes twice, seven, on 2 November two, both missed.
select
  pg_temp.add('2025-10-19 01:10', 3, '{"wait_seconds": 10}'), pg_temp.add('2025-11-02 01:59:59', 2,
  '{"outcome": "missed", "wait_seconds": 40}');
select tests.calls(s.given, v.n, jsonb_build_object('started_at', v.at))
from story s, (values (4, '2025-10-26 00:30Z'), (3, '2025-10-26 01:30Z')) v (n, at);
select tests.act_as(viewer) from story;
select is(pg_temp.told('offered', 7, 1, '2025-10-19', '2025-11-03'), '3.000 = 12 / 4', 'twelve calls in four such hours are three each');
select is(pg_temp.told('offered', 7, 1, '2025-10-26', '2025-10-27'), '3.500 = 7 / 2', 'seven in the two of a night');
select is(pg_temp.told('answer_rate', 7, 1, '2025-10-19', '2025-11-03'), '0.833 = 10 / 12', 'a rate is over all of their calls');
select is(pg_temp.told('longest_wait', 7, 1, '2025-10-19', '2025-11-03'), '40.000 = 40 / 1', 'the longest wait is the longest of all');
select is(pg_temp.told('calls_per_minute', 7, 1, '2025-10-19', '2025-11-03'), '0.050 = 12 / 240', 'per minute of all of their minutes');
select is(pg_temp.told('offered', 7, 2, '2025-10-19', '2025-11-03'), '0.000 = 0 / 3', 'an hour without calls has none');
select is(pg_temp.told('offered', 7, 1, '2025-03-30', '2025-03-31'), '? = 0 / 0', 'one that never came is not measurable');
select is(
  (
    select format(
      '%s rows, %s weekdays, %s hours, %s KPIs', count(*), count(distinct k.weekday), count(distinct k.hour), count(distinct k.kpi)
    )
    from story s, public.kpi_heatmap(s.acme, '2025-10-19', '2025-11-03') k
  ),
  '3360 rows, 7 weekdays, 24 hours, 20 KPIs', 'every hour of the week has every KPI, if not asked otherwise'
);

select is(
  tests.attempt(format('select public.kpi_heatmap(%L, %L, %L, p_kpis => %L)', s.acme, e.starts, e.ends, e.kpis)), e.came, e.test
)
from story s, (
  values
    ('2024-01-01', '2025-01-01 00:00:01', '{offered}', 'PT422 range_too_long', 'a year is the longest'),
    ('2024-01-01', '2025-01-01', '{offered}', '168 rows', 'be it a leap year'),
    ('2025-01-01', '2025-01-02', '{offered,nonsense}', 'PT422 kpi_unknown', 'KPIs are chosen by name'),
    ('2025-01-01', '2025-01-02', '{offered,null}', 'PT422 kpi_unknown', 'which none lacks')
) e (starts, ends, kpis, came, test);

select * from finish();
rollback;
