begin;
select plan(17);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.ring(p_from text, p_to text, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, 1, jsonb_build_object('started_at', p_from, 'ended_at', p_to) || p_said) from story
$$;
create function pg_temp.peak(p_from text, p_to text, p_line_ids uuid[] default null, p_member_ids uuid[] default null) returns text
language sql as $$
  select format(
    '%s at %s over %s of %s', coalesce(k.value::text, 'not measurable'), to_char(k.peak_at at time zone 'UTC',
    'DD HH24:MI'), k.known, k.total
  )
  from story s, public.peak_concurrency(s.acme, p_from::timestamptz, p_to::timestamptz, p_line_ids, p_member_ids) k
$$;
grant execute on function pg_temp.peak(text, text, uuid[], uuid[]) to public;

select
  pg_temp.ring('2025-06-02 09:00Z', '2025-06-02 09:10Z'), pg_temp.ring('2025-06-02 09:05Z', '2025-06-02 09:20Z'),
  pg_temp.ring('2025-06-02 09:10Z', '2025-06-02 09:30Z'), pg_temp.ring('2025-06-02 09:15Z', null, '{"duration_seconds": 600}'),
  pg_temp.ring('2025-06-02 09:25Z', '2025-06-02 09:40Z');
select tests.act_as(viewer) from story;
select is(
  pg_temp.peak('2025-06-02Z', '2025-06-03Z'), '3 at 02 09:15 over 5 of 5',
  'three at once, when they first were; one is over as another begins'
);
select is(
  pg_temp.peak('2025-06-02 09:20Z', '2025-06-03Z'), '2 at 02 09:20 over 3 of 3', 'calls begun before the range count while they last'
);
select is(pg_temp.peak('2025-06-02 09:35Z', '2025-06-03Z'), '1 at 02 09:35 over 1 of 1', 'until they end');
select is(pg_temp.peak('2025-06-02 09:40Z', '2025-06-03Z'), '0 at  over 0 of 0', 'and then no more');
select is(pg_temp.peak('2025-06-02Z', '2025-06-02 09:15Z'), '2 at 02 09:05 over 3 of 3', 'what begins at the range''s end is not in it');
select is(pg_temp.peak('2025-06-01Z', '2025-06-02Z'), '0 at  over 0 of 0', 'none is none');

-- Nothing but inbound calls that have ended; what has no end known is not in progress.
select tests.act_as_role('postgres');
select
  pg_temp.ring('2025-06-03 09:00Z', '2025-06-03 10:00Z', said) from unnest(array[
    '{"direction": "outbound"}', '{"direction": "internal"}', '{"outcome": null}', '{"deleted_at": "2025-06-04"}'
  ]::jsonb[]) said;
select pg_temp.ring('2025-06-03 09:30Z', null);
select tests.act_as(viewer) from story;
select is(pg_temp.peak('2025-06-03Z', '2025-06-04Z'), 'not measurable at  over 0 of 1', 'calls whose end nobody told are not measurable');
select tests.act_as_role('postgres');
select pg_temp.ring('2025-06-03 09:45Z', '2025-06-03 09:45Z');
select tests.act_as(viewer) from story;
select is(pg_temp.peak('2025-06-03Z', '2025-06-04Z'), '0 at  over 1 of 2', 'a call of no length is never in progress');
select tests.act_as_role('postgres');
select pg_temp.ring('2025-06-03 09:50Z', '2025-06-03 09:40Z'), pg_temp.ring('2025-06-03 09:50Z', '2025-06-03 09:55Z',
'{"outcome": "missed"}');
select tests.act_as(viewer) from story;
select is(pg_temp.peak('2025-06-03Z', '2025-06-04Z'), '1 at 03 09:50 over 3 of 4', 'nor one whose clocks disagree; one that was missed is');

-- Nothing lasts longer than a day.
select tests.act_as_role('postgres');
select pg_temp.ring('2025-06-10 09:00Z', '2025-06-14 09:00Z');
select tests.act_as(viewer) from story;
select is(pg_temp.peak('2025-06-11 08:59Z', '2025-06-12Z'), '1 at 11 08:59 over 1 of 1', 'a call may last a day');
select is(pg_temp.peak('2025-06-11 09:00Z', '2025-06-12Z'), '0 at  over 0 of 0', 'and not longer');

-- Lines, members, sight.
select tests.act_as_role('postgres');
select
  pg_temp.ring('2025-07-01 09:00Z', '2025-07-01 10:00Z', jsonb_build_object('line_id', l.id, 'member_ids', array[s.agent_member]))
from story s, unnest(array[s.given, s.other]) l (id);
select pg_temp.ring('2025-07-01 09:00Z', '2025-07-01 10:00Z', jsonb_build_object('org_id', globex, 'line_id', theirs)) from story;
select tests.act_as(viewer) from story;
select is(pg_temp.peak('2025-07-01Z', '2025-07-02Z'), '2 at 01 09:00 over 2 of 2', 'an organization has its own');
select is(pg_temp.peak('2025-07-01Z', '2025-07-02Z', array[other]), '1 at 01 09:00 over 1 of 1', 'a line too') from story;
select is(pg_temp.peak('2025-07-01Z', '2025-07-02Z', null, array[manager_member]), '0 at  over 0 of 0', 'and a member') from story;
select tests.act_as(manager) from story;
select is(pg_temp.peak('2025-07-01Z', '2025-07-02Z'), '1 at 01 09:00 over 1 of 1', 'managers have those of what they see');
select tests.act_as(platform_admin) from story;
select is(
  (select k.value from public.peak_concurrency(null, '2025-07-01Z', '2025-07-02Z') k), 3::numeric, 'all organizations together'
);
select is(
  tests.attempt(format('select public.peak_concurrency(%L, ''2025-07-01'', ''2025-08-01 00:00:01'')', acme)), 'PT422 range_too_long',
  'at most 31 days are told'
) from story;

select * from finish();
rollback;
