create function private.read_event_type(p_event_type text, out kind text, out direction text, out is_agent_event boolean)
language plpgsql immutable set search_path = '' as $$
declare
  v_way text;
  v_rest text;
  v_is_call boolean;
begin
  is_agent_event := false;
  -- Taken apart by hand: a pattern that tells all of it costs as much as all else that is read of an event.
  if (p_event_type like '%Sms%' or p_event_type like '%Message%')
    and p_event_type ~ '^(Incoming|Outgoing)?(Sms|Message|TextMessage)(Received|Sent|Delivered|Failed|StatusChanged|Status)?$' then
    kind := 'message';
    return;
  end if;

  v_way := case left(p_event_type, 8) when 'Incoming' then 'inbound' when 'Outgoing' then 'outbound' when 'Callback' then 'callback' end;
  v_rest := case when v_way is null then p_event_type else substr(p_event_type, 9) end;
  v_is_call := starts_with(v_rest, 'Call');
  v_rest := case when v_is_call then substr(v_rest, 5) else v_rest end;
  is_agent_event := starts_with(v_rest, 'Agent');
  v_rest := case when is_agent_event then substr(v_rest, 6) else v_rest end;
  kind := case
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
  if (v_way is null and kind not in ('voicemail', 'recording'))
    or (v_way is not null and not v_is_call)
    or (is_agent_event and v_rest = '') then
    kind := null;
  end if;
  -- Only a caller from outside is sent to voicemail, also where the type does not say which way the call went.
  direction := coalesce(v_way, case when kind = 'voicemail' then 'inbound' end);
end
$$;
comment on function private.read_event_type(text) is 'What a type of events tells of; its kind is null where we do not use it.';

create function private.read_events(p_payloads jsonb[], p_received_ats timestamptz[])
returns table (
  place integer, event_type text, provider_call_id text, direction text, kind text, is_agent_event boolean,
  extension text, from_number text, to_number text, occurred_at timestamptz, duration_seconds integer,
  recording_url text, has_recording boolean, status text, error text
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  -- Many at once: a call of a function per event costs more than the reading. So what has its usual shape is read right here, and
  -- the parsers are left what has not. "offset 0" keeps a value that is used often from being worked out at every use.
  return query
  with said as materialized (
    select
      e.n, e.payload, e.received_at, left(e.payload ->> 'EventType', 100) as event_type,
      case when jsonb_typeof(e.payload -> 'Body') = 'object' then e.payload -> 'Body' else '{}' end as body
    from unnest(p_payloads, p_received_ats) with ordinality as e (payload, received_at, n)
  ),
  types as (
    select d.event_type, t.*
    from (select distinct s.event_type from said s) d
    cross join lateral private.read_event_type(d.event_type) t
  )
  select
    s.n::integer, s.event_type, c.id,
    case when c.is_told then t.direction end, case when c.is_told or t.kind = 'message' then t.kind end, c.is_told and t.is_agent_event,
    case when c.is_told then nullif(left(btrim(s.body ->> 'Extension'), 40), '') end,
    case when c.is_told or t.kind = 'message' then
      case when o.from_is_usual then o.from_number else private.parse_phone(o.from_number) end
    end,
    case when c.is_told or t.kind = 'message' then
      case when o.to_is_usual then o.to_number else private.parse_phone(o.to_number) end
    end,
    case when o.at between s.received_at - interval '30 days' and s.received_at + interval '5 minutes' then o.at end,
    -- Longer than a week is a broken value, not a call.
    case when l.seconds <= 604800 then l.seconds end,
    l.url,
    c.is_told and (
      t.kind = 'recording' or l.url is not null or nullif(btrim(coalesce(s.body ->> 'RecordingId', s.payload ->> 'RecordingId')), '') is not null
    ),
    case
      when s.event_type is null then 'failed' when t.kind is null then 'ignored' when c.is_told or t.kind = 'message' then 'applied' else 'failed'
    end,
    case
      when s.event_type is null then 'The event has no EventType.'
      when t.kind <> 'message' and not c.is_told then 'The event names no call (Body.Id), or one of more than 200 characters.'
    end
  from said s
  left join types t on t.event_type = s.event_type
  cross join lateral (
    select case when char_length(n.id) <= 200 then n.id end as id, coalesce(char_length(n.id) <= 200, false) as is_told
    from (
      select case when t.kind <> 'message' then
        nullif(btrim(coalesce(s.body ->> 'Id', s.payload ->> 'CallId', s.body ->> 'CallId')), '')
      end as id
      offset 0
    ) n
    offset 0
  ) c
  cross join lateral (
    select
      n.from_number, n.to_number,
      n.from_number like '+___%' and char_length(n.from_number) <= 16 and translate(n.from_number, '0123456789', '') = '+' as from_is_usual,
      n.to_number like '+___%' and char_length(n.to_number) <= 16 and translate(n.to_number, '0123456789', '') = '+' as to_is_usual,
      case
        when translate(n.at, '012345678', '999999999') = '9999-99-99T99:99:99.9999999Z'
          and pg_input_is_valid(n.at, 'timestamptz') then n.at::timestamptz
        else private.parse_timestamp(n.at)
      end as at
    from (
      select
        s.body ->> 'From' as from_number, s.body ->> 'To' as to_number,
        case when s.event_type is not null then s.payload ->> 'Timestamp' end as at
      offset 0
    ) n
    offset 0
  ) o
  cross join lateral (
    select
      g.clock[1]::integer * 3600 + g.clock[2]::integer * 60 + g.clock[3]::integer as seconds,
      case when c.is_told then
        nullif(left(btrim(coalesce(s.body ->> 'RecordingLink', s.payload ->> 'RecordingLink', s.body ->> 'RecordingUrl')), 2000), '')
      end as url
    from (
      select case when c.is_told then regexp_match(
        coalesce(s.body ->> 'CallDuration', s.payload ->> 'CallDuration'), '^([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])(\.[0-9]+)?$'
      ) end as clock
      offset 0
    ) g
    offset 0
  ) l
  order by s.n;
end
$$;
comment on function private.read_events(jsonb[], timestamptz[]) is
'The one mapping from a webhook''s JSON to facts, with the status it deserves: applied, ignored, or failed with the reason. In the order of the payloads.';
