create function private.apply_phone_numbers(
  p_integration_id uuid, p_items jsonb[],
  out new_items integer, out changed_items integer, out unchanged_items integer
)
language plpgsql set search_path = '' as $$
declare
  v_known text[];
begin
  select coalesce(array_agg(e164), '{}') into v_known from public.phone_numbers where integration_id = p_integration_id;

  perform private.add_phone_numbers(p_integration_id, (
    select array_agg(private.parse_phone(coalesce(item ->> 'number', item ->> 'phoneNumber'))) from unnest(p_items) item
  ));

  with listed as (
    select distinct on (e164) e164, provider_number_id, label, is_enabled
    from (
      select
        private.parse_phone(coalesce(item ->> 'number', item ->> 'phoneNumber')) as e164,
        left(item ->> 'id', 200) as provider_number_id,
        nullif(left(btrim(item ->> 'label'), 200), '') as label,
        coalesce(lower(item ->> 'isEnabled') <> 'false', true) as is_enabled
      from unnest(p_items) item
    ) read
    order by e164, provider_number_id
  ),
  changed as (
    update public.phone_numbers n set
      provider_number_id = l.provider_number_id, label = l.label, is_enabled = l.is_enabled
    from listed l
    where n.integration_id = p_integration_id and n.e164 = l.e164
      and (n.provider_number_id, n.label, n.is_enabled) is distinct from (l.provider_number_id, l.label, l.is_enabled)
    returning n.e164
  )
  select
    count(*) filter (where l.e164 <> all (v_known)),
    count(*) filter (where l.e164 = any (v_known) and l.e164 in (select e164 from changed)),
    count(*) filter (where l.e164 = any (v_known) and l.e164 not in (select e164 from changed))
  into new_items, changed_items, unchanged_items
  from listed l;
end
$$;
comment on function private.apply_phone_numbers(uuid, jsonb[]) is 'Merges a page of the provider''s phone numbers into the inventory.';
