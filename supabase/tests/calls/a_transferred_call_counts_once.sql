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

-- Ann answers, passes the call on to Bob, who passes it on to Cas.
select pg_temp.tell('IncomingCall', 0), pg_temp.tell('IncomingCallConnected', 10, '{"Extension": "101"}');
select pg_temp.tell('IncomingCallAgentCompleted', 40, '{"Extension": "101"}');
select results_eq(
  'select outcome, ended_at from public.calls', 'select null::text, null::timestamptz', 'an agent who leaves does not end the call'
);
select pg_temp.tell('IncomingCallAgentConnected', 50, '{"Extension": "102"}');
select pg_temp.tell('IncomingCallConnected', 80, '{"Extension": "103"}'), pg_temp.tell('IncomingCallCompleted', 100);

select results_eq(
  'select outcome, wait_seconds, talk_seconds, duration_seconds, transfer_count::int from public.calls',
  $$values ('answered', 10, 80, 100, 2)$$, 'a transferred call counts once: it waited to the first answer and talked in all its legs'
);
select results_eq(
  'select extension, answered_at - start, ended_at - start, talk_seconds from public.legs, story order by 1',
  $$values
    ('101', interval '10 seconds', interval '40 seconds', 30),
    ('102', interval '50 seconds', interval '80 seconds', 30),
    ('103', interval '80 seconds', interval '100 seconds', 20)
  $$, 'a leg ends with its own end, else where the next agent answers, else with the call'
);

-- The history knows of one more agent, without times.
select tests.pull(
  platform_account, 'calls', array[tests.listed('call', start, jsonb_build_object('called', jsonb_build_array(
    jsonb_build_object('extension', '101', 'name', 'Ann', 'isConnected', true),
    jsonb_build_object('extension', '104', 'name', 'Dan', 'isConnected', true),
    jsonb_build_object('extension', '105', 'name', 'Eve', 'isConnected', false)
  ), 'duration', '100000'))]
) from story;
select results_eq(
  'select extension, name, is_connected from public.legs order by 1',
  $$values
    ('101', 'Ann', true), ('102', null::text, true), ('103', null, true), ('104', 'Dan', true), ('105', 'Eve', false)
  $$, 'both sources name agents'
);
select results_eq(
  'select transfer_count::int, talk_seconds from public.calls', 'values (3, 90)',
  'where one leg has no times, talk runs from the first answer to the end'
);
select is(
  (select count(distinct id)::int from public.legs), 5, 'each leg is one row'
);

select * from finish();
rollback;
