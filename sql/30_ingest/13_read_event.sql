create function private.read_event(
  p_payload jsonb, p_received_at timestamptz,
  out event_type text, out provider_call_id text, out direction text, out kind text, out is_agent_event boolean,
  out extension text, out from_number text, out to_number text, out occurred_at timestamptz, out duration_seconds integer,
  out recording_url text, out has_recording boolean, out status text, out error text
)
language plpgsql stable set search_path = '' as $$
declare
  v_body jsonb := case when jsonb_typeof(p_payload -> 'Body') = 'object' then p_payload -> 'Body' else '{}' end;
  v_way text;
  v_rest text;
  v_is_call boolean;
  v_is_agent boolean;
  v_kind text;
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
  -- Taken apart by hand: a pattern that tells all of it costs as much as everything else here together.
  if (event_type like '%Sms%' or event_type like '%Message%')
    and event_type ~ '^(Incoming|Outgoing)?(Sms|Message|TextMessage)(Received|Sent|Delivered|Failed|StatusChanged|Status)?$' then
    status := 'applied';
    kind := 'message';
    from_number := private.parse_phone(v_body ->> 'From');
    to_number := private.parse_phone(v_body ->> 'To');
    return;
  end if;

  v_way := case left(event_type, 8) when 'Incoming' then 'inbound' when 'Outgoing' then 'outbound' when 'Callback' then 'callback' end;
  v_rest := case when v_way is null then event_type else substr(event_type, 9) end;
  v_is_call := starts_with(v_rest, 'Call');
  v_rest := case when v_is_call then substr(v_rest, 5) else v_rest end;
  v_is_agent := starts_with(v_rest, 'Agent');
  v_rest := case when v_is_agent then substr(v_rest, 6) else v_rest end;
  v_kind := case
    when v_rest = '' then 'arrived'
    when v_rest in ('Ringing', 'Dialing') then 'ringing'
    when v_rest = 'StopRinging' then 'stop_ringing'
    when v_rest = 'Connected' then 'connected'
    when v_rest in ('Transferred', 'Transfer') then 'transferred'
    when v_rest = 'Completed' then 'completed'
    when v_rest ~ '^Voice[Mm]ail(Received|Left)?$' then 'voicemail'
    when v_rest ~ '^Recording(Ready|Completed|Available)?$' then 'recording'
  end;
  -- Which way a call goes is always told, except where it is only said what was left of it.
  if v_kind is null
    or (v_way is null and v_kind not in ('voicemail', 'recording'))
    or (v_way is not null and not v_is_call)
    or (v_is_agent and v_rest = '') then
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
  kind := v_kind;
  direction := v_way;
  -- Only a caller from outside is sent to voicemail, also where the type does not say which way the call went.
  if kind = 'voicemail' then
    direction := coalesce(direction, 'inbound');
  end if;
  is_agent_event := v_is_agent;
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
