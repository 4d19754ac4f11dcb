begin;
select plan(18);

create temporary table story on commit drop as select agent from tests.two_organizations();
grant select on story to public;
select tests.act_as(agent) from story;

-- 100 calls in half an hour, 3 minutes each, within 20 seconds: the example of most calculators (pyworkforce, R's ErlangC).
select results_eq(
  'select load_erlangs, round(wait_probability, 7), round(service_level, 7), round(average_speed_of_answer, 5), round(occupancy, 7)
  from public.erlang_c(200, 180, 14, 20)',
  'values (10.000000000, 0.1741319, 0.8883500, 7.83594, 0.7142857)', 'fourteen agents answer 88.8 % of 200 calls an hour in time'
);
select results_eq(
  'select n, round(100 * e.wait_probability, 1), round(100 * e.service_level, 1)
  from generate_series(11, 15) n cross join lateral public.erlang_c(200, 180, n, 20) e order by n',
  'values (11, 68.2, 39.0), (12, 44.9, 64.0), (13, 28.5, 79.6), (14, 17.4, 88.8), (15, 10.2, 94.1)', 'one more or less, and so on'
);
-- 360 calls in half an hour, 4 minutes each: the other known example, of 55 agents and 15 seconds.
select results_eq(
  'select round(wait_probability, 3), round(service_level, 3), round(average_speed_of_answer, 1), round(occupancy, 3)
  from public.erlang_c(720, 240, 55, 15)',
  'values (0.239, 0.846, 8.2, 0.873)', '55 agents for 48 erlangs'
);
-- Two desks, each busy half of the time; one desk.
select is((select wait_probability from public.erlang_c(60, 60, 2, 20)), 0.333333333333, 'two for one erlang: one call in three waits');
select is((select wait_probability from public.erlang_c(30, 60, 1, 20)), 0.5::numeric, 'one who is busy half of the time lets half wait');

-- The tables of Erlang B, from which C follows: so many lines block one call in a hundred of so many erlangs.
select results_eq(
  'select t.lines, round(e.wait_probability * (t.lines - t.erlangs) / (t.lines - t.erlangs * e.wait_probability), 3)
  from (values (10, 4.461), (20, 12.03), (50, 37.90), (100, 84.06), (200, 179.7)) as t (lines, erlangs)
  cross join lateral public.erlang_c(t.erlangs * 60, 60, t.lines) e order by 1',
  'select n, 0.010 from unnest(array[10, 20, 50, 100, 200]) n', 'the tables of telephone engineers come out'
);

select is(
  (select round(service_level, 6) from public.erlang_c(18000, 240, 1250, 20)), 0.998471, 'of 1200 erlangs it is told as of ten'
);
select is((select wait_probability from public.erlang_c(18000, 240, 100000, 20)), 0.000000000000, 'however many there are');
select results_eq(
  'select wait_probability, service_level, average_speed_of_answer, occupancy from public.erlang_c(200, 180, 10, 20)',
  'values (1.000000000000, 0.000000000000, null::numeric, 1.000000000000)', 'who never catch up answer nobody in time'
);
select results_eq(
  'select wait_probability, service_level, average_speed_of_answer, occupancy from public.erlang_c(0, 180, 0, 20)',
  'values (0.000000000000, 1.000000000000, null::numeric, null::numeric)', 'where nobody calls, nobody waits'
);

select tests.act_as_role('postgres');
select is(private.agents_needed(10, 180, 0.8, 20), 14, 'fourteen are the fewest for 80 %');
select is(private.agents_needed(10, 180, 0.79, 20), 13, 'thirteen for less');
select is(private.agents_needed(0, 180, 0.8, 20), 0, 'none for no call');
select is(private.agents_needed(0.0001, 180, 0.8, 20), 1, 'one for hardly any');
select is(
  (
    select count(*)
    from generate_series(1, 400, 7) l (load)
    cross join (values (0.5::double precision), (0.8), (0.95), (0.999)) t (target)
    cross join lateral private.agents_needed(l.load + 0.3, 240, t.target, 20) a (agents)
    cross join lateral public.erlang_c(((l.load + 0.3) * 15)::numeric, 240, a.agents, 20) e
    cross join lateral public.erlang_c(((l.load + 0.3) * 15)::numeric, 240, a.agents - 1, 20) fewer
    where e.service_level < t.target or fewer.service_level >= t.target
  ),
  0::bigint, 'so many meet the target, and one fewer do not'
);
select ok(private.agents_needed(5000, 180, 0.999999, 5) between 5000 and 5600, 'thousands are no more difficult');
select ok(private.agents_needed(10, 180, 1, 0) < 100, 'nor is all of them at once');

select tests.act_as(agent) from story;
select is(tests.attempt('select * from public.erlang_c(-1, 180, 10)'), 'PT422 staffing_invalid', 'fewer calls than none are none');

select * from finish();
rollback;
