begin;
select plan(33);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme, array['calls:read']) as key from tests.two_organizations() w;
insert into public.member_extensions (org_id, member_id, integration_id, extension) select acme, agent_member, platform_account, '101'
from story;
grant select on story to public;
create function pg_temp.tell(p_type text, p_call text, p_seconds_ago int, p_body jsonb default '{}') returns void
language sql as $$
  select tests.deliver(
    platform_account,
    tests.event(
      p_type, p_call, now() - make_interval(secs => p_seconds_ago), '{"From": "+12125550199", "To": "+12125550101"}'::jsonb || p_body
    )
  ) from story
$$;
create function pg_temp.shown() returns text
language sql as $$
  select string_agg(concat_ws(
    ' ', c.direction, c.state, extract(epoch from now() - c.since)::int, 'w' || c.waiting_seconds, 't' || c.talking_seconds,
    (select string_agg(concat(a ->> 'extension', '=', a ->> 'state'), ',' order by a ->> 'extension') from jsonb_array_elements(c.agents) a)
  ), '; ' order by c.started_at)
  from public.live_calls c
$$;
create function pg_temp.summary(p_line_ids uuid[] default null) returns text
language sql as $$
  select concat_ws(
    ' ', coalesce(s.ringing::text, '-'), coalesce(s.in_progress::text, '-'), coalesce(s.queue_length::text, '-'),
    coalesce(s.longest_wait_seconds::text, '-'), coalesce(extract(epoch from now() - s.oldest_waiting_since)::int::text, '-'),
    round(s.calls_per_minute_5, 2), round(s.calls_per_minute_60, 2)
  )
  from public.live_summary((select acme from story), p_line_ids) s
$$;
grant execute on function pg_temp.shown(), pg_temp.summary(uuid[]) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.shown(), null, 'nobody calls');
select is(pg_temp.summary(), '- - - - - 0.00 0.00', 'and where no event ever came, nothing is known of now: that is not nothing');
select tests.act_as_role('postgres');
select pg_temp.tell('IncomingCall', 'one', 40);
select tests.act_as(viewer) from story;
select is(pg_temp.shown(), 'inbound ringing 40 w40', 'a call has come, and waits');
select is(pg_temp.summary(), '1 0 1 40 40 0.20 0.02', 'as one of one');
select tests.act_as_role('postgres');
select
  pg_temp.tell('IncomingCallRinging', 'one', 35, '{"Extension": "101"}'),
  pg_temp.tell('IncomingCall', 'two', 90), pg_temp.tell('IncomingCallRinging', 'two', 80, '{"Extension": "102"}');
select tests.act_as(viewer) from story;
select is(pg_temp.shown(), 'inbound ringing 90 w90 102=ringing; inbound ringing 40 w40 101=ringing', 'it rings, and another');
select is(pg_temp.summary(), '2 0 2 90 90 0.40 0.03', 'the longest wait is the oldest''s');
select tests.act_as_role('postgres');
select pg_temp.tell('IncomingCallConnected', 'two', 70, '{"Extension": "102"}');
select tests.act_as(viewer) from story;
select is(pg_temp.shown(), 'inbound in_progress 70 t70 102=talking; inbound ringing 40 w40 101=ringing', 'one is answered');
select is(pg_temp.summary(), '1 1 1 40 40 0.40 0.03', 'and waits no more');
select tests.act_as_role('postgres');
select pg_temp.tell('OutgoingCall', 'three', 20, '{"From": "+12125550101", "To": "+12125550199", "Extension": "101"}');
select tests.act_as(viewer) from story;
select is(pg_temp.summary(), '2 1 1 40 40 0.40 0.03', 'one that we place rings, but nobody waits in a queue');
select is((select count(c.waiting_seconds) from public.live_calls c where c.direction = 'outbound'), 0::bigint, 'nor for us');
select results_eq(
  'select c.external_number collate "default", c.line_id, c.member_ids from public.live_calls c where c.direction = ''outbound''',
  'select ''+12125550199'', given, array[agent_member] from story', 'it says who calls whom from where'
);
select tests.act_as_role('postgres');
select pg_temp.tell('IncomingCallCompleted', 'one', 5), pg_temp.tell('OutgoingCallCompleted', 'three', 1);
select tests.act_as(viewer) from story;
select is(pg_temp.shown(), 'inbound in_progress 70 t70 102=talking', 'what has ended is not shown');
select is(pg_temp.summary(), '0 1 0 - - 0.40 0.03', 'but came');

