begin;
select plan(93);

select is(
  (select format('%s %s%s %s', r.direction, r.kind, case when r.is_agent_event then ' of an agent' end, r.status)
    from private.read_events(array[jsonb_build_object('EventType', example.type, 'Body', '{"Id": "c"}'::jsonb)], array[now()]) r),
  read, type
)
from (
  values
    ('IncomingCall', 'inbound arrived applied'),
    ('IncomingCallRinging', 'inbound ringing applied'),
    ('IncomingCallStopRinging', 'inbound stop_ringing applied'),
    ('IncomingCallConnected', 'inbound connected applied'),
    ('IncomingCallCompleted', 'inbound completed applied'),
    ('OutgoingCall', 'outbound arrived applied'),
    ('OutgoingCallConnected', 'outbound connected applied'),
    ('OutgoingCallCompleted', 'outbound completed applied'),
    ('CallbackCall', 'callback arrived applied'),
    ('CallbackCallRinging', 'callback ringing applied'),
    ('CallbackCallStopRinging', 'callback stop_ringing applied'),
    ('CallbackCallConnected', 'callback connected applied'),
    ('CallbackCallCompleted', 'callback completed applied'),
    ('IncomingCallAgentRinging', 'inbound ringing of an agent applied'),
    ('IncomingCallAgentConnected', 'inbound connected of an agent applied'),
    ('IncomingCallAgentCompleted', 'inbound completed of an agent applied'),
    ('OutgoingCallAgentDialing', 'outbound ringing of an agent applied'),
    ('OutgoingCallAgentConnected', 'outbound connected of an agent applied'),
    ('OutgoingCallAgentCompleted', 'outbound completed of an agent applied'),
    ('IncomingCallAgent', '  ignored'),
    ('IncomingCallPaused', '  ignored'),
    ('incomingcall', '  ignored'),
    ('XIncomingCall', '  ignored'),
    ('IncomingCallTransferred', 'inbound transferred applied'),
    ('IncomingCallAgentTransferred', 'inbound transferred of an agent applied'),
    ('IncomingCallTransfer', 'inbound transferred applied'),
    ('OutgoingCallTransferred', 'outbound transferred applied'),
    ('CallbackCallTransferred', 'callback transferred applied'),
    ('IncomingCallVoicemail', 'inbound voicemail applied'),
    ('IncomingCallVoiceMail', 'inbound voicemail applied'),
    ('IncomingCallVoicemailLeft', 'inbound voicemail applied'),
    ('VoicemailReceived', 'inbound voicemail applied'),
    ('CallVoicemail', 'inbound voicemail applied'),
    ('CallRecordingReady', ' recording applied'),
    ('RecordingReady', ' recording applied'),
    ('CallRecordingCompleted', ' recording applied'),
    ('IncomingCallRecordingReady', 'inbound recording applied'),
    ('IncomingSms', ' message applied'),
    ('IncomingMessage', ' message applied'),
    ('MessageReceived', ' message applied'),
    ('OutgoingSms', ' message applied'),
    ('OutgoingMessage', ' message applied'),
    ('MessageSent', ' message applied'),
    ('MessageDelivered', ' message applied'),
    ('MessageFailed', ' message applied'),
    ('MessageStatusChanged', ' message applied'),
    ('IncomingMessages', '  ignored'),
    ('Call', '  ignored'),
    ('CallConnected', '  ignored'),
    ('AgentTransferred', '  ignored'),
    ('IncomingTransferred', '  ignored'),
    ('IncomingCallTransferredAgain', '  ignored'),
    ('TestDelivery', '  ignored'),
    ('', '  ignored'),
    (repeat('x', 1000), '  ignored')
) example (type, read);

create function pg_temp.read(p_event jsonb) returns text
language sql as $$
  select concat_ws(', ',
    r.status, r.error, 'call ' || r.provider_call_id, 'extension ' || r.extension, 'from ' || r.from_number, 'to ' || r.to_number,
    'at ' || to_char(r.occurred_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), 'lasted ' || r.duration_seconds,
    case when r.has_recording then 'recorded' end, 'at ' || r.recording_url
  )
  from private.read_events(array['{"EventType": "IncomingCallCompleted"}' || p_event], array['2026-06-01 12:00:00Z'::timestamptz]) r
