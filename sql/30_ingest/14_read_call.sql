create function private.read_call(
  p_payload jsonb,
  out provider_call_id text, out direction text, out provider_status text, out business_number text,
  out external_number text, out external_name text, out started_at timestamptz, out duration_seconds integer,
  out legs jsonb, out error text
)
language plpgsql stable set search_path = '' as $$
declare
  v_caller jsonb := case when jsonb_typeof(p_payload -> 'caller') = 'object' then p_payload -> 'caller' else '{}' end;
  v_outside jsonb;
  v_milliseconds numeric := private.parse_number(p_payload ->> 'duration');
begin
  provider_call_id := nullif(btrim(p_payload ->> 'id'), '');
  started_at := private.parse_timestamp(p_payload ->> 'dateTimeUtc');
  error := case
    when jsonb_typeof(p_payload) is distinct from 'object' then 'The item is not a JSON object.'
    when provider_call_id is null then 'The call has no id.'
    when char_length(provider_call_id) > 200 then 'The call''s id has more than 200 characters.'
    when started_at is null then 'The call has no readable dateTimeUtc.'
    when started_at not between '2005-01-01 00:00Z' and now() + interval '1 day' then 'The call''s dateTimeUtc is impossible.'
  end;
  if error is not null then
    return;
  end if;

  direction := case lower(p_payload ->> 'direction')
    when 'incoming' then 'inbound' when 'outgoing' then 'outbound' when 'callback' then 'callback' when 'internal' then 'internal'
  end;
  provider_status := left(p_payload ->> 'callStatus', 100);
  business_number := private.parse_phone(p_payload ->> 'businessNumber');
  -- Longer than a week is a broken value, not a call.
  duration_seconds := case when v_milliseconds between 0 and 604800000 then floor(v_milliseconds / 1000) end;

  if direction = 'inbound' then
    v_outside := v_caller;
  elsif direction in ('outbound', 'callback') then
    select c.called into v_outside
    from jsonb_array_elements(case when jsonb_typeof(p_payload -> 'called') = 'array' then p_payload -> 'called' else '[]' end)
      with ordinality as c (called, position)
    where jsonb_typeof(c.called) = 'object' and nullif(btrim(c.called ->> 'extension'), '') is null
    order by c.position
    limit 1;
  end if;
  legs := private.read_legs(p_payload);
  external_number := private.parse_phone(v_outside ->> 'phone');
  external_name := nullif(left(btrim(v_outside ->> 'name'), 200), '');
end
$$;
comment on function private.read_call(jsonb) is
'The one mapping from a call of the provider''s history to facts; error says why an item cannot be a call.';
