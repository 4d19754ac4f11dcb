begin;
select plan(6);

create temporary table story on commit drop as select *, '2025-06-02 09:00:00Z'::timestamptz as start from tests.two_organizations();
create function pg_temp.tell(p_type text, p_second numeric, p_body jsonb default '{}', p_call text default 'call') returns void
language sql as $$
  select tests.deliver(
    platform_account,
    tests.event(
      p_type, p_call, start + make_interval(secs => p_second::double precision),
      jsonb_build_object('From', '+12125550199', 'To', '+12125550101') || p_body
    ), start + interval '1 hour'
  )
  from story
$$;

-- Received an hour after the story's start.
select pg_temp.tell('IncomingCall', 3600 + 300, p_call => 'just ahead'), pg_temp.tell('IncomingCall', 3600 + 301, p_call => 'ahead');
select
  pg_temp.tell('IncomingCall', 3600 - 30 * 86400, p_call => 'old'),
  pg_temp.tell('IncomingCall', 3599 - 30 * 86400, p_call => 'too old');
select results_eq(
  'select provider_call_id, arrived_at is not null, started_at = start + interval ''1 hour'' from public.calls, story order by 1',
  $$values
    ('ahead' collate "C", false, true), ('just ahead', true, false), ('old', true, false), ('too old', false, true)
  $$,
  'an event from more than 30 days before or 5 minutes after its arrival happened at an unknown time: the call starts when it was heard of'
);

select pg_temp.tell('IncomingCall', 0, p_call => 'broken'), pg_temp.tell('IncomingCallConnected', 9e6, p_call => 'broken'),
  pg_temp.tell('IncomingCallCompleted', 60, p_call => 'broken');
select results_eq(
  'select outcome, answered_at, wait_seconds, talk_seconds from public.calls where provider_call_id = ''broken''',
  $$values ('answered', null::timestamptz, null::int, null::int)$$, 'that it was answered is known, when is not'
);
select results_eq(
  'select status, occurred_at, payload ->> ''Timestamp'' is not null from private.webhook_events
  where provider_call_id = ''broken'' and kind = ''connected''',
  $$values ('applied', null::timestamptz, true)$$, 'the event keeps what it said'
);

-- A late event tells of an earlier arrival.
select pg_temp.tell('IncomingCallConnected', 10, p_call => 'late'), pg_temp.tell('IncomingCall', 2, p_call => 'late');
select results_eq(
  'select started_at - start, arrived_at - start from public.calls, story where provider_call_id = ''late''',
  $$values (interval '2 seconds', interval '2 seconds')$$, 'a call starts with the earliest that is known of it'
);
-- The history knows better.
select tests.pull(platform_account, 'calls', array[tests.listed('late', start + interval '1 second')]) from story;
select results_eq(
  'select started_at - start, arrived_at - start from public.calls, story where provider_call_id = ''late''',
  $$values (interval '1 second', interval '2 seconds')$$, 'unless the history states its start'
);

select tests.deliver(
  platform_account, '{"EventType": "IncomingCallConnected", "Guid": "x1", "Body": {"Id": "timeless"}}', start
) from story;
select results_eq(
  'select started_at = start, answered_at, outcome from public.calls, story where provider_call_id = ''timeless''',
  'values (true, null::timestamptz, null::text)', 'an event without a time makes a call of when it came'
);

select * from finish();
rollback;
