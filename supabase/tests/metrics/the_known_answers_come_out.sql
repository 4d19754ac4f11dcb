begin;
select plan(10);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
create function pg_temp.kpi(p_kpi text, p_from timestamptz, p_to timestamptz) returns numeric
language sql as $$select k.value from story s, public.kpi_summary(s.acme, p_from, p_to) k where k.kpi = p_kpi$$;
grant execute on function pg_temp.kpi(text, timestamptz, timestamptz) to public;

-- 2 June: 1,000 answered, 860 of them within 20 s; 60 abandoned, 20 within 20 s and 10 of those within 5 s.
select pg_temp.add(430, '{"wait_seconds": 20}'), pg_temp.add(430, '{"wait_seconds": 0}'), pg_temp.add(140, '{"wait_seconds": 21}');
select
  pg_temp.add(10, '{"outcome": "missed", "wait_seconds": 4}'), pg_temp.add(10, '{"outcome": "missed", "wait_seconds": 5}'),
  pg_temp.add(40, '{"outcome": "missed", "wait_seconds": 60}');

-- 3 June: 157 calls, of which 145 answered with 32,920 s of talk.
select
  pg_temp.add(144, '{"started_at": "2025-06-03 09:00Z", "talk_seconds": 227}'),
  pg_temp.add(1, '{"started_at": "2025-06-03 09:00Z", "talk_seconds": 232}'),
  pg_temp.add(12, '{"started_at": "2025-06-03 09:00Z", "outcome": "missed"}');

select tests.act_as(viewer) from story;
select is(
  round(pg_temp.kpi('service_level', '2025-06-02Z', '2025-06-03Z'), 3), 0.819, '860 within 20 s of 1,060 less 10 short ones is 81.9 %'
);
select is(round(pg_temp.kpi('answer_rate', '2025-06-02Z', '2025-06-03Z'), 3), 0.943, '1,000 of 1,060 is 94.3 %');
select is(
  round(pg_temp.kpi('abandonment_rate', '2025-06-02Z', '2025-06-03Z'), 4), round(50 / 1050.0, 4), '50 of 1,050 were abandoned'
);
select is(round(pg_temp.kpi('average_speed_of_answer', '2025-06-02Z', '2025-06-03Z'), 2), 11.54, '11,540 s until 1,000 answers');
select is(round(pg_temp.kpi('average_abandon_wait', '2025-06-02Z', '2025-06-03Z'), 1), 41.5, '2,490 s until 60 gave up');
select is(pg_temp.kpi('longest_wait', '2025-06-02Z', '2025-06-03Z'), 60::numeric, 'the longest wait');

select is(round(pg_temp.kpi('answer_rate', '2025-06-03Z', '2025-06-04Z'), 3), 0.924, '145 of 157 is 92.4 %');
select is(
  round(pg_temp.kpi('average_handle_time', '2025-06-03Z', '2025-06-04Z')), 227::numeric, '32,920 s over 145 answered is 227 s, not 245'
);
select is(pg_temp.kpi('total_talk', '2025-06-03Z', '2025-06-04Z'), 32920::numeric, 'in all');
select is(
  round(pg_temp.kpi('answer_rate', '2025-06-02Z', '2025-06-04Z'), 6), round(1145 / 1217.0, 6), 'both days add numerators and denominators'
);

select * from finish();
rollback;
