begin;
select plan(24);

create temporary table story on commit drop as select * from tests.two_organizations();
update public.organizations o set time_zone = 'America/New_York' from story s where o.id = s.acme;
update public.lines l set label = 'Sales' from story s where l.id = s.given;
select
  tests.calls(
    given, 1,
    '{"provider_call_id": "a", "started_at": "2025-06-02T09:00:00Z", "duration_seconds": 10, "external_number": "+12125550142"}'
  ),
  tests.calls(given, 1, '{"provider_call_id": "b", "started_at": "2025-06-02T10:00:00Z", "duration_seconds": 60, "outcome": "missed"}'),
  tests.calls(
    other, 1,
    '{"provider_call_id": "c", "started_at": "2025-06-02T10:00:00Z", "direction": "outbound", "duration_seconds": 600}'
  ),
  tests.calls(other, 1, '{"provider_call_id": "d", "started_at": "2025-06-02T11:00:00Z", "direction": "internal"}'),
  tests.calls(other, 1, '{"provider_call_id": "e", "started_at": "2025-06-02T12:00:00Z", "outcome": null}'),
  tests.calls(other, 1, '{"provider_call_id": "f", "started_at": "2025-06-02T12:00:00Z", "deleted_at": "2025-06-03T00:00:00Z"}'),
  tests.calls(other, 1, jsonb_build_object(
    'provider_call_id', 'g', 'started_at', '2025-06-02T13:00:00Z', 'member_ids', array[agent_member], 'business_number', '+12125550102'
  )),
  tests.calls(theirs, 1, '{"provider_call_id": "h", "started_at": "2025-06-02T13:00:00Z"}')
from story;
insert into public.outcome_codes (org_id, code, label) select acme, 'sold', 'Sold' from story;
insert into public.call_annotations (org_id, call_id, outcome_code, tags)
select c.org_id, c.id, 'sold', array['urgent', 'vip'] from public.calls c where c.provider_call_id = 'b';
insert into public.legs (id, org_id, call_id, extension, name)
select gen_random_uuid(), c.org_id, c.id, '101', 'Grace' from public.calls c where c.provider_call_id = 'g';
grant select on story to public;
create function pg_temp.listed(p_more text default '') returns text
language plpgsql as $$
declare
  v_listed text;
begin
  execute format(
    'select string_agg(c.provider_call_id, '' '' order by n)
     from public.report_calls(%L, ''2025-06-02Z'', ''2025-06-03Z''%s) with ordinality r
     (%s, n) join public.calls c on c.id = r.id',
    (select acme from story), p_more,
    'id, started_at, local_time, direction, outcome, line, business_number, external_number, external_name, wait_seconds, talk_seconds,
     duration_seconds, members, transfer_count, is_dropped, outcome_code, tags'
  ) into v_listed;
  return v_listed;
end
$$;
create function pg_temp.refused(p_more text) returns text language sql as $$
  select tests.attempt(format('select * from public.report_calls(%L, ''2025-06-02Z'', ''2025-06-03Z''%s)', acme, p_more)) from story
$$;
grant execute on function pg_temp.listed(text), pg_temp.refused(text) to public;

select tests.act_as(viewer) from story;
select matches(pg_temp.listed(), '^g d (b c|c b) a$', 'ended calls, latest first');
select is(pg_temp.listed(format(', p_line_ids => array[%L]::uuid[]', given)), 'b a', 'of a line') from story;
select is(pg_temp.listed(format(', p_member_ids => array[%L]::uuid[]', agent_member)), 'g', 'of a member') from story;
select is(pg_temp.listed(', p_directions => ''{outbound,internal}'''), 'd c', 'in some directions');
select is(pg_temp.listed(', p_outcomes => ''{missed}'''), 'b', 'of some outcomes');
select is(
  pg_temp.listed(', p_min_duration => 60'),
  (select string_agg(c.provider_call_id, ' ' order by c.id desc) from public.calls c where c.provider_call_id in ('b', 'c')),
  'that took at least so long; of two at one moment the greater id comes first'
);
select is(pg_temp.listed(', p_max_duration => 60'), 'b a', 'or at most');
select is(pg_temp.listed(', p_tag => ''vip'''), 'b', 'with a tag');
select is(pg_temp.listed(', p_tag => ''nobody'''), null, 'which somebody gave');
select is(pg_temp.listed(', p_outcome_code => ''sold'''), 'b', 'with an outcome code');
select is(pg_temp.listed(', p_tag => ''urgent'', p_outcome_code => ''sold'', p_outcomes => ''{answered}'''), null, 'all at once');
select is(pg_temp.listed(', p_number => ''550-0142'''), null, 'part of a number is written in any way');
select is(pg_temp.listed(', p_number => ''555 (01) 42'''), 'a', 'and found in theirs');
select is(pg_temp.listed(', p_number => ''0102'''), 'g', 'or in ours');
select is(pg_temp.refused(', p_number => ''%'''), 'PT422 number_invalid', 'but is no pattern');
select is(pg_temp.listed(', p_limit => 1'), 'g', 'by pages');
select is(
  pg_temp.listed(format(', p_before => %L, p_before_id => %L, p_limit => 1', c.started_at, c.id)), 'd', 'the next begins after the last'
) from public.calls c where c.provider_call_id = 'g';
select is(
  pg_temp.listed(format(', p_before => ''2025-06-02 10:00Z'', p_before_id => %L', (
    select max(c.id::text) from public.calls c where c.provider_call_id in ('b', 'c')
  ))),
  (select c.provider_call_id || ' a' from public.calls c where c.provider_call_id in ('b', 'c') order by c.id limit 1),
  'also between two of one moment'
);
select is(pg_temp.refused(', p_before => ''2025-06-02Z'''), 'PT422 page_start_invalid', 'which a time alone does not tell apart');
select is(pg_temp.refused(', p_limit => 1001'), 'PT422 page_size_invalid', 'and no page is endless');

select results_eq(
  $$
    select r.local_time, r.line, r.outcome_code, r.tags
    from story s, public.report_calls(s.acme, '2025-06-02Z', '2025-06-03Z', p_outcomes => '{missed}') r
  $$,
  $$ values ('2025-06-02 06:00:00', 'Sales', 'sold', 'urgent, vip') $$, 'a call is told by the local clock, its line by its name'
);
select is(
  (select r.members from story s, public.report_calls(s.acme, '2025-06-02Z', '2025-06-03Z', p_limit => 1) r), 'Grace',
  'and who took it as the provider names them'
);

select tests.act_as(agent) from story;
select is(pg_temp.listed(), 'g b a', 'an agent lists given lines and what they handled');
select tests.act_as(their_admin) from story;
select is(pg_temp.refused(''), 'PT404 organization_not_found', 'another organization nothing');

select * from finish();
rollback;
