create function private.read_event(
  p_payload jsonb, p_received_at timestamptz,
  out event_type text, out provider_call_id text, out direction text, out kind text, out is_agent_event boolean,
  out extension text, out from_number text, out to_number text, out occurred_at timestamptz, out duration_seconds integer,
  out recording_url text, out has_recording boolean, out status text, out error text
)
language plpgsql stable set search_path = '' as $$
declare
  v_body jsonb := case when jsonb_typeof(p_payload -> 'Body') = 'object' then p_payload -> 'Body' else '{}' end;
  v_name text[];
  v_clock text[];
begin
  is_agent_event := false;
  has_recording := false;
  event_type := left(p_payload ->> 'EventType', 100);
  if event_type is null then
    status := 'failed';
    error := 'The event has no EventType.';
    return;
  end if;

  occurred_at := private.parse_timestamp(p_payload ->> 'Timestamp');
  if occurred_at not between p_received_at - interval '30 days' and p_received_at + interval '5 minutes' then
    occurred_at := null;
  end if;
  if event_type ~ '^(Incoming|Outgoing)?(Sms|Message|TextMessage)(Received|Sent|Delivered|Failed|StatusChanged|Status)?$' then
    status := 'applied';
    kind := 'message';
    from_number := private.parse_phone(v_body ->> 'From');
    to_number := private.parse_phone(v_body ->> 'To');
    return;
  end if;

  v_name := regexp_match(
    event_type,
    '^(Incoming|Outgoing|Callback)?(?:Call)?(Agent)?'
    || '(Ringing|Dialing|StopRinging|Connected|Transferred|Transfer|Completed|Voice[Mm]ail(?:Received|Left)?|Recording(?:Ready|Completed|Available)?)?$'
  );
  if v_name is null
    or (v_name[1] is null and coalesce(v_name[3], '') !~ '^(Voice|Recording)')
    or (v_name[1] is not null and event_type !~ '^[A-Z][a-z]+Call')
    or (v_name[2] is not null and v_name[3] is null) then
    status := 'ignored';
    return;
  end if;

  provider_call_id := nullif(btrim(coalesce(v_body ->> 'Id', p_payload ->> 'CallId', v_body ->> 'CallId')), '');
  if provider_call_id is null or char_length(provider_call_id) > 200 then
    provider_call_id := null;
    status := 'failed';
    error := 'The event names no call (Body.Id), or one of more than 200 characters.';
    return;
  end if;

  status := 'applied';
  direction := case v_name[1] when 'Incoming' then 'inbound' when 'Outgoing' then 'outbound' when 'Callback' then 'callback' end;
  kind := case coalesce(v_name[3], '')
    when '' then 'arrived' when 'Ringing' then 'ringing' when 'Dialing' then 'ringing' when 'StopRinging' then 'stop_ringing'
    when 'Connected' then 'connected' when 'Transferred' then 'transferred' when 'Transfer' then 'transferred'
    when 'Completed' then 'completed'
    else case when v_name[3] ~ '^Voice' then 'voicemail' else 'recording' end
  end;
  -- Only a caller from outside is sent to voicemail, also where the type does not say which way the call went.
  if kind = 'voicemail' then
    direction := coalesce(direction, 'inbound');
  end if;
  is_agent_event := v_name[2] is not null;
  extension := nullif(left(btrim(v_body ->> 'Extension'), 40), '');
  from_number := private.parse_phone(v_body ->> 'From');
  to_number := private.parse_phone(v_body ->> 'To');

  recording_url := nullif(left(btrim(coalesce(v_body ->> 'RecordingLink', p_payload ->> 'RecordingLink', v_body ->> 'RecordingUrl')), 2000), '');
  has_recording := kind = 'recording' or recording_url is not null
    or nullif(btrim(coalesce(v_body ->> 'RecordingId', p_payload ->> 'RecordingId')), '') is not null;
  v_clock := regexp_match(coalesce(v_body ->> 'CallDuration', p_payload ->> 'CallDuration'), '^([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])(\.[0-9]+)?$');
  duration_seconds := v_clock[1]::int * 3600 + v_clock[2]::int * 60 + v_clock[3]::int;
  -- Longer than a week is a broken value, not a call.
  if duration_seconds > 604800 then
    duration_seconds := null;
  end if;
end
$$;
comment on function private.read_event(jsonb, timestamptz) is
'The one mapping from a webhook''s JSON to facts, with the status it deserves: applied, ignored, or failed with the reason.';
