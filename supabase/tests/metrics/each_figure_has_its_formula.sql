begin;
select plan(23);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
select
  pg_temp.add(2, '{"wait_seconds": 10, "talk_seconds": 9, "duration_seconds": 30}'),
  pg_temp.add(1, '{"wait_seconds": 30, "talk_seconds": 100, "duration_seconds": 140, "is_dropped": true, "transfer_count": 1}'),
  pg_temp.add(3, '{"duration_seconds": 60}'),
  pg_temp.add(1, '{"outcome": "voicemail", "wait_seconds": 15, "duration_seconds": 40}'),
  pg_temp.add(1, '{"outcome": "voicemail"}'),
  pg_temp.add(1, '{"outcome": "missed", "wait_seconds": 4, "duration_seconds": 4}'),
  pg_temp.add(1, '{"outcome": "missed", "wait_seconds": 50, "duration_seconds": 50}'),
  pg_temp.add(2, '{"outcome": "missed", "duration_seconds": 4}'),
  pg_temp.add(3, '{"direction": "outbound", "talk_seconds": 40, "duration_seconds": 60}'),
  pg_temp.add(1, '{"direction": "callback"}'),
  pg_temp.add(2, '{"direction": "outbound", "outcome": "missed"}');

select tests.act_as(viewer) from story;
create temporary table figures on commit drop as
select k.* from story s, public.kpi_summary(s.acme, '2025-06-02 09:00Z', '2025-06-02 10:00Z') k;

-- Of 12 offered 6 were answered, 2 left a voicemail and 4 were missed. The wait of 6 is known.
select is(
  format('%s / %s over %s of %s', trim_scale(f.numerator), trim_scale(f.denominator), f.known, f.total), expected.said,
  expected.kpi
)
from (
  values
    ('offered', '12 / 1 over 12 of 12'),
    ('answered', '6 / 1 over 12 of 12'),
    ('voicemail', '2 / 1 over 12 of 12'),
    ('missed', '4 / 1 over 12 of 12'),
    ('answer_rate', '6 / 12 over 12 of 12'),
    ('abandonment_rate', '3 / 11 over 10 of 12'),
    ('service_level', '2 / 5 over 6 of 12'),
    ('average_speed_of_answer', '50 / 3 over 3 of 6'),
    ('average_abandon_wait', '54 / 2 over 2 of 4'),
    ('longest_wait', '50 / 1 over 6 of 12'),
    ('average_handle_time', '118 / 3 over 3 of 6'),
    ('total_talk', '118 / 1 over 3 of 6'),
    ('average_duration', '482 / 11 over 11 of 12'),
    ('calls_per_minute', '12 / 60 over 12 of 12'),
    ('dropped_rate', '1 / 6 over 6 of 6'),
    ('transferred_rate', '1 / 6 over 6 of 6'),
    ('very_short_rate', '2 / 3 over 3 of 6'),
    ('outbound', '6 / 1 over 6 of 6'),
    ('outbound_connected_rate', '4 / 6 over 6 of 6'),
    ('outbound_talk', '120 / 1 over 3 of 4')
) expected (kpi, said)
left join figures f on f.kpi = expected.kpi;
select is((select count(*)::int from figures), 20, 'there are twenty figures');
select is(
  (select count(*)::int from figures where value is distinct from trim_scale(numerator / denominator)), 0,
  'each is its numerator by its denominator'
);
select is((select count(*)::int from figures where definition_version <> 1), 0, 'by the first definition');

select * from finish();
rollback;
