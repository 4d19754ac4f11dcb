begin;
select plan(32);

create temporary table story on commit drop as
select
  w.*, tests.member(w.acme, 'agent') as second, tests.api_key(w.acme, array['members:read']) as key,
  tests.api_key(w.acme, array['calls:read']) as other_key
from tests.two_organizations() w;
alter table story add second_member uuid;
update story set second_member = (select m.id from public.org_members m where m.user_id = second);
insert into public.member_extensions (org_id, member_id, integration_id, extension)
select acme, agent_member, acme_account, '101' from story
union all select acme, second_member, acme_account, '102' from story
union all select acme, manager_member, acme_account, '103' from story;
grant select on story to public;
-- Looks at the account, so many minutes ago: 101 and 7 (whom nobody is) from account acme, 9 of Globex.
create function pg_temp.look(p_minutes int, p_statuses jsonb) returns void
language sql as $$
  select private.apply_agent_status(
    acme_account, array(select jsonb_build_object('extension', s.key, 'status', s.value) from jsonb_each_text(p_statuses) s),
    now() - make_interval(mins => p_minutes)
  ) from story
$$;
create function pg_temp.team(p_from timestamptz default null, p_to timestamptz default null) returns text
language sql as $$
  select string_agg(concat_ws(
    ' ', t.extensions[1], coalesce(t.full_name, '?'), coalesce(t.status_kind, '-'), case when t.is_on_call then 'on call' end,
    t.known_seconds::int, t.available_seconds::int, coalesce(t.busy_seconds::int::text, '-'),
    coalesce(round(t.availability, 2)::text, '-'), coalesce(round(t.occupancy, 2)::text, '-')
  ), '; ' order by t.extensions)
  from public.team_availability((select acme from story), p_from, p_to) t
$$;
create function pg_temp.agents() returns text
language sql as $$
  select concat_ws(' ', s.agents_available, s.agents_busy, s.agents_away, s.agents_unknown)
  from public.live_summary((select acme from story)) s
$$;
grant execute on function pg_temp.team(timestamptz, timestamptz), pg_temp.agents() to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.team(), '101 Agent - 0 - - -; 102 Agent - 0 - - -; 103 Manager - 0 - - -', 'nobody was looked at: nothing is known');
select is(pg_temp.agents(), '0 0 0 3', 'they are told apart from who is away');

select tests.act_as_role('postgres');
-- 101: available for an hour, then in a break for half of one. 102: available. 7: nobody's, away.
select
  pg_temp.look(m, jsonb_build_object('101', case when m > 30 then 'Available' else 'DND' end, '102', 'available', '7', 'offline'))
from generate_series(90, 0, -10) m;
select tests.act_as(org_admin) from story;
select is(
  pg_temp.team(),
  '101 Agent away 4800 3000 0 0.63 0.00; 102 Agent available 5400 5400 0 1.00 0.00; 103 Manager - 0 - - -; 7 ? away 5400 0 0 0.00 -',
  'for how long somebody was available is known between two looks that found the same'
);
select is(pg_temp.agents(), '1 0 2 1', 'one is available, two are away, one is not known');

-- On the phone: twenty minutes of the available hour, and now.
select tests.act_as_role('postgres');
create temporary table talk on commit drop as
select tests.call(given, now() - interval '61 minutes') as past, tests.call(given, now() - interval '5 minutes', null) as present
from story;
insert into public.legs (id, org_id, call_id, extension, member_id, is_connected, answered_at, ended_at)
select
  gen_random_uuid(), s.acme, t.past, '101', s.agent_member, true, now() - interval '60 minutes', now() - interval '40 minutes'
from story s cross join talk t
union all
select gen_random_uuid(), s.acme, t.present, '102', s.second_member, true, now() - interval '5 minutes', null
from story s cross join talk t;
update public.calls set integration_id = acme_account, answered_at = now() - interval '5 minutes' from story, talk where id = present;
update public.calls set integration_id = acme_account from story, talk where id = past;
select tests.act_as(org_admin) from story;
select is(
  pg_temp.team(),
  '101 Agent away 4800 1800 1200 0.63 0.40; 102 Agent available on call 5400 5100 300 1.00 0.06; 103 Manager - 0 - - -; '
    '7 ? away 5400 0 0 0.00 -',
  'who is on the phone is busy, and not available for another'
);
select is(pg_temp.agents(), '0 1 2 1', 'one is busy');
select is(
  pg_temp.team(now() - interval '70 minutes', now() - interval '50 minutes'),
  '101 Agent away 1200 600 600 1.00 0.50; 102 Agent available on call 1200 1200 0 1.00 0.00; 103 Manager - 0 - - -; '
    '7 ? away 1200 0 0 0.00 -',
  'of a range only what lies in it'
);
select is(
  pg_temp.team(now() - interval '3 days', now() - interval '2 days'),
  '101 Agent away 0 - - -; 102 Agent available on call 0 - - -; 103 Manager - 0 - - -; 7 ? away 0 - - -',
  'before anybody looked nothing is known'
);

