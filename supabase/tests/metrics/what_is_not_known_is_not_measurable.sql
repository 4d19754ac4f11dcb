begin;
select plan(11);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
create function pg_temp.kpi(p_kpi text, p_day date default '2025-06-02') returns text
language sql as $$
  select format('%s over %s of %s', coalesce(round(k.value, 3)::text, 'not measurable'), k.known, k.total)
  from story s, public.kpi_summary(s.acme, p_day::timestamptz, p_day::timestamptz + interval '1 day') k where k.kpi = p_kpi
$$;
grant execute on function pg_temp.kpi(text, date) to public;

-- 2 June: nothing but what the history lists. 3 June: a few waits. 4 June: nothing at all.
select pg_temp.add(6), pg_temp.add(4, '{"outcome": "missed"}');
select
  pg_temp.add(6, '{"started_at": "2025-06-03 09:00Z"}'), pg_temp.add(1, '{"started_at": "2025-06-03 09:00Z", "wait_seconds": 3}'),
  pg_temp.add(2, '{"started_at": "2025-06-03 09:00Z", "outcome": "missed"}'),
  pg_temp.add(1, '{"started_at": "2025-06-03 09:00Z", "outcome": "missed", "wait_seconds": 2}');

select tests.act_as(viewer) from story;
select is(pg_temp.kpi('service_level'), 'not measurable over 0 of 10', 'without a known wait the service level is not measurable, not 0');
select is(pg_temp.kpi('average_speed_of_answer'), 'not measurable over 0 of 6', 'nor is the speed of answer');
select is(pg_temp.kpi('longest_wait'), 'not measurable over 0 of 10', 'nor the longest wait');
select is(pg_temp.kpi('total_talk'), 'not measurable over 0 of 6', 'nor the talk');
select is(pg_temp.kpi('abandonment_rate'), '0.400 over 6 of 10', 'a missed call of unknown wait counts as abandoned, never as short');
select is(pg_temp.kpi('service_level', '2025-06-03'), '1.000 over 2 of 10', 'a service level is over the calls of known wait');
select is(pg_temp.kpi('abandonment_rate', '2025-06-03'), '0.222 over 8 of 10', 'of nine that were not short two were abandoned');
select is(pg_temp.kpi('answer_rate', '2025-06-04'), 'not measurable over 0 of 0', '0 / 0 is null');
select is(pg_temp.kpi('offered', '2025-06-04'), '0.000 over 0 of 0', 'but none is none');
select is(pg_temp.kpi('total_talk', '2025-06-04'), '0.000 over 0 of 0', 'and nobody talked');

select tests.act_as_role('postgres');
select pg_temp.add(3, '{"started_at": "2025-06-05 09:00Z", "outcome": "missed", "wait_seconds": 1}');
select tests.act_as(viewer) from story;
select is(pg_temp.kpi('abandonment_rate', '2025-06-05'), 'not measurable over 3 of 3', 'when all were short there is nobody who gave up');

select * from finish();
rollback;
