begin;
select plan(13);

create temporary table story on commit drop as select *, '2025-06-02 09:00:00Z'::timestamptz as start from tests.two_organizations();
create function pg_temp.tell(p_call text, p_type text, p_second numeric, p_body jsonb default '{}') returns void
language sql as $$
  select tests.deliver(
    s.platform_account,
    tests.event(
      p_type, p_call, s.start + make_interval(secs => p_second::double precision),
      jsonb_build_object('From', '+12125550199', 'To', '+12125550101') || p_body
    ), s.start + interval '1 hour'
  )
  from story s
$$;
create function pg_temp.list(p_call text, p_said jsonb) returns void
language sql as $$select tests.pull(s.platform_account,
'calls', array[tests.listed(p_call, s.start, p_said)], s.start + interval '1 hour') from story s$$;
create function pg_temp.row(p_call text) returns text
language sql as $$
  select format('%s, transferred %s, answered %s', coalesce(c.outcome, 'in progress'), c.transfer_count, c.answered_at - s.start)
  from public.calls c, story s where c.provider_call_id = p_call
$$;

-- To voicemail.
select pg_temp.tell('v', 'IncomingCall', 0), pg_temp.tell('v', 'IncomingCallVoicemail', 20);
select is(pg_temp.row('v'), 'in progress, transferred 0, answered ', 'a caller who is at the voicemail has not hung up');
select pg_temp.tell('v', 'IncomingCallCompleted', 50);
select is(pg_temp.row('v'), 'voicemail, transferred 0, answered ', 'then the call went to voicemail');
select pg_temp.tell('v', 'IncomingCallVoicemail', 20, '{"Id": "v", "Note": "again"}'), pg_temp.tell('v', 'VoicemailReceived', 55);
select is(pg_temp.row('v'), 'voicemail, transferred 0, answered ', 'however often it is told');
select pg_temp.list('v', '{"callStatus": "Missed", "called": []}');
select is(pg_temp.row('v'), 'missed, transferred 0, answered ', 'the history wins');

select pg_temp.tell('answered', 'IncomingCall', 0), pg_temp.tell('answered', 'IncomingCallConnected', 5, '{"Extension": "101"}');
select pg_temp.tell('answered', 'IncomingCallVoicemail', 20), pg_temp.tell('answered', 'IncomingCallCompleted', 50);
select is(pg_temp.row('answered'), 'answered, transferred 0, answered 00:00:05', 'who was answered before was answered');
select pg_temp.tell('out', 'OutgoingCall', 0, '{"From": "+12125550101", "To": "+12125550199"}'), pg_temp.tell('out',
'OutgoingCallCompleted', 9);
select is(pg_temp.row('out'), 'missed, transferred 0, answered ', 'without a hint it was missed');

-- Transferred.
select pg_temp.tell('t', 'IncomingCall', 0), pg_temp.tell('t', 'IncomingCallConnected', 5, '{"Extension": "101"}');
select pg_temp.tell('t', 'IncomingCallTransferred', 30, '{"Extension": "102"}');
select is(pg_temp.row('t'), 'in progress, transferred 1, answered 00:00:05', 'a transfer counts when it is told of');
select is_empty(
  $$select from public.legs l join public.calls c on c.id = l.call_id where c.provider_call_id = 't' and l.extension = '102'$$,
  'though who it goes to takes part only once they are rung'
);
select pg_temp.tell('t', 'IncomingCallConnected', 40, '{"Extension": "102"}');
select is(pg_temp.row('t'), 'in progress, transferred 1, answered 00:00:05', 'once it has arrived it is the same one');
select pg_temp.tell('t', 'IncomingCallAgentTransferred', 60), pg_temp.tell('t', 'IncomingCallCompleted', 90);
select is(pg_temp.row('t'), 'answered, transferred 2, answered 00:00:05', 'one to somewhere that tells nothing counts too');
select pg_temp.tell('t', 'IncomingCallTransferred', 30, '{"Extension": "102", "Again": 1}');
select cmp_ok((select c.transfer_count::int from public.calls c where c.provider_call_id = 't'), '>=', 2, 'none is forgotten');

-- As a rebuild reads them.
create temporary table before on commit drop as select to_jsonb(c) - array['created_at', 'updated_at'] as call from public.calls c;
delete from public.calls;
update private.webhook_events set kind = 'ringing' where kind in ('voicemail', 'transferred');
select private.rebuild_calls(platform_account) from story;
select set_eq(
  $$select to_jsonb(c) - array['created_at', 'updated_at'] from public.calls c$$, 'select call from before', 'a rebuild reads them anew'
);
select is((select count(*)::int from public.calls), 4, 'one row for each call');

select * from finish();
rollback;
