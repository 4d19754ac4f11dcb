begin;
select plan(41);

create function pg_temp.at(p_clock timestamp, p_zone text) returns text
language sql as $$select to_char(private.instant_at(p_clock, p_zone) at time zone 'UTC', 'YYYY-MM-DD HH24:MI')$$;

-- A time that the clock skips is the first instant after, one that comes twice the first of the two.
select is(pg_temp.at(v.clock, v.zone), v.utc, format('%s in %s', v.clock, v.zone))
from (
  values
  ('2025-06-04 07:00'::timestamp, 'Europe/London', '2025-06-04 06:00'),
  ('2025-03-30 00:59', 'Europe/London', '2025-03-30 00:59'),
  ('2025-03-30 01:00', 'Europe/London', '2025-03-30 01:00'),
  ('2025-03-30 01:30', 'Europe/London', '2025-03-30 01:00'),
  ('2025-03-30 02:00', 'Europe/London', '2025-03-30 01:00'),
  ('2025-03-30 02:30', 'Europe/London', '2025-03-30 01:30'),
  ('2025-10-26 00:30', 'Europe/London', '2025-10-25 23:30'),
  ('2025-10-26 01:30', 'Europe/London', '2025-10-26 00:30'),
  ('2025-10-26 02:30', 'Europe/London', '2025-10-26 02:30'),
  ('2025-03-09 01:30', 'America/New_York', '2025-03-09 06:30'),
  ('2025-03-09 02:30', 'America/New_York', '2025-03-09 07:00'),
  ('2025-11-02 01:30', 'America/New_York', '2025-11-02 05:30'),
  ('2025-11-02 02:30', 'America/New_York', '2025-11-02 07:30'),
  ('2025-10-05 01:30', 'Australia/Lord_Howe', '2025-10-04 15:00'),
  ('2025-10-05 02:10', 'Australia/Lord_Howe', '2025-10-04 15:30'),
  ('2025-10-05 02:30', 'Australia/Lord_Howe', '2025-10-04 15:30'),
  ('2025-04-06 01:30', 'Australia/Lord_Howe', '2025-04-05 14:30'),
  ('2025-04-06 01:45', 'Australia/Lord_Howe', '2025-04-05 14:45'),
  ('2025-04-06 02:00', 'Australia/Lord_Howe', '2025-04-05 15:30'),
  ('2025-06-04 07:00', 'Asia/Kathmandu', '2025-06-04 01:15'),
  ('2018-11-04 00:00', 'America/Sao_Paulo', '2018-11-04 03:00'),
  ('2011-12-30 08:00', 'Pacific/Apia', '2011-12-30 10:00')
) v (clock, zone, utc);

create function pg_temp.schedule(p_frequency text, p_time time, p_weekday int default null, p_day int default null)
returns public.report_schedules
language sql as $$
  select jsonb_populate_record(null::public.report_schedules, jsonb_build_object(
    'frequency', p_frequency, 'local_time', p_time, 'weekday', p_weekday, 'day_of_month', p_day
  ))
$$;
create function pg_temp.runs(p_schedule public.report_schedules, p_zone text, p_after timestamptz, p_count int) returns text
language plpgsql as $$
declare
  v_at timestamptz := p_after;
  v_runs text[] := '{}';
begin
  for i in 1..p_count loop
    v_at := private.next_run_at(p_schedule, p_zone, v_at);
    v_runs := v_runs || to_char(v_at at time zone 'UTC', 'MM-DD HH24:MI');
  end loop;
  return array_to_string(v_runs, ', ');
end
$$;

-- A day runs once, whatever its clock does.
select is(
  pg_temp.runs(pg_temp.schedule('daily', v.at), v.zone, v.after::timestamptz, 3), v.runs, format('daily at %s in %s', v.at, v.zone)
)
from (
  values
  ('01:30'::time, 'Europe/London', '2025-03-28 12:00Z', '03-29 01:30, 03-30 01:00, 03-31 00:30'),
  ('02:30', 'Europe/London', '2025-03-28 12:00Z', '03-29 02:30, 03-30 01:30, 03-31 01:30'),
  ('01:30', 'Europe/London', '2025-10-24 12:00Z', '10-25 00:30, 10-26 00:30, 10-27 01:30'),
  ('02:30', 'America/New_York', '2025-03-07 12:00Z', '03-08 07:30, 03-09 07:00, 03-10 06:30'),
  ('01:30', 'America/New_York', '2025-10-31 12:00Z', '11-01 05:30, 11-02 05:30, 11-03 06:30'),
  ('02:10', 'Australia/Lord_Howe', '2025-10-03 00:00Z', '10-03 15:40, 10-04 15:30, 10-05 15:10'),
  ('01:45', 'Australia/Lord_Howe', '2025-04-04 00:00Z', '04-04 14:45, 04-05 14:45, 04-06 15:15')
) v (at, zone, after, runs);
select is(
  pg_temp.runs(pg_temp.schedule('weekly', '07:00', 1), 'UTC', '2025-06-02 07:00Z', 2), '06-09 07:00, 06-16 07:00',
  'a week later, not at once'
);
select is(
  pg_temp.runs(pg_temp.schedule('monthly', '07:00', null, 31), 'UTC', '2025-01-31 06:59Z', 4),
  '01-31 07:00, 02-28 07:00, 03-31 07:00, 04-30 07:00', 'a month without a 31st runs on its last day'
);
select is(
  pg_temp.runs(pg_temp.schedule('monthly', '23:45', null, 29), 'Pacific/Kiritimati', '2024-02-01 00:00Z', 2), '02-29 09:45, 03-29 09:45',
  'in a leap year there is a 29th'
);

-- What it tells of.
create function pg_temp.period(p_frequency text, p_day date, p_zone text) returns text
language sql as $$
  select concat_ws(
    ': ', to_char(p.period_start at time zone 'UTC', 'MM-DD HH24:MI') || to_char(p.period_end at time zone 'UTC', '" to "MM-DD HH24:MI'),
    private.period_name(p.period_start, p.period_end, p_zone)
  )
  from private.report_period(p_frequency, p_day, p_zone) p
$$;
select is(pg_temp.period(v.frequency, v.day::date, v.zone), v.told, format('%s on %s in %s', v.frequency, v.day, v.zone))
from (
  values
  ('daily', '2025-03-31', 'Europe/London', '03-30 00:00 to 03-30 23:00: Sunday, 30 March 2025'),
  ('daily', '2025-10-27', 'Europe/London', '10-25 23:00 to 10-27 00:00: Sunday, 26 October 2025'),
  ('daily', '2025-01-01', 'UTC', '12-31 00:00 to 01-01 00:00: Tuesday, 31 December 2024'),
  ('weekly', '2025-06-02', 'UTC', '05-26 00:00 to 06-02 00:00: 26 May to 1 June 2025'),
  ('weekly', '2025-06-06', 'UTC', '05-26 00:00 to 06-02 00:00: 26 May to 1 June 2025'),
  ('weekly', '2025-06-09', 'Asia/Kathmandu', '06-01 18:15 to 06-08 18:15: 2 to 8 June 2025'),
  ('weekly', '2025-01-06', 'UTC', '12-30 00:00 to 01-06 00:00: 30 December 2024 to 5 January 2025'),
  ('monthly', '2024-03-15', 'America/New_York', '02-01 05:00 to 03-01 05:00: February 2024')
) v (frequency, day, zone, told);
select ok(p.period_start = p.period_end, 'a day that was skipped has no hours')
from private.report_period('daily', '2011-12-31', 'Pacific/Apia') p;

select * from finish();
rollback;
