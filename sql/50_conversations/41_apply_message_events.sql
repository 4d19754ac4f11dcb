create function private.read_message_event(p_integration_id uuid, p_payload jsonb, p_received_at timestamptz)
returns private.message_statements
language plpgsql stable set search_path = '' as $$
declare
  v_type constant text := lower(p_payload ->> 'EventType');
  v_body constant jsonb := case when jsonb_typeof(p_payload -> 'Body') = 'object' then p_payload -> 'Body' else '{}' end;
  v_status constant text := lower(coalesce(
    private.first_text(v_body, 'Status', 'State', 'DeliveryStatus', 'MessageDeliveryStatus'), substring(v_type from '(sent|delivered|failed|received)$')
  ));
  v_from constant text := private.first_text(v_body, 'From');
  v_to constant text := private.first_text(v_body, 'To', 'To.0');
  v_at timestamptz := private.parse_timestamp(p_payload ->> 'Timestamp');
  v_said private.message_statements;
begin
  if v_at not between p_received_at - interval '30 days' and p_received_at + interval '5 minutes' then
    v_at := null;
  end if;
  v_said.integration_id := p_integration_id;
  v_said.source := 'event';
  v_said.stated_at := coalesce(v_at, p_received_at);
  v_said.direction := case
    when v_type like 'incoming%' or v_type like '%received' or v_status = 'received' then 'inbound'
    when v_type like 'outgoing%' or v_type ~ '(sent|delivered|failed|status|statuschanged)$' then 'outbound'
    when lower(private.first_text(v_body, 'Direction', 'Origin')) in ('inbound', 'incoming') then 'inbound'
    when lower(private.first_text(v_body, 'Direction', 'Origin')) in ('outbound', 'outgoing') then 'outbound'
  end;
  v_said.business_number := private.parse_phone(case v_said.direction when 'inbound' then v_to else v_from end);
  v_said.external_number := private.read_party(case v_said.direction when 'inbound' then v_from else v_to end);
  v_said.body := left((
    select v_body ->> name
    from unnest(array['Text', 'Message', 'Body']) with ordinality as field (name, n)
    where jsonb_typeof(v_body -> name) = 'string'
    order by field.n
    limit 1
  ), 10000);
  v_said.state := case
    when v_said.direction = 'inbound' then 'received'
    when v_status = 'delivered' then 'delivered'
    when v_status in ('failed', 'undelivered', 'rejected', 'error') then 'failed'
    else 'sent'
  end;
  v_said.state_at := v_said.stated_at;
  v_said.was_delivered := v_said.state = 'delivered';
  v_said.reason := left(private.first_text(v_body, 'Reason', 'FailureReason', 'ErrorMessage', 'Error'), 2000);

  -- Who wrote to whom is told whole or not at all.
  if v_said.direction is null or v_said.business_number is null or v_said.external_number is null or v_said.body is null then
    v_said.direction := null;
    v_said.body := null;
  end if;
  v_said.provider_message_id := private.first_text(v_body, 'Id', 'MessageId', 'RequestGuid');
  if v_said.provider_message_id !~ '[^0{}\s-]' then
    v_said.provider_message_id := null;
  end if;
  if char_length(v_said.provider_message_id) > 200 or (v_said.provider_message_id is null and v_said.body is null) then
    raise exception 'The event names no message (Body.Id), or one of more than 200 characters, and does not say who wrote what to whom.';
  end if;
  v_said.statement_key := coalesce(
    v_said.provider_message_id,
    private.message_hash(v_said.stated_at, v_said.direction, v_said.business_number, v_said.external_number, v_said.body)
  );
  return v_said;
end
$$;
comment on function private.read_message_event(uuid, jsonb, timestamptz) is
'The one mapping from a webhook''s JSON to what it states of a message. Raises where it tells of none.';

create function private.apply_message_events(p_integration_id uuid, p_payloads jsonb[], p_received_at timestamptz[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_said private.message_statements[];
  v_new private.message_statements;
  v_old private.message_statements;
  v_touched uuid[] := '{}';
begin
  select array_agg(private.read_message_event(p_integration_id, d.payload, d.received_at) order by d.n) into v_said
  from unnest(p_payloads, p_received_at) with ordinality as d (payload, received_at, n);
  perform private.lock_numbers(p_integration_id, array(select distinct s.business_number from unnest(v_said) s));
  perform private.lock_messages(p_integration_id);

  foreach v_new in array coalesce(v_said, '{}') loop
    -- The events of one message in any order: what is told whole counts, the earliest time, and of two ends the later.
    select * into v_old
    from private.message_statements s
    where s.integration_id = p_integration_id and s.source = 'event' and s.statement_key = v_new.statement_key;
    if found then
      if v_new.body is null or (v_old.body is not null and v_old.stated_at <= v_new.stated_at) then
        v_new.direction := v_old.direction;
        v_new.business_number := v_old.business_number;
        v_new.external_number := v_old.external_number;
        v_new.body := v_old.body;
      end if;
      v_new.stated_at := least(v_old.stated_at, v_new.stated_at);
      if (v_old.state in ('delivered', 'failed'), v_old.state_at, v_old.state = 'delivered')
        >= (v_new.state in ('delivered', 'failed'), v_new.state_at, v_new.state = 'delivered') then
        v_new.state := v_old.state;
        v_new.state_at := v_old.state_at;
        v_new.reason := v_old.reason;
      end if;
    end if;
    v_touched := v_touched || private.place_statement(v_new);
  end loop;
  perform private.write_messages(p_integration_id, v_touched);
end
$$;
comment on function private.apply_message_events(uuid, jsonb[], timestamptz[]) is
'Merges webhook events of messages. Raises, for all of them, where one tells of no message.';