-- Times that nobody told.
select tests.act_as_role('postgres');
update public.legs set answered_at = null, ended_at = null where extension = '101';
select tests.act_as(org_admin) from story;
select is(split_part(pg_temp.team(), ';', 1), '101 Agent away 4800 3000 - - -', 'who spoke for nobody knows how long is not measurable');
select tests.act_as_role('postgres');
update public.calls set ended_at = now() - interval '35 minutes' from talk where id = past;
select tests.act_as(org_admin) from story;
select is(
  split_part(pg_temp.team(now() - interval '30 minutes', now()), ';', 1), '101 Agent away 1800 0 0 0.00 -',
  'unless it was over before'
);
select tests.act_as_role('postgres');
update public.legs set answered_at = now() - interval '60 minutes' where extension = '101';
update public.calls set ended_at = null from talk where id = past;
select tests.act_as(org_admin) from story;
select is(
  split_part(pg_temp.team(), ';', 1), '101 Agent away 4800 3000 - - -', 'nor is a call that is over, whose end nobody told, taken to last'
);
select tests.act_as_role('postgres');
update public.calls set outcome = null, started_at = now() - interval '12 hours' from talk where id = past;
select tests.act_as(org_admin) from story;
select is(
  split_part(pg_temp.team(), ';', 1), '101 Agent away 4800 3000 - - -', 'nor one that is in progress no more, whose end was lost'
);

-- A status that says busy, and one person with two telephones.
select tests.act_as_role('postgres');
delete from public.legs;
delete from public.calls;
delete from public.agent_statuses;
insert into public.member_extensions (org_id, member_id, integration_id, extension)
select acme, manager_member, globex_account, '9'
from story;
select pg_temp.look(m, jsonb_build_object('102', case when m > 30 then 'On-Call' else 'Ready' end)) from generate_series(60, 0, -10) m;
select private.apply_agent_status(acme_account, array['{"extension": "103", "status": "dnd"}'::jsonb], now() - interval '20 minutes')
from story;
select tests.act_as(org_admin) from story;
select is(split_part(pg_temp.team(), '; ', 2), '102 Agent available 3000 1800 1200 1.00 0.40', 'a status may say that somebody is busy');
select is(
  (select count(*) from story s cross join lateral public.team_availability(s.acme) t where t.member_id = s.manager_member), 1::bigint,
  'who has two telephones is one'
);
select results_eq(
  'select t.extensions, t.status, t.status_kind from story s cross join lateral public.team_availability(s.acme) t
  where t.member_id = s.manager_member',
  $$values (array['103', '9'], 'dnd', 'away')$$, 'in the status that is known'
);

-- Who reads it.
create function pg_temp.by_key(p_key uuid) returns text
language sql as $$
  select tests.told_to_key(p_key, format('select t.extensions, t.full_name from public.team_availability(%L) t order by 1', (select acme from story)))
$$;
select tests.act_as_role('postgres');
select is(jsonb_array_length(pg_temp.by_key(key)::jsonb), 3, 'an API key with members:read does') from story;
select is(pg_temp.by_key(other_key), 'PT403 scope_missing', 'another does not') from story;
select is(
  (tests.told_to_key(other_key, format('select agents_available, agents_unknown from public.live_summary(%L)', acme))::jsonb),
  '[{"agents_available": 0, "agents_unknown": 0}]'::jsonb, 'and is told of nobody'
) from story;
select tests.act_as(viewer) from story;
select is(
  (select count(*) from story s cross join lateral public.team_availability(s.acme) t where t.full_name is null), 3::bigint,
  'a viewer, who reads the live view, is told who is how, but not what colleagues are called'
);
select is(pg_temp.agents(), '1 0 1 1', 'and how many');
select is((select count(*) from public.agent_statuses), 0::bigint, 'the statuses themselves are not for viewers');
select tests.act_as(agent) from story;
select is(
  (select count(*) from story s cross join lateral public.team_availability(s.acme) t where t.full_name is not null), 3::bigint,
  'an agent reads colleagues'
);
select is(pg_temp.agents(), '1 0 1 1', 'all of the team');
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select * from public.team_availability(%L)', acme)), 'PT404 organization_not_found', 'another''s is not told'
) from story;
select is((select count(*) from story s cross join lateral private.team_now(array[s.acme])), 0::bigint, 'by no way');
select is(
  (select count(*) from story s cross join lateral private.team_time(array[s.acme], now() - interval '1 day', now())), 0::bigint, 'at all'
);
select tests.act_as(platform_admin) from story;
select is((select count(*) from public.team_availability(null)), 3::bigint, 'the operator reads all');
select tests.act_as_role('anon');
select is(tests.attempt('select * from public.team_availability(null)'), '42501', 'nobody without signing in');

-- What was asked.
select tests.act_as(org_admin) from story;
create function pg_temp.ask(p_from text, p_to text) returns text
language sql as $$
  select tests.attempt(format('select * from public.team_availability(%L, %L, %L)', (select acme from story), p_from, p_to))
$$;
select is(pg_temp.ask('2025-06-02Z', '2025-06-01Z'), 'PT422 range_reversed', 'a range runs forward');
select is(pg_temp.ask('2025-06-02Z', '2025-08-01Z'), 'PT422 range_too_long', 'over a month at most');
select is(pg_temp.ask('1800-06-02Z', '2025-08-01Z'), 'PT422 range_out_of_bounds', 'of this age');
select is(
  (
    select array_agg(private.status_kind(u.status) order by u.n)
    from unnest(array['available', 'Wrap Up', 'do not disturb', '?', null]) with ordinality u (status, n)
  ),
  array['available', 'busy', 'away', null, null], 'what a status means'
);

select * from finish();
rollback;
