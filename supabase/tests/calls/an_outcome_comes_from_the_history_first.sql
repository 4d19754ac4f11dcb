begin;
select plan(8);

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
create function pg_temp.list(p_call text, p_said jsonb, p_second int default 0) returns void
language sql as $$
  select tests.pull(platform_account,
  'calls', array[tests.listed(p_call, start, p_said)], start + make_interval(hours => 1, secs => p_second))
  from story
$$;
create function pg_temp.row(p_call text) returns text
language sql as $$
  select format('%s, dropped %s, waited %s, talked %s, lasted %s', outcome, is_dropped, wait_seconds, talk_seconds, duration_seconds)
  from public.calls where provider_call_id = p_call
$$;

select
  pg_temp.tell('IncomingCall', 0),
  pg_temp.tell('IncomingCallRinging', 2, '{"Extension": "101"}'),
  pg_temp.tell('IncomingCallCompleted', 31);
select is(
  pg_temp.row('call'), 'missed, dropped f, waited 31, talked , lasted 31',
  'a call that ended without an answer was missed, having waited to the hang-up'
);
select pg_temp.list('call', '{"callStatus": "VoiceMail", "duration": 45900, "called": []}');
select is(
  pg_temp.row('call'), 'voicemail, dropped f, waited 31, talked , lasted 45', 'only the history tells voicemail, and it wins'
);
select pg_temp.list('call', '{"callStatus": "Missed", "duration": 45900, "called": []}', 1);
select is(pg_temp.row('call'), 'missed, dropped f, waited 31, talked , lasted 45', 'corrected, it is corrected');

select pg_temp.list('listed', '{"callStatus": "Connected", "duration": "23066"}');
select is(
  pg_temp.row('listed'), 'answered, dropped f, waited , talked , lasted 23', 'of a call that is only listed neither wait nor talk is known'
);
select results_eq(
  'select answered_at, ended_at - start from public.calls, story where provider_call_id = ''listed''',
  $$values (null::timestamptz, interval '23 seconds')$$, 'and its end is its start and its duration'
);

select pg_temp.list('dropped', '{"callStatus": "Dropped"}'), pg_temp.list('dropped before', '{"callStatus": "Dropped", "called": []}');
select is(pg_temp.row('dropped'), 'answered, dropped t, waited , talked , lasted 60', 'dropped after an answer');
select is(pg_temp.row('dropped before'), 'missed, dropped f, waited , talked , lasted 60', 'dropped before one was missed');

select pg_temp.list('odd', '{"callStatus": "Teleported", "duration": "soon", "direction": null, "called": null}');
select is(pg_temp.row('odd'), 'missed, dropped f, waited , talked , lasted ', 'what is not understood is not guessed');

select * from finish();
rollback;
