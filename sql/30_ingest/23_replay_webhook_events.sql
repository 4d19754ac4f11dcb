create function private.replay_webhook_events(p_event_ids bigint[]) returns void
language plpgsql set search_path = '' as $$
begin
  update private.webhook_events e set
    event_type = r.event_type, provider_call_id = r.provider_call_id, direction = r.direction, kind = r.kind,
    is_agent_event = r.is_agent_event, extension = r.extension, from_number = r.from_number, to_number = r.to_number,
    occurred_at = r.occurred_at, duration_seconds = r.duration_seconds, status = r.status, error = r.error
  from (
    select w.id, facts.*
    from private.webhook_events w
    join public.integrations i on i.id = w.integration_id and i.disabled_at is null
    cross join lateral private.read_event(w.payload, w.received_at) facts
    where w.id = any (p_event_ids) and w.payload is not null
    order by w.id
    for update of w
  ) r
  where e.id = r.id;

  perform private.apply_webhook_events(p_event_ids);
end
$$;
comment on function private.replay_webhook_events(bigint[]) is 'Reads kept, failed or ignored events again and applies them.';
