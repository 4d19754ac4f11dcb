begin;
select plan(16);

create temporary table story on commit drop as select * from tests.two_organizations();
update public.lines l set label = '=cmd|calc' from story s where l.id = s.given;
select
  tests.calls(given, 2, '{"external_name": "a, \"b\"", "external_number": "+12125550142", "duration_seconds": 5}'),
  tests.calls(theirs, 1)
from story;
grant select on story to public;
create function pg_temp.export(p_org_id uuid, p_report text default 'calls') returns text
language sql as $$
  select public.export_report(p_org_id, p_report, '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z"}')
$$;
create function pg_temp.entries() returns jsonb
language sql as $$
  select tests.rows_as('postgres', $q$
    select e.org_id, e.actor_id, e.details ->> 'report' as report from public.audit_entries e where e.action = 'export' order by e.id
  $q$)
$$;
grant execute on function pg_temp.export(uuid, text), pg_temp.entries() to public;

select tests.act_as(agent) from story;
select is(cardinality(regexp_split_to_array(rtrim(pg_temp.export(acme), e'\r\n'), '\r\n')), 3, 'a header and a line a call') from story;
select is(
  split_part(pg_temp.export(acme), e'\r\n', 1),
  'id,started_at,local_time,direction,outcome,line,business_number,external_number,external_name,wait_seconds,talk_seconds,'
  || 'duration_seconds,members,transfer_count,is_dropped,outcome_code,tags',
  'columns have the names of the report''s'
) from story;
select matches(
  split_part(pg_temp.export(acme), e'\r\n', 2),
  '^[0-9a-f-]{36},2025-06-02T09:00:00\+00:00,2025-06-02 09:00:00,inbound,answered,''=cmd\|calc,,\+12125550142,"a, ""b""",,,5,,0,false,,$',
  'texts are safe, numbers as they are, nothing is nothing'
) from story;
select is(
  pg_temp.entries(),
  (select jsonb_agg(jsonb_build_object('org_id', acme, 'actor_id', agent, 'report', 'calls')) from story, generate_series(1, 3)),
  'each is noted, an agent''s too'
);
select is(tests.attempt(format('select pg_temp.export(%L)', globex)), 'PT404 organization_not_found', 'of another''s there is none')
from story;
select is(tests.attempt(format('select pg_temp.export(%L, ''weeks'')', acme)), 'PT422 report_unknown', 'nor of a report that is none')
from story;
select is(
  pg_temp.export(acme, 'sla'), e'day,calls,known_waits,service_level,target,is_missed\r\n2025-06-02,2,0,,0.8,\r\n',
  'other reports go the same way'
) from story;
select is(
  public.export_report(acme, 'sla', '{"from": "2024-06-02T00:00:00Z", "to": "2024-06-03T00:00:00Z"}'),
  e'day,calls,known_waits,service_level,target,is_missed\r\n', 'an empty one has its header'
) from story;

-- Over several organizations.
select is(pg_temp.export(null), split_part(pg_temp.export(null), e'\r\n', 1) || e'\r\n', 'an agent reads none in full') from story;
select tests.act_as(their_admin) from story;
select pg_temp.export(null);
select is(
  pg_temp.entries() -> -1, jsonb_build_object('org_id', globex, 'actor_id', their_admin, 'report', 'calls'),
  'an admin''s export of all is their own''s'
) from story;
select tests.act_as(platform_admin) from story;
select is(cardinality(regexp_split_to_array(rtrim(pg_temp.export(null), e'\r\n'), '\r\n')), 4, 'the operator takes those of all');
select is(
  pg_temp.entries() -> -1, jsonb_build_object('org_id', private.holding_org_id(), 'actor_id', platform_admin, 'report', 'calls'),
  'which concerns the whole platform'
) from story;

select is(
  tests.attempt(format(
    'select private.report_rows(%L, ''calls'', private.report_parameters(''calls'', %L), 1)', acme,
    '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z"}'
  )), 'PT422 report_too_large', 'what is more than a file holds is refused, not cut'
) from story;
select is(private.csv_cell(text), cell, 'a cell: ' || cell)
from (values (' a', '" a"'), (e'\n=1', e'"''\n=1"'), ('+1 (212) 555-0142', '''+1 (212) 555-0142')) t (text, cell);

select * from finish();
rollback;
