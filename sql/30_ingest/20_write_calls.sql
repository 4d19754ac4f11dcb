create function private.write_calls(p_integration_id uuid, p_call_ids text[]) returns integer
language plpgsql set search_path = '' as $$
declare
  v_calls public.calls[];
  v_written integer;
begin
  select array_agg(c order by c.id) into v_calls from private.derive_calls(p_integration_id, p_call_ids) c;

  -- A leg's member belongs to the organization the call is about to leave.
  delete from public.legs l
  using unnest(v_calls) d, public.calls c
  where c.id = d.id and c.org_id <> d.org_id and l.call_id = c.id;

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

  insert into public.legs as l (
    id, org_id, call_id, extension, member_id, name, is_connected, rang_at, answered_at, ended_at, talk_seconds
  )
  select
    extensions.uuid_generate_v5(d.id, g.extension), d.org_id, d.id, g.extension, m.member_id, g.name,
    g.is_connected, g.rang_at, g.answered_at, g.ended_at, g.talk_seconds
  from private.derive_legs(p_integration_id, p_call_ids) g
  join unnest(v_calls) d using (provider_call_id)
  left join public.member_extensions m
    on m.integration_id = p_integration_id and m.extension = g.extension and m.period @> d.started_at and m.org_id = d.org_id
  on conflict (id) do update set
    member_id = excluded.member_id, name = excluded.name, is_connected = excluded.is_connected,
    rang_at = excluded.rang_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
    talk_seconds = excluded.talk_seconds, updated_at = now()
  where (l.member_id, l.name, l.is_connected, l.rang_at, l.answered_at, l.ended_at, l.talk_seconds)
    is distinct from (
      excluded.member_id, excluded.name, excluded.is_connected,
      excluded.rang_at, excluded.answered_at, excluded.ended_at, excluded.talk_seconds
    );

  update private.webhook_events e set org_id = d.org_id
  from unnest(v_calls) d
  where e.integration_id = p_integration_id and e.provider_call_id = d.provider_call_id and e.org_id <> d.org_id;

  return v_written;
end
$$;
comment on function private.write_calls(uuid, text[]) is
'Writes what the facts make of these calls and returns how many rows changed. The caller holds their locks (lock_calls).';
