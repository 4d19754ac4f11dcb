create function private.settle_placed_call(p_placed_call_id uuid) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_placed public.placed_calls;
  v_call_id uuid;
begin
  select * into v_placed from public.placed_calls p where p.id = p_placed_call_id;
  -- One pairing at a time between two numbers, whichever side comes first.
  perform pg_advisory_xact_lock(hashtextextended(
    'calls placed by ' || v_placed.integration_id || v_placed.business_number || v_placed.external_number, 0
  ));
  select c.id into v_call_id
  from public.calls c
  where c.integration_id = v_placed.integration_id and c.provider_call_id = v_placed.provider_call_id and c.org_id = v_placed.org_id
    and not exists (select from public.placed_calls o where o.call_id = c.id);
  if v_call_id is null then
    select c.id into v_call_id
    from public.calls c
    where c.line_id = v_placed.line_id and c.org_id = v_placed.org_id and c.direction in ('outbound', 'callback')
      and c.external_number = v_placed.external_number
      and c.started_at between v_placed.begun_at - interval '1 minute' and v_placed.begun_at + interval '10 minutes'
      and not exists (select from public.placed_calls o where o.call_id = c.id)
    order by c.started_at, c.id
    limit 1;
  end if;
  update public.placed_calls p set
    call_id = v_call_id,
    state = case when p.state = 'sending' then 'sending' else 'placed' end,
    reason = null
  where p.id = p_placed_call_id and p.call_id is null and p.state in ('sending', 'placed', 'unconfirmed') and v_call_id is not null;
end
$$;
comment on function private.settle_placed_call(uuid) is
'Finds the call that a placed call became: the one with the id that the provider answered, else the first between the two numbers around that time.';

create function private.settle_placed_calls(p_integration_id uuid, p_call_ids text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_placed_call_id uuid;
begin
  -- Runs with every call that is written.
  if not exists (
    select from public.placed_calls p
    where p.integration_id = p_integration_id and p.call_id is null and p.state in ('sending', 'placed', 'unconfirmed')
  ) then
    return;
  end if;
  for v_placed_call_id in
    select p.id
    from public.placed_calls p
    where p.integration_id = p_integration_id and p.call_id is null and p.state in ('sending', 'placed', 'unconfirmed') and exists (
      select
      from public.calls c
      where c.integration_id = p_integration_id and c.provider_call_id = any (p_call_ids)
        and c.business_number = p.business_number and c.external_number = p.external_number
        and c.started_at between p.begun_at - interval '1 minute' and p.begun_at + interval '10 minutes'
    )
    order by p.business_number, p.external_number, p.begun_at, p.id
  loop
    perform private.settle_placed_call(v_placed_call_id);
  end loop;
end
$$;
comment on function private.settle_placed_calls(uuid, text[]) is
'Ties calls that were just written to those that people placed. Does nothing, at once, where none waits for its call.';
