create function private.add_phone_numbers(p_integration_id uuid, p_e164s text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_org_id uuid;
  v_missing text[];
  v_call_ids text[];
begin
  select array_agg(distinct n) into v_missing
  from unnest(p_e164s) n
  where not exists (select from public.phone_numbers p where p.integration_id = p_integration_id and p.e164 = n);
  if v_missing is null then
    return;
  end if;

  -- Deliveries being applied hold the integration through their foreign keys: either they see the new numbers, or their
  -- calls are claimed below.
  select i.org_id into v_org_id from public.integrations i where i.id = p_integration_id for update;

  insert into public.phone_numbers (org_id, integration_id, e164)
  select v_org_id, p_integration_id, n from unnest(v_missing) n order by n
  on conflict do nothing;

  -- An organization's own account writes its own organization, always.
  if v_org_id <> private.holding_org_id() then
    insert into public.lines (org_id, phone_number_id, e164, period)
    select v_org_id, p.id, p.e164, tstzrange(null, null)
    from public.phone_numbers p
    where p.integration_id = p_integration_id and p.e164 = any (v_missing)
    on conflict do nothing;
  end if;

  select array_agg(c.provider_call_id) into v_call_ids
  from public.calls c
  where c.integration_id = p_integration_id and c.phone_number_id is null and c.business_number = any (v_missing);
  if v_call_ids is not null then
    perform private.write_calls(p_integration_id, v_call_ids);
  end if;
  -- Events of messages do not add numbers.
  perform private.rehome_messages(p.id)
  from public.phone_numbers p
  where p.integration_id = p_integration_id and p.e164 = any (v_missing);
end
$$;
comment on function private.add_phone_numbers(uuid, text[]) is
'Takes numbers into the inventory that are not there yet, with a line where an organization owns the account, and the calls and messages that waited for them.';
