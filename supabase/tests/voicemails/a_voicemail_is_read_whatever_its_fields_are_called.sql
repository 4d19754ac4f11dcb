begin;
select plan(10);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.reads(p_item text) returns text
language plpgsql as $$
declare
  v_read record;
begin
  select * into v_read from private.read_voicemails(array[p_item::jsonb]);
  return coalesce(v_read.error, concat_ws(
    '|', v_read.provider_voicemail_id, to_char(v_read.received_at at time zone 'UTC', 'HH24:MI:SS'), v_read.duration_seconds,
    v_read.business_number, v_read.external_number, v_read.external_name, v_read.extension, v_read.provider_call_id,
    v_read.transcription, v_read.url
  ));
end
$$;

select is(
  pg_temp.reads($${
    "id": "a", "dateTimeUtc": "2026-06-01T09:00:00Z", "duration": "23066", "businessNumber": "+12125550101",
    "caller": {"name": "Jo", "phone": "+12125550199"}, "callId": "c", "transcription": "Hi", "extension": "101",
    "callRecord": {"fileName": "x", "uri": "https://example.com/a"}
  }$$),
  'a|09:00:00|23|+12125550101|+12125550199|Jo|101|c|Hi|https://example.com/a', 'named as calls are'
);
select is(
  pg_temp.reads($${
    "guid": "a", "created": "2026-06-01T09:00:00.0000000Z", "duration": 23066, "to": "+12125550101", "from": "+12125550199",
    "text": "Hi", "extension": 101, "fileUrl": "https://example.com/a", "callId": "c"
  }$$),
  'a|09:00:00|23|+12125550101|+12125550199|101|c|Hi|https://example.com/a', 'named as in a mailbox'
);
select is(
  pg_temp.reads($${
    "id": 17, "createdUtc": "2026-06-01T09:00:00", "duration": 23066.9, "businessNumber": {"number": "12125550101"},
    "client": {"name": "Jo", "address": "+1 (212) 555-0199"}, "uri": "https://example.com/a", "textModel": {"text": "Hi"}
  }$$),
  '17|09:00:00|23|+12125550101|+12125550199|Jo|Hi|https://example.com/a', 'named as messages are'
);
select is(
  pg_temp.reads('{"id": "a", "dateTimeUtc": "2026-06-01T09:00:00Z", "duration": -5, "caller": "Anonymous", "callId": "", "uri": null,
  "businessNumber": []}'),
  'a|09:00:00', 'what is not there, or cannot be, is unknown'
);
select is(
  pg_temp.reads('{"id": "a", "dateTimeUtc": "2026-06-01T09:00:00Z", "duration": 99999999999999, "caller": {"phone": {"deep": [[[]]]}}}'),
  'a|09:00:00', 'as is what is gigantic or of another shape'
);
select is(pg_temp.reads('{"dateTimeUtc": "2026-06-01T09:00:00Z"}'), 'The voicemail has no id.', 'without an id it is none');
select is(pg_temp.reads('{"id": "a", "date": "yesterday"}'), 'The voicemail has no readable time.', 'nor without a time');
select is(
  pg_temp.reads('{"id": "a", "date": "2090-01-01T00:00:00Z"}'), 'The voicemail''s time is impossible.', 'or with one that cannot be'
);
select is(pg_temp.reads('{"id": "a", "date": "1970-01-01T00:00:00Z"}'), 'The voicemail''s time is impossible.', 'on either side');
select is(pg_temp.reads('[1]'), 'The item is not a JSON object.', 'nor is what is no object');

select * from finish();
rollback;
