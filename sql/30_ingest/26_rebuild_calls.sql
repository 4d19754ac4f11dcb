create function private.rebuild_calls(p_integration_id uuid) returns integer
language plpgsql set search_path = '' as $$
declare
  v_event_ids bigint[];
  v_call_ids text[];
  v_payloads jsonb[];
  v_hashes bytea[];
  v_after text := '';
  v_written integer := 0;
begin
  -- What events and statements say is read anew too, so that a corrected mapping reaches old calls.
  select array_agg(e.id) into v_event_ids from private.webhook_events e where e.integration_id = p_integration_id;
  if v_event_ids is not null then
    perform private.replay_webhook_events(v_event_ids);
  end if;

  loop
    select array_agg(k.provider_call_id order by k.provider_call_id) into v_call_ids
    from (
      select s.provider_call_id from private.call_snapshots s
      where s.integration_id = p_integration_id and s.provider_call_id > v_after
      group by s.provider_call_id
      order by s.provider_call_id
      limit 1000
    ) k;
    exit when v_call_ids is null;
    select array_agg(s.payload order by s.provider_call_id, s.payload_hash), array_agg(s.payload_hash order by s.provider_call_id, s.payload_hash)
    into v_payloads, v_hashes
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_call_ids) and not s.is_tombstone;
    update private.call_snapshots s set
      direction = r.direction, provider_status = r.provider_status, business_number = r.business_number,
      external_number = r.external_number, external_name = r.external_name, started_at = r.started_at,
      duration_seconds = r.duration_seconds, legs = r.legs, recording_url = r.recording_url, has_recording = r.has_recording
    from private.read_calls(v_payloads) r
    where s.integration_id = p_integration_id and s.provider_call_id = r.provider_call_id
      and s.payload_hash = v_hashes[r.place];
    perform private.lock_calls(array_fill(p_integration_id, array[cardinality(v_call_ids)]), v_call_ids);
    v_written := v_written + private.write_calls(p_integration_id, v_call_ids);
    v_after := v_call_ids[cardinality(v_call_ids)];
  end loop;
  return v_written;
end
$$;
comment on function private.rebuild_calls(uuid) is
'Writes every call of an integration anew from the kept events and snapshots: the same rows, if the mapping is the same. For operators.';
