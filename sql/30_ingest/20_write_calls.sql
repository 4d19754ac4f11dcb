create function private.write_calls(p_integration_id uuid, p_call_ids text[]) returns integer
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_calls public.calls[];
  v_legs public.legs[];
  v_recordings public.recordings[];
  v_urls text[];
  v_written integer;
begin
  with derived as materialized (
    select d.* from private.derive_calls(p_integration_id, p_call_ids) d order by (d.call).id
  )
  select
    array_agg(d.call), (select array_agg(g order by g.id) from derived d cross join lateral unnest(d.legs) g),
    private.recordings_of_calls(array_agg(d.call) filter (where d.has_recording)), array_agg(d.recording_url) filter (where d.has_recording)
  into v_calls, v_legs, v_recordings, v_urls
  from derived d;

  -- Of calls that are all new nothing else is there either, and nobody else writes them: to look for each row's like costs a tenth
  -- of writing it.
  if not exists (
    select from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = any (p_call_ids)
  ) then
    insert into public.calls select d.* from unnest(v_calls) d;
    get diagnostics v_written = row_count;
    insert into public.legs select g.* from unnest(v_legs) g;
    perform private.add_recordings(v_recordings, v_urls);
  else
    -- Legs that no fact makes any more, and those whose member belongs to the organization the call is about to leave.
    delete from public.legs l
    using unnest(v_calls) d
    where l.call_id = d.id and (l.org_id <> d.org_id or not exists (select from unnest(v_legs) g where g.id = l.id));

    insert into public.calls as c
    select d.* from unnest(v_calls) d
    on conflict (id) do update set
      org_id = excluded.org_id, phone_number_id = excluded.phone_number_id, line_id = excluded.line_id,
      direction = excluded.direction, business_number = excluded.business_number,
      external_number = excluded.external_number, external_name = excluded.external_name,
      started_at = excluded.started_at, arrived_at = excluded.arrived_at, rang_at = excluded.rang_at,
      answered_at = excluded.answered_at, ended_at = excluded.ended_at,
      outcome = excluded.outcome, is_dropped = excluded.is_dropped, provider_status = excluded.provider_status,
      wait_seconds = excluded.wait_seconds, talk_seconds = excluded.talk_seconds, duration_seconds = excluded.duration_seconds,
      transfer_count = excluded.transfer_count, member_ids = excluded.member_ids, deleted_at = excluded.deleted_at,
      updated_at = excluded.updated_at
    where (
      c.org_id, c.phone_number_id, c.line_id, c.direction, c.business_number, c.external_number, c.external_name,
      c.started_at, c.arrived_at, c.rang_at, c.answered_at, c.ended_at, c.outcome, c.is_dropped, c.provider_status,
      c.wait_seconds, c.talk_seconds, c.duration_seconds, c.transfer_count, c.member_ids, c.deleted_at
    ) is distinct from (
      excluded.org_id, excluded.phone_number_id, excluded.line_id, excluded.direction, excluded.business_number,
      excluded.external_number, excluded.external_name,
      excluded.started_at, excluded.arrived_at, excluded.rang_at, excluded.answered_at, excluded.ended_at,
      excluded.outcome, excluded.is_dropped, excluded.provider_status,
      excluded.wait_seconds, excluded.talk_seconds, excluded.duration_seconds,
      excluded.transfer_count, excluded.member_ids, excluded.deleted_at
    );
    get diagnostics v_written = row_count;

    insert into public.legs as l
    select g.* from unnest(v_legs) g
    on conflict (id) do update set
      member_id = excluded.member_id, name = excluded.name, is_connected = excluded.is_connected,
      rang_at = excluded.rang_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
      talk_seconds = excluded.talk_seconds, updated_at = now()
    where (l.member_id, l.name, l.is_connected, l.rang_at, l.answered_at, l.ended_at, l.talk_seconds)
      is distinct from (
        excluded.member_id, excluded.name, excluded.is_connected,
        excluded.rang_at, excluded.answered_at, excluded.ended_at, excluded.talk_seconds
      );

    if v_recordings <> '{}' then
      perform private.keep_recordings(v_recordings, v_urls);
    end if;
  end if;
  perform private.settle_placed_calls(p_integration_id, p_call_ids);

  update private.webhook_events e set org_id = moved.org_id
  from (
    select found.id, d.org_id
    from unnest(v_calls) d
    cross join lateral (
      select id
      from private.webhook_events
      where integration_id = p_integration_id and provider_call_id = d.provider_call_id and org_id <> d.org_id
      offset 0
    ) found
  ) moved
  where e.id = moved.id;

  return v_written;
end
$$;
comment on function private.write_calls(uuid, text[]) is
'Writes what the facts make of these calls and returns how many rows changed. The caller holds their locks (lock_calls).';