$$;
select is(pg_temp.read(event::jsonb), read, event)
from (
  values
    ('{"Body": {"Id": "c"}}', 'applied, call c'),
    ('{"Body": {"Id": 17}}', 'applied, call 17'),
    ('{"Body": {"Id": "  c  "}}', 'applied, call c'),
    ('{"CallId": "top"}', 'applied, call top'),
    ('{"CallId": "top", "Body": {"Id": "inner"}}', 'applied, call inner'),
    ('{"Body": {"CallId": "c"}}', 'applied, call c'),
    ('{"Body": "Id", "CallId": "c"}', 'applied, call c'),
    ('{"Body": {"Id": ""}}', 'failed, The event names no call (Body.Id), or one of more than 200 characters.'),
    ('{}', 'failed, The event names no call (Body.Id), or one of more than 200 characters.'),
    ('{"Body": null}', 'failed, The event names no call (Body.Id), or one of more than 200 characters.'),
    ('{"Body": []}', 'failed, The event names no call (Body.Id), or one of more than 200 characters.'),
    ('{"EventType": null, "Body": {"Id": "c"}}', 'failed, The event has no EventType.'),
    (
      '{"Body": {"Id": "c", "Extension": 101, "From": "(212) 555-0100", "To": 12125550101}}',
      'applied, call c, extension 101, from 2125550100, to +12125550101'
    ),
    ('{"Body": {"Id": "c", "Extension": " ", "From": "Private", "To": ""}}', 'applied, call c'),
    ('{"Timestamp": "2026-06-01T11:59:58.1234567Z", "Body": {"Id": "c"}}', 'applied, call c, at 2026-06-01 11:59:58'),
    ('{"Timestamp": "2026-06-01T12:05:00Z", "Body": {"Id": "c"}}', 'applied, call c, at 2026-06-01 12:05:00'),
    ('{"Timestamp": "2026-06-01T12:05:01Z", "Body": {"Id": "c"}}', 'applied, call c'),
    ('{"Timestamp": "2026-05-02T12:00:00Z", "Body": {"Id": "c"}}', 'applied, call c, at 2026-05-02 12:00:00'),
    ('{"Timestamp": "2026-05-02T11:59:59Z", "Body": {"Id": "c"}}', 'applied, call c'),
    ('{"Timestamp": 1780315198, "Body": {"Id": "c"}}', 'applied, call c'),
    ('{"Body": {"Id": "c", "CallDuration": "00:02:05"}}', 'applied, call c, lasted 125'),
    ('{"CallDuration": "1:00:00.9", "Body": {"Id": "c"}}', 'applied, call c, lasted 3600'),
    ('{"Body": {"Id": "c", "CallDuration": "00:60:00"}}', 'applied, call c'),
    ('{"Body": {"Id": "c", "CallDuration": "125"}}', 'applied, call c'),
    (
      '{"RecordingLink": " https://audio.example.com/1 ", "Body": {"Id": "c"}}', 'applied, call c, recorded, at https://audio.example.com/1'
    ),
    ('{"Body": {"Id": "c", "RecordingLink": "https://audio.example.com/2"}}', 'applied, call c, recorded, at https://audio.example.com/2'),
    ('{"Body": {"Id": "c", "RecordingId": 17}}', 'applied, call c, recorded'),
    ('{"RecordingId": "r", "Body": {"Id": "c"}}', 'applied, call c, recorded'),
    ('{"RecordingId": " ", "Body": {"Id": "c", "RecordingLink": ""}}', 'applied, call c'),
    ('{"EventType": "CallRecordingReady", "Body": {"CallId": "c", "RecordingUrl": "https://audio.example.com/3"}}',
     'applied, call c, recorded, at https://audio.example.com/3'),
    ('{"EventType": "RecordingReady", "CallId": "c"}', 'applied, call c, recorded'),
    ('{"EventType": "RecordingReady", "Body": {}}', 'failed, The event names no call (Body.Id), or one of more than 200 characters.'),
    ('{"EventType": "IncomingSms", "Body": {"From": "+12125550199", "To": "+12125550101"}}', 'applied, from +12125550199, to +12125550101'),
    ('{"EventType": "IncomingSms", "Body": {"Id": "a message is no call"}}', 'applied'),
    ('{"EventType": "MessageStatusChanged"}', 'applied')
) example (event, read);
select is(
  pg_temp.read(jsonb_build_object('Body', jsonb_build_object('Id', repeat('x', 201)))),
  'failed, The event names no call (Body.Id), or one of more than 200 characters.', 'an endless name is none'
);
select is(
  pg_temp.read(jsonb_build_object('Body', jsonb_build_object('Id', 'c', 'Extension', repeat('1', 50)))),
  'applied, call c, extension ' || repeat('1', 40), 'an endless extension is cut'
);
select results_eq(
  $$
    select r.place, r.status, r.kind, r.provider_call_id
    from private.read_events(
      array[
        '{"EventType": "IncomingCall", "Body": {"Id": "a"}}', '{}', null, '[1]', '{"EventType": "OutgoingSms"}', '{"EventType": "Other"}',
        '{"EventType": "IncomingCall", "CallId": "b"}'
      ]::jsonb[], array_fill(now(), array[7])
    ) r
  $$,
  $$values
    (1, 'applied', 'arrived', 'a'), (2, 'failed', null, null), (3, 'failed', null, null), (4, 'failed', null, null),
    (5, 'applied', 'message', null), (6, 'ignored', null, null), (7, 'applied', 'arrived', 'b')
  $$, 'several are read in their order, each by its own type'
);

select * from finish();
rollback;
