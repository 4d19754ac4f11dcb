create function private.read_voicemails(p_payloads jsonb[])
returns table (
  place integer, provider_voicemail_id text, received_at timestamptz, duration_seconds integer, business_number text,
  external_number text, external_name text, extension text, provider_call_id text, transcription text, url text, error text
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  -- What its fields are called is not published: names met with calls, messages and other clients are all taken.
  return query
  select
    i.n::integer, v.provider_voicemail_id, v.received_at,
    -- Longer than a week is a broken value, not a message.
    case when v.milliseconds between 0 and 604800000 then floor(v.milliseconds / 1000)::integer end,
    private.parse_phone(private.first_text(
      i.payload, 'businessNumber', 'businessNumber.number', 'businessNumber.phone', 'to', 'to.number', 'to.phone', 'to.address'
    )),
    private.parse_phone(private.first_text(
      i.payload, 'caller.phone', 'caller.number', 'client.address', 'client.phone', 'from', 'from.number', 'from.phone',
      'from.address', 'caller', 'callerNumber', 'phone'
    )),
    left(private.first_text(i.payload, 'caller.name', 'client.name', 'from.name', 'callerName'), 200),
    left(private.first_text(i.payload, 'extension', 'extension.number', 'called.extension', 'called.0.extension'), 40),
    private.first_text(i.payload, 'callId', 'call.id', 'callGuid'),
    left(private.first_text(i.payload, 'transcription', 'text', 'transcription.text', 'textModel.text', 'transcript'), 20000),
    private.first_text(
      i.payload, 'uri', 'url', 'fileUrl', 'audioUrl', 'link', 'callRecord.uri', 'record.uri', 'recording.uri', 'recordingLink'
    ),
    case
      when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
      when v.provider_voicemail_id is null then 'The voicemail has no id.'
      when char_length(v.provider_voicemail_id) > 200 then 'The voicemail''s id has more than 200 characters.'
      when v.received_at is null then 'The voicemail has no readable time.'
      when v.received_at not between '2005-01-01 00:00Z' and now() + interval '1 day' then 'The voicemail''s time is impossible.'
    end
  from unnest(p_payloads) with ordinality as i (payload, n)
  cross join lateral (
    select
      private.first_text(i.payload, 'id', 'guid', 'voicemailId') as provider_voicemail_id,
      private.parse_timestamp(private.first_text(
        i.payload, 'dateTimeUtc', 'createdUtc', 'created', 'receivedUtc', 'received', 'date', 'dateTime', 'timestamp'
      )) as received_at,
      private.parse_number(private.first_text(i.payload, 'duration', 'durationMs', 'callRecord.duration')) as milliseconds
    offset 0
  ) v;
end
$$;
comment on function private.read_voicemails(jsonb[]) is
'The one mapping from voicemails of the provider''s list to facts, by place in the page; error says why an item cannot be a voicemail.';
