create function private.apply_webhook_events(p_read_ids bigint[], p_unread_ids bigint[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_integration_ids uuid[];
  v_call_ids text[];
  v_group record;
  v_call_id text;
  v_message_ids bigint[];
  v_event record;
begin
  select
    array_agg(e.integration_id) filter (where e.provider_call_id is not null),
    array_agg(e.provider_call_id) filter (where e.provider_call_id is not null),
    array_agg(e.id) filter (where e.kind = 'message')
  into v_integration_ids, v_call_ids, v_message_ids
  from private.webhook_events e
  where e.id = any (p_read_ids) and e.status = 'applied';
  if p_unread_ids <> '{}' then
    select v_integration_ids || array_agg(u.integration_id), v_call_ids || array_agg(r.provider_call_id), v_message_ids || p_unread_ids
    into v_integration_ids, v_call_ids, v_message_ids
    from (
      select e.integration_id, array_agg(e.payload) as payloads, array_agg(e.received_at) as received_ats
      from private.webhook_events e
      where e.id = any (p_unread_ids)
      group by e.integration_id
    ) u
    cross join lateral private.read_events(u.payloads, u.received_ats) r
    where r.provider_call_id is not null;
  end if;
  if v_call_ids is not null then
    perform private.lock_calls(v_integration_ids, v_call_ids);
  end if;

  if p_unread_ids <> '{}' then
    update private.webhook_events e set
      event_type = r.event_type, provider_call_id = r.provider_call_id, direction = r.direction, kind = r.kind,
      is_agent_event = r.is_agent_event, extension = r.extension, from_number = r.from_number, to_number = r.to_number,
      occurred_at = r.occurred_at, duration_seconds = r.duration_seconds, recording_url = r.recording_url,
      has_recording = r.has_recording, status = r.status, error = r.error
    from (
      select u.ids[facts.place] as id, facts.*
      from (
        select array_agg(w.id) as ids, array_agg(w.payload) as payloads, array_agg(w.received_at) as received_ats
        from private.webhook_events w
        join public.integrations i on i.id = w.integration_id and i.disabled_at is null
        where w.id = any (p_unread_ids) and w.payload is not null
        group by w.integration_id
      ) u
      cross join lateral private.read_events(u.payloads, u.received_ats) facts
    ) r
    where e.id = r.id;
  end if;

  for v_group in
    select c.integration_id, array_agg(distinct c.call_id) as call_ids
    from unnest(v_integration_ids, v_call_ids) as c (integration_id, call_id)
    group by c.integration_id
    order by c.integration_id
  loop
    begin
      perform private.write_calls(v_group.integration_id, v_group.call_ids);
    exception
      -- These pass by themselves: the sender tries again and nothing is marked.
      when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
        raise;
      when others then
        -- One of them cannot be written: one by one, so that the others are.
        foreach v_call_id in array v_group.call_ids loop
          begin
            perform private.write_calls(v_group.integration_id, array[v_call_id]);
          exception
            when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
              raise;
            when others then
              update private.webhook_events e set status = 'failed', error = sqlerrm
              where e.id = any (p_read_ids || p_unread_ids)
                and e.integration_id = v_group.integration_id and e.provider_call_id = v_call_id;
          end;
        end loop;
    end;
  end loop;

  for v_event in
    select e.id, e.integration_id, e.payload, e.received_at
    from private.webhook_events e
    where e.id = any (v_message_ids) and e.kind = 'message' and e.status = 'applied'
    order by e.integration_id, e.id
  loop
    begin
      perform private.apply_message_events(v_event.integration_id, array[v_event.payload], array[v_event.received_at]);
    exception
      when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
        raise;
      when others then
        update private.webhook_events e set status = 'failed', error = sqlerrm where e.id = v_event.id;
    end;
  end loop;
end
$$;
comment on function private.apply_webhook_events(bigint[], bigint[]) is
'Writes the calls of events read at their arrival and of others, which are read anew first. Events of a call that cannot be written become failed.';
