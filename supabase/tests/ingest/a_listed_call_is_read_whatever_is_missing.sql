begin;
select plan(45);

create function pg_temp.read(p_said jsonb) returns text
language sql as $$
  select concat_ws(', ',
    r.error, 'call ' || r.provider_call_id, r.direction, r.provider_status, 'ours ' || r.business_number,
    'theirs ' || r.external_number, 'name ' || r.external_name,
    'at ' || to_char(r.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), 'lasted ' || r.duration_seconds
  )
  from private.read_calls(array['{"id": "c", "dateTimeUtc": "2026-06-05T13:38:29.522Z"}' || p_said]) r
$$;
select is(pg_temp.read(said::jsonb), read, said)
from (
  values
    ('{}', 'call c, at 2026-06-05 13:38:29'),
    (
      '{"direction": "Incoming", "caller": {"name": "Jo", "phone": "+12125550199"}}',
      'call c, inbound, theirs +12125550199, name Jo, at 2026-06-05 13:38:29'
    ),
    ('{"direction": "INCOMING", "caller": "+12125550199"}', 'call c, inbound, at 2026-06-05 13:38:29'),
    ('{"direction": "Incoming", "caller": null}', 'call c, inbound, at 2026-06-05 13:38:29'),
    ('{"direction": "Incoming", "caller": {"name": " ", "phone": "Anonymous"}}', 'call c, inbound, at 2026-06-05 13:38:29'),
    (
      '{"direction": "Outgoing", "caller": {"extension": "101", "phone": "101"}, "called": [{"phone": "+12125550199", "name": "Jo"}]}',
      'call c, outbound, theirs +12125550199, name Jo, at 2026-06-05 13:38:29'
    ),
    (
      '{"direction": "Outgoing", "called": [{"phone": "+12125550102", "extension": "102"}, {"phone": "+12125550199", "extension": ""}]}',
      'call c, outbound, theirs +12125550199, at 2026-06-05 13:38:29'
    ),
    (
      '{"direction": "Callback", "called": [{"phone": "+12125550199", "extension": null}]}',
      'call c, callback, theirs +12125550199, at 2026-06-05 13:38:29'
    ),
    ('{"direction": "Outgoing", "called": {"phone": "+12125550199"}}', 'call c, outbound, at 2026-06-05 13:38:29'),
    ('{"direction": "Outgoing", "called": ["+12125550199", null, 7]}', 'call c, outbound, at 2026-06-05 13:38:29'),
    ('{"direction": "Internal", "caller": {"phone": "101"}, "called": [{"phone": "102"}]}', 'call c, internal, at 2026-06-05 13:38:29'),
    ('{"direction": "Sideways"}', 'call c, at 2026-06-05 13:38:29'),
    ('{"direction": {"a": 1}}', 'call c, at 2026-06-05 13:38:29'),
    ('{"callStatus": "VoiceMail", "businessNumber": "1 212 555 0101"}', 'call c, VoiceMail, ours +12125550101, at 2026-06-05 13:38:29'),
    ('{"duration": "23066"}', 'call c, at 2026-06-05 13:38:29, lasted 23'),
    ('{"duration": 23999}', 'call c, at 2026-06-05 13:38:29, lasted 23'),
    ('{"duration": 1e3}', 'call c, at 2026-06-05 13:38:29, lasted 1'),
    ('{"duration": "23066.75"}', 'call c, at 2026-06-05 13:38:29, lasted 23'),
    ('{"duration": 0}', 'call c, at 2026-06-05 13:38:29, lasted 0'),
    ('{"duration": -1}', 'call c, at 2026-06-05 13:38:29'),
    ('{"duration": 604800001}', 'call c, at 2026-06-05 13:38:29'),
    ('{"duration": "00:01:00"}', 'call c, at 2026-06-05 13:38:29'),
    ('{"duration": null}', 'call c, at 2026-06-05 13:38:29'),
    ('{"id": 17}', 'call 17, at 2026-06-05 13:38:29'),
    ('{"id": " c "}', 'call c, at 2026-06-05 13:38:29')
) example (said, read);

select is((select r.error from private.read_calls(array[example.item::jsonb]) r), example.reason, coalesce(example.item, 'nothing'))
from (
  values
    ('[]', 'The item is not a JSON object.'),
    ('"c"', 'The item is not a JSON object.'),
    ('null', 'The item is not a JSON object.'),
    (null, 'The item is not a JSON object.'),
    ('{}', 'The call has no id.'),
    ('{"id": " ", "dateTimeUtc": "2026-06-05T13:38:29Z"}', 'The call has no id.'),
    ('{"id": "c"}', 'The call has no readable dateTimeUtc.'),
    ('{"id": "c", "dateTimeUtc": "yesterday"}', 'The call has no readable dateTimeUtc.'),
    ('{"id": "c", "dateTimeUtc": "2004-12-31T23:59:59Z"}', 'The call''s dateTimeUtc is impossible.'),
    ('{"id": "c", "dateTimeUtc": "9999-01-01T00:00:00Z"}', 'The call''s dateTimeUtc is impossible.'),
    ('{"id": "c", "dateTimeUtc": "2005-01-01T00:00:00Z"}', null)
) example (item, reason);
select is(
  (select r.error from private.read_calls(array[jsonb_build_object('id', repeat('x', 201))]) r),
  'The call''s id has more than 200 characters.',
  'an endless id'
);

select is(
  (select r.legs from private.read_calls(array['{"id": "c", "dateTimeUtc": "2026-06-05T13:38:29Z"}' || example.said::jsonb]) r),
  legs::jsonb, said
)
from (
  values
    ('{"called": []}', null),
    ('{"called": [{"name": "Jo", "phone": "+12125550199"}]}', null),
    (
      '{"called": [{"extension": 102, "isConnected": false}, {"extension": " 101 ", "name": "Ann", "isConnected": true}]}',
      '[{"extension": "101", "name": "Ann", "is_connected": true}, {"extension": "102", "name": null, "is_connected": false}]'
    ),
    (
      '{"called": [{"extension": "101", "name": "Bo", "isConnected": "true"}, {"extension": "101", "name": "Al", "isConnected": true}]}',
      '[{"extension": "101", "name": "Al", "is_connected": true}]'
    ),
    ('{"called": [{"extension": "101"}]}', '[{"extension": "101", "name": null, "is_connected": false}]'),
    ('{"caller": {"extension": "101"}, "callStatus": "Connected"}', '[{"extension": "101", "name": null, "is_connected": true}]'),
    ('{"caller": {"extension": "101"}, "callStatus": "Missed"}', '[{"extension": "101", "name": null, "is_connected": false}]'),
    ('{"caller": {"extension": "101"}, "called": "nobody"}', '[{"extension": "101", "name": null, "is_connected": false}]')
) example (said, legs);

select * from finish();
rollback;
