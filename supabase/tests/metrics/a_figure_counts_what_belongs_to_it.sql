begin;
select plan(6);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
create function pg_temp.figures(p_from timestamptz default '2025-06-02Z', p_to timestamptz default '2025-06-03Z') returns text
language sql as $$
  select string_agg(format('%s %s', k.value, k.kpi), ', ' order by k.kpi)
  from story s, public.kpi_summary(s.acme, p_from, p_to) k
  where k.kpi in ('offered', 'answered', 'missed', 'voicemail', 'outbound', 'total_talk')
$$;
grant execute on function pg_temp.figures(timestamptz, timestamptz) to public;

select
  pg_temp.add(8, '{"talk_seconds": 10}'), pg_temp.add(4, '{"outcome": "missed"}'), pg_temp.add(2, '{"outcome": "voicemail"}'),
  pg_temp.add(1, '{"transfer_count": 3, "talk_seconds": 20}');
select tests.act_as(viewer) from story;
select is(
  pg_temp.figures(), '9 answered, 4 missed, 15 offered, 0 outbound, 100 total_talk, 2 voicemail',
  'offered is answered, voicemail and missed'
);

select tests.act_as_role('postgres');
select pg_temp.add(1, jsonb_build_object(key, value))
from jsonb_each('{"direction": "internal", "outcome": null, "deleted_at": "2025-06-05"}');
select tests.act_as(viewer) from story;
select is(
  pg_temp.figures(), '9 answered, 4 missed, 15 offered, 0 outbound, 100 total_talk, 2 voicemail',
  'internal calls, unfinished ones and those listed no more are outside everything'
);

select tests.act_as_role('postgres');
select pg_temp.add(3, '{"direction": "outbound", "talk_seconds": 100}'), pg_temp.add(2, '{"direction": "callback", "outcome": "missed"}');
select tests.act_as(viewer) from story;
select is(
  pg_temp.figures(), '9 answered, 4 missed, 15 offered, 5 outbound, 100 total_talk, 2 voicemail', 'calls we made are counted for themselves'
);

select tests.act_as_role('postgres');
select pg_temp.add(1, jsonb_build_object('started_at', at))
from unnest(array['2025-06-01 23:59:59.999999Z', '2025-06-02 00:00:00Z', '2025-06-02 23:59:59.999999Z', '2025-06-03 00:00:00Z']) at;
select tests.act_as(viewer) from story;
select is(
  pg_temp.figures(), '11 answered, 4 missed, 17 offered, 5 outbound, 100 total_talk, 2 voicemail',
  'a range includes its start and not its end, and a call counts where it started'
);
select is(
  pg_temp.figures('2025-06-03Z', '2025-06-04Z'), '1 answered, 0 missed, 1 offered, 0 outbound,  total_talk, 0 voicemail',
  'the next day has the next'
);

select tests.act_as_role('postgres');
select pg_temp.add(1, jsonb_build_object('org_id', globex, 'line_id', theirs)) from story;
select tests.act_as(viewer) from story;
select is(
  pg_temp.figures(), '11 answered, 4 missed, 17 offered, 5 outbound, 100 total_talk, 2 voicemail', 'another organization''s count there'
);

select * from finish();
rollback;
