create function private.lock_call_slots(p_integration_ids uuid[], p_call_ids text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
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
end
$$;
comment on function private.lock_call_slots(uuid[], text[]) is
'Locks calls, in one order for all writers. Pairs of integration and provider id.';

create function private.lock_numbers_of_calls(p_integration_ids uuid[], p_call_ids text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  -- assign_phone_number takes "for update": either this transaction sees the new line, or the assignment sees this call.
  perform from public.phone_numbers n
  where n.id = any (array(
    select p.id
    from (
      select e.integration_id, unnest(array[e.from_number, e.to_number]) as e164
      from private.webhook_events e
      where e.integration_id = any (p_integration_ids) and e.provider_call_id = any (p_call_ids)
      union
      select s.integration_id, s.business_number
      from private.call_snapshots s
      where s.integration_id = any (p_integration_ids) and s.provider_call_id = any (p_call_ids)
    ) named
    cross join lateral (
      select id from public.phone_numbers where integration_id = named.integration_id and e164 = named.e164 limit 1
    ) p
  ))
  order by n.id
  for key share;
end
$$;
comment on function private.lock_numbers_of_calls(uuid[], text[]) is
'Locks the phone numbers that calls may belong to, in one order for all writers. The caller holds the calls (lock_call_slots).';

create function private.lock_calls(p_integration_ids uuid[], p_call_ids text[]) returns void
language plpgsql set search_path = '' as $$
begin
  perform private.lock_call_slots(p_integration_ids, p_call_ids);
  perform private.lock_numbers_of_calls(p_integration_ids, p_call_ids);
end
$$;
comment on function private.lock_calls(uuid[], text[]) is
'Locks calls and the phone numbers they may belong to, in one order for all writers. Pairs of integration and provider id.';
