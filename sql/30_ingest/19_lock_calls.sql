create function private.lock_calls(p_integration_ids uuid[], p_call_ids text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan as $$
begin
  -- New numbers of an integration claim their calls under "for update" (add_phone_numbers).
  perform from public.integrations i where i.id = any (p_integration_ids) order by i.id for key share;

  -- Two writers of one call must see each other's facts. A thousand slots bound the number of locks of a large page.
  perform pg_advisory_xact_lock(slot.key)
  from (
    select distinct 7310000000 + (hashtextextended(c.integration_id::text || c.call_id, 0) & 1023) as key
    from unnest(p_integration_ids, p_call_ids) as c (integration_id, call_id)
    order by key
  ) slot;

  -- assign_phone_number takes "for update": either this transaction sees the new line, or the assignment sees this call.
  perform from public.phone_numbers n
  where (n.integration_id, n.e164) in (
    select c.integration_id, side.e164
    from unnest(p_integration_ids, p_call_ids) as c (integration_id, call_id)
    join private.webhook_events e on e.integration_id = c.integration_id and e.provider_call_id = c.call_id
    cross join lateral (values (e.from_number), (e.to_number)) as side (e164)
    union
    select c.integration_id, s.business_number
    from unnest(p_integration_ids, p_call_ids) as c (integration_id, call_id)
    join private.call_snapshots s on s.integration_id = c.integration_id and s.provider_call_id = c.call_id
  )
  order by n.id
  for key share;
end
$$;
comment on function private.lock_calls(uuid[], text[]) is
'Locks calls and the phone numbers they may belong to, in one order for all writers. Pairs of integration and provider id.';
