begin;
select plan(22);

-- Off a histogram: bins 1 … 32, of which bin 1 is [0, 1] and the last has no end.
create function pg_temp.off(p_bins jsonb) returns text
language sql as $$
  select string_agg(
    format('%s%s', round(p.seconds, 3)::numeric, case when p.is_at_least then ' or more' end), ', ' order by p.share
  )
  from private.wait_percentiles(array(select coalesce((p_bins ->> n::text)::bigint, 0) from generate_series(1, 32) n)) p
$$;
select is(pg_temp.off('{"1": 10}'), '0.500, 0.900, 0.950', 'the first bin goes from 0 to 1');
select is(pg_temp.off('{"13": 10}'), '17.500, 19.500, 19.750', 'waits are spread evenly over 15 to 20');
select is(pg_temp.off('{"1": 5, "13": 5}'), '1.000, 19.000, 19.500', 'half of them is through the first bin');
select is(pg_temp.off('{"1": 1, "13": 1, "14": 1}'), '17.500, 23.500, 24.250', 'three in three bins');
select is(pg_temp.off('{"1": 90, "32": 10}'), '0.556, 1.000, 3600.000 or more', 'the last bin has no end');
select is(pg_temp.off('{"32": 1}'), '3600.000 or more, 3600.000 or more, 3600.000 or more', 'nor has it a middle');
select is(pg_temp.off('{}'), null, 'none has no median');

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
create function pg_temp.told(
  p_exact boolean default false, p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
) returns text
language sql as $$
  select string_agg(coalesce(round(k.value, 2)::text, '?'), ' ' order by k.kpi) || format(' over %s of %s', min(k.known), max(k.total))
  from story s, public.kpi_percentiles(s.acme, '2025-06-02Z', '2025-06-03Z', p_line_ids, p_member_ids, p_in_hours, p_exact) k
$$;
grant execute on function pg_temp.told(boolean, uuid[], uuid[], boolean) to public;

-- 1, 2, … 20 s; one of unknown wait, and what is no answered call of the day.
select pg_temp.add(1, jsonb_build_object('wait_seconds', n)) from generate_series(1, 20) n;
select
  pg_temp.add(1), pg_temp.add(9, '{"outcome": "missed", "wait_seconds": 600}'),
  pg_temp.add(9, '{"direction": "outbound", "wait_seconds": 600}'),
  pg_temp.add(9, '{"deleted_at": "2025-06-03", "wait_seconds": 600}'), pg_temp.add(9, '{"started_at": "2025-06-03", "wait_seconds": 600}'),
  pg_temp.add(2, jsonb_build_object(
    'line_id', other, 'wait_seconds', 100, 'member_ids', array[agent_member], 'started_at', '2025-06-02 20:00Z'
  ))
from story;
select tests.act_as(viewer) from story;
select is(pg_temp.told(), '11.00 19.80 103.50 over 22 of 23', 'answered calls of known wait, by bins');
select is(pg_temp.told(true), '11.50 19.90 96.00 over 22 of 23', 'and by the calls themselves');
select is(pg_temp.told(false, array[given]), '10.00 18.00 19.00 over 20 of 21', 'of a line') from story;
select is(pg_temp.told(true, array[given]), '10.50 18.10 19.05 over 20 of 21', 'exactly too') from story;
select is(pg_temp.told(false, null, array[agent_member]), '105.00 117.00 118.50 over 2 of 2', 'of a member') from story;
select is(pg_temp.told(true, null, array[agent_member]), '100.00 100.00 100.00 over 2 of 2', 'exactly too') from story;
select is(pg_temp.told(false, array[theirs]), '? ? ? over 0 of 0', 'others'' lines have no calls') from story;
select is(pg_temp.told(true, array[theirs]), '? ? ? over 0 of 0', 'exactly none') from story;
select tests.act_as(manager) from story;
select is(pg_temp.told(), '10.00 18.00 19.00 over 20 of 21', 'managers have those of what they see');
select tests.act_as(agent) from story;
select is(pg_temp.told(), '11.00 19.80 103.50 over 22 of 23', 'agents also of what they handled');
select tests.act_as_role('postgres');
update public.organization_settings set business_hours = '[{"weekday": 1, "opens": "09:00", "closes": "17:00"}]'
where org_id = (select acme from story);
select tests.act_as(viewer) from story;
select is(pg_temp.told(p_in_hours => true), '10.00 18.00 19.00 over 20 of 21', 'in business hours');
select is(pg_temp.told(true, p_in_hours => false), '100.00 100.00 100.00 over 2 of 2', 'and out of them');
select is(
  tests.attempt(format('select public.kpi_percentiles(%L, ''2025-06-01'', ''2025-07-03'', p_exact => true)', acme)), 'PT422 range_too_long',
  'exact ones are of 31 days'
) from story;
select is(
  tests.attempt(format('select public.kpi_percentiles(%L, ''2024-06-01'', ''2025-07-03'')', acme)), '3 rows', 'the others of any range'
) from story;
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select public.kpi_percentiles(%L, ''2025-06-01'', ''2025-06-03'')', acme)), 'PT404 organization_not_found',
  'others'' organizations are not there'
) from story;

select * from finish();
rollback;
