begin;
select plan(9);

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

select pg_temp.tell('IncomingCall', 0, '{"Extension": "100"}');
select results_eq(
  'select
    direction, business_number, external_number, started_at = start, arrived_at = start, answered_at, ended_at, outcome,
    wait_seconds, duration_seconds
  from public.calls, story',
  $$values (
    'inbound', '+12125550101' collate "C", '+12125550199' collate "C", true, true,
    null::timestamptz, null::timestamptz, null::text, null::int, null::int
  )$$, 'a call that arrives is in progress: no outcome, no end, no wait'
);
select is_empty('select from public.legs', 'the extension dialled is not an agent who took part');

select pg_temp.tell('IncomingCallRinging', 3.9, '{"Extension": "101"}'), pg_temp.tell('IncomingCallRinging', 3.5, '{"Extension": "102"}');
select results_eq(
  'select rang_at - start, outcome from public.calls, story', $$values (interval '3.5 seconds', null::text)$$, 'it rings at the first ring'
);

select
  pg_temp.tell('IncomingCallStopRinging', 9, '{"Extension": "102"}'),
  pg_temp.tell('IncomingCallConnected', 10.9, '{"Extension": "101"}');
select results_eq(
  'select answered_at - start, outcome from public.calls, story', $$values (interval '10.9 seconds', null::text)$$,
  'answered, it is still in progress'
);

select pg_temp.tell('IncomingCallCompleted', 70.8);
select results_eq(
  'select outcome, is_dropped, wait_seconds, talk_seconds, duration_seconds, ended_at - start, transfer_count::int
  from public.calls, story',
  $$values ('answered', false, 10, 59, 70, interval '70.8 seconds', 0)$$,
  'ended, it waited from its arrival to the answer and talked from there to the end, in whole seconds'
);
select results_eq(
  'select extension, is_connected, rang_at - start, answered_at - start, ended_at - start, talk_seconds from public.legs, story order by 1',
  $$values
    ('101', true, interval '3.9 seconds', interval '10.9 seconds', interval '70.8 seconds', 59),
    ('102', false, interval '3.5 seconds', null, null, null)
  $$, 'each agent has a leg, and only who spoke has talked'
);

-- A clock that ran backwards.
select pg_temp.tell('IncomingCall', 20, p_call => 'backwards'), pg_temp.tell('IncomingCallConnected', 10, p_call => 'backwards'),
  pg_temp.tell('IncomingCallCompleted', 5, p_call => 'backwards');
select results_eq(
  'select outcome, wait_seconds, talk_seconds from public.calls where provider_call_id = ''backwards''',
  $$values ('answered', null::int, null::int)$$, 'a clock that ran backwards tells no wait and no talk'
);

-- Without the arrival, the first ring is where the wait begins; whichever is earlier.
select pg_temp.tell('IncomingCallRinging', 5, '{"Extension": "101"}', 'rung'), pg_temp.tell('IncomingCallConnected', 12, p_call => 'rung'),
  pg_temp.tell('IncomingCallCompleted', 30, p_call => 'rung');
select results_eq(
  'select wait_seconds, arrived_at from public.calls where provider_call_id = ''rung''', $$values (7, null::timestamptz)$$,
  'a wait begins with the first ring where no arrival is known'
);
select pg_temp.tell('IncomingCall', 6, p_call => 'rung');
select results_eq(
  'select wait_seconds from public.calls where provider_call_id = ''rung''', 'values (7)', 'or with it where that is later'
);

select * from finish();
rollback;
