begin;
select plan(24);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme, array['calls:read']) as key, tests.api_key(w.acme, array['members:read']) as other_key
from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
create function pg_temp.by_line(
  p_kpi text, p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_org_id uuid default null
)
returns text
language sql as $$
  select string_agg(format('%s %s', n.name, coalesce(trim_scale(round(k.value, 3))::text, '?')), ', ' order by n.name)
  from story s, public.kpi_by_line(coalesce(p_org_id, s.acme), '2025-06-02Z',
  '2025-06-03Z', p_line_ids, p_member_ids, p_kpis => array[p_kpi]) k
  join (
    select given as id, 'given' as name from story union all select other, 'other' from story
    union all select theirs, 'theirs' from story union all select null, 'none'
  ) n on n.id is not distinct from k.line_id
$$;
create function pg_temp.by_member(p_kpi text, p_line_ids uuid[] default null, p_member_ids uuid[] default null) returns text
language sql as $$
  select string_agg(format('%s %s', n.name, coalesce(trim_scale(round(k.value, 3))::text, '?')), ', ' order by n.name)
  from story s, public.kpi_by_member(s.acme, '2025-06-02Z', '2025-06-03Z', p_line_ids, p_member_ids, p_kpis => array[p_kpi]) k
  join (
    select agent_member as id, 'agent' as name from story union all select manager_member, 'manager' from story
    union all select their_member, 'stranger' from story union all select null, 'nobody'
  ) n on n.id is not distinct from k.member_id
$$;
create function pg_temp.by_organization(p_org_id uuid) returns text
language sql as $$
  select string_agg(format('%s %s', o.name, trim_scale(k.value)), ', ' order by o.name)
  from public.kpi_by_organization(p_org_id, '2025-06-02Z', '2025-06-03Z', p_kpis => '{offered}') k
  join public.organizations o on o.id = k.org_id
$$;
grant execute on function
  pg_temp.by_line(text, uuid[], uuid[], uuid), pg_temp.by_member(text, uuid[], uuid[]), pg_temp.by_organization(uuid)
to public;

-- The given line: 3 answered by the agent, 1 by agent and manager, 2 missed. The other: 1 of the agent. On no line: 4. Globex: 8.
select
  pg_temp.add(3, jsonb_build_object('member_ids', array[agent_member], 'talk_seconds', 60)),
  pg_temp.add(1, jsonb_build_object('member_ids', array[agent_member, manager_member], 'talk_seconds', 120)),
  pg_temp.add(2, '{"outcome": "missed"}'),
  pg_temp.add(1, jsonb_build_object('line_id', other, 'member_ids', array[agent_member], 'talk_seconds', 20)),
  pg_temp.add(4, '{"line_id": null}'), pg_temp.add(8, jsonb_build_object('org_id', globex, 'line_id', theirs)),
  pg_temp.add(16, '{"started_at": "2025-06-03 09:00Z"}')
from story;

select tests.act_as(viewer) from story;
select is(pg_temp.by_line('offered'), 'given 6, none 4, other 1', 'each line has its calls, and so has none');
select is(pg_temp.by_line('answer_rate'), 'given 0.667, none 1, other 1', 'and its rates');
select is(pg_temp.by_member('answered'), 'agent 5, manager 1, nobody 4', 'a call of two members is told of both');
select is(pg_temp.by_member('missed'), 'agent 0, manager 0, nobody 2', 'one that nobody took of nobody');
select is(pg_temp.by_member('average_handle_time'), 'agent 64, manager 120, nobody ?', 'talk is the call''s');
select is(pg_temp.by_line('offered', array[other]), 'other 1', 'lines are chosen') from story;
select is(pg_temp.by_line('offered', null, array[manager_member]), 'given 1', 'and members') from story;
select is(pg_temp.by_member('offered', array[other]), 'agent 1', 'of each other') from story;
select is(pg_temp.by_member('offered', null, array[manager_member]), 'manager 1', 'chosen members are told alone') from story;
select is(pg_temp.by_line('offered', array[theirs]), null, 'others'' lines have no calls') from story;
select is(pg_temp.by_member('offered', null, array[their_member]), null, 'nor have others'' members') from story;
select is(pg_temp.by_line('offered', array[gen_random_uuid()]), null, 'as lines that are not there');
select is(pg_temp.by_organization(acme), 'Acme 11', 'an organization has all of it') from story;
select is(pg_temp.by_organization(null), 'Acme 11', 'which is what a viewer reads in full');
select bag_eq(
  'select k.kpi, k.numerator, k.denominator, k.known, k.total from story s, public.kpi_by_organization(s.acme, ''2025-06-02Z'',
  ''2025-06-03Z'') k',
  'select k.kpi, k.numerator, k.denominator, k.known, k.total from story s, public.kpi_summary(s.acme, ''2025-06-02Z'', ''2025-06-03Z'') k',
  'with every figure of the summary'
);
select bag_eq(
  $$
    select k.kpi, k.numerator, k.denominator, k.known, k.total
    from story s, public.kpi_by_line(s.acme, '2025-06-02Z', '2025-06-03Z') k where k.line_id = s.given
  $$,
  $$
    select k.kpi, k.numerator, k.denominator, k.known, k.total
    from story s, public.kpi_summary(s.acme, '2025-06-02Z', '2025-06-03Z', array[s.given]) k
  $$, 'a line''s are those of a summary of it'
);

select tests.act_as(manager) from story;
select is(pg_temp.by_line('offered'), 'given 6', 'a manager has the given lines');
select is(pg_temp.by_organization(acme), 'Acme 6', 'and of the organization as much') from story;
select tests.act_as(agent) from story;
select is(pg_temp.by_line('offered'), 'given 6, other 1', 'an agent also what they handled');
select tests.act_as(platform_admin) from story;
select is(pg_temp.by_organization(null), 'Acme 11, Globex 8', 'the operator has each organization');
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select public.kpi_by_line(%L, ''2025-06-02'', ''2025-06-03'')', acme)), 'PT404 organization_not_found',
  'others'' organizations are not there'
) from story;
select is(
  tests.attempt(format('select public.kpi_by_member(%L, ''2025-06-02'', ''2025-06-03'', p_kpis => ''{nonsense}'')', globex)),
  'PT422 kpi_unknown', 'KPIs are chosen by name'
) from story;

select tests.act_as_role('postgres');
select is(
  tests.told_to_key(key, format(
    'select sum(k.value) as calls from public.kpi_by_line(%L, ''2025-06-02Z'', ''2025-06-03Z'', p_kpis => ''{offered}'') k', acme
  )), '[{"calls": 11}]', 'an API key has them all'
) from story;
select is(
  tests.told_to_key(other_key, format('select * from public.kpi_by_line(%L, ''2025-06-02Z'', ''2025-06-03Z'')', acme)),
  'PT403 scope_missing',
  'with calls:read'
) from story;

select * from finish();
rollback;