-- Whose.
create function pg_temp.by_key(p_key uuid) returns text
language sql as $$
  select tests.told_to_key(p_key, 'select c.state, s.in_progress from public.live_calls c cross join public.live_summary(c.org_id) s')
$$;
select tests.act_as_role('postgres');
select is(pg_temp.by_key(key)::jsonb, '[{"state": "in_progress", "in_progress": 1}]'::jsonb, 'an API key reads it') from story;
select tests.act_as(agent) from story;
select is(pg_temp.summary(), '0 1 0 - - 0.40 0.03', 'an agent has it for given lines');
select is(pg_temp.summary(array[other]), '0 0 0 - - 0.00 0.00', 'or for one of them') from story;
select tests.act_as_role('postgres');
select
  pg_temp.tell('IncomingCall', 'four', 10, '{"To": "+12125550102"}'), pg_temp.tell('IncomingCall', 'five', 10, '{"To": "+12125550103"}');
select tests.act_as(agent) from story;
select is(pg_temp.summary(), '0 1 0 - - 0.40 0.03', 'not for others');
select tests.act_as(org_admin) from story;
select is(pg_temp.summary(), '1 1 1 10 10 0.60 0.05', 'an admin for the organization');
select tests.act_as(their_admin) from story;
select is((select s.ringing from public.live_summary(null) s), 1::bigint, 'each for theirs');
select is(
  tests.attempt(format('select * from public.live_summary(%L)', acme)), 'PT404 organization_not_found', 'and not another''s'
) from story;
select is(private.events_through(array[acme]), null, 'of which not even the last event is told') from story;
select tests.act_as(platform_admin) from story;
select is((select s.ringing || ' ' || s.in_progress from public.live_summary(null) s), '2 1', 'the operator for all');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.live_calls'), '42501', 'nobody without signing in');

-- What never ended.
select tests.act_as_role('postgres');
delete from public.legs;
delete from public.calls;
select
  tests.calls(given, 1, jsonb_build_object('started_at', now() - interval '59 minutes', 'outcome', null)),
  tests.calls(given, 1, jsonb_build_object('started_at', now() - interval '61 minutes', 'outcome', null)),
  tests.calls(given, 1, jsonb_build_object(
    'started_at', now() - interval '11 hours', 'answered_at', now() - interval '11 hours', 'outcome', null
  )),
  tests.calls(given, 1, jsonb_build_object(
    'started_at', now() - interval '13 hours', 'answered_at', now() - interval '13 hours', 'outcome', null
  )),
  tests.calls(given, 1, jsonb_build_object('started_at', now() + interval '90 seconds', 'outcome', null)),
  tests.calls(given, 1, jsonb_build_object('started_at', now() - interval '9 minutes', 'outcome', null, 'deleted_at', now())),
  tests.calls(given, 1, jsonb_build_object('started_at', now() - interval '8 minutes', 'outcome', null, 'direction', 'internal'))
from story;
select tests.act_as(viewer) from story;
select is(
  pg_temp.shown(), 'inbound in_progress 39600 t39600; inbound ringing 3540 w3540; inbound ringing -90 w0',
  'what rang for an hour, or was spoken for twelve, is in progress no more; a clock ahead is none behind'
);
select is(pg_temp.summary(), '2 1 2 3540 3540 0.00 0.02', 'nobody waits for days');
select is(
  (select k.total from story s cross join lateral public.kpi_summary(s.acme, now() - interval '2 days', now()) k where k.kpi = 'offered'),
  0::bigint, 'and no figure counts what has not ended'
);

-- What came late, or not lately.
select tests.act_as_role('postgres');
update private.webhook_events set received_at = now() - interval '8 days';
select tests.act_as(viewer) from story;
select is(pg_temp.summary(), '- - - - - 0.00 0.02', 'where no event came for a week, nothing is known of now');
select is(
  (select l.events_through from story s cross join lateral public.live_summary(s.acme) l), now() - interval '8 days', 'it says since when'
);

-- Nobody writes it.
select is(tests.attempt('delete from public.live_calls'), '42501', 'it is read');
select is(tests.attempt('update public.live_calls set state = ''x'''), '42501', 'and nothing else');
select is(pg_temp.summary('{}'), '- - - - - 0.00 0.00', 'of no line there is nothing');
select is(tests.attempt('select * from public.live_summary(gen_random_uuid())'), 'PT404 organization_not_found', 'or organization');
select is((select s.told_at from story cross join lateral public.live_summary(story.acme) s), now(), 'all of it is of one instant');

select * from finish();
rollback;
