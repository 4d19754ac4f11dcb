create function private.apply_phone_numbers(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer,
  out rejected_positions integer[], out rejection_reasons text[]
)
language plpgsql set search_path = '' as $$
declare
  v_listed public.phone_numbers[];
  v_payloads jsonb[];
  v_known text[];
begin
  with item as (
    select
      n::integer as position, payload,
      private.parse_phone(coalesce(payload ->> 'number', payload ->> 'phoneNumber')) as e164,
      left(payload ->> 'id', 200) as provider_number_id,
      nullif(left(btrim(payload ->> 'label'), 200), '') as label,
      coalesce(lower(payload ->> 'isEnabled') <> 'false', true) as is_enabled
    from unnest(p_items) with ordinality as i (payload, n)
  )
  select
    array_agg(row(null, null, p_integration_id, e164, provider_number_id, label, is_enabled, null, null, null)::public.phone_numbers order by position)
      filter (where e164 is not null),
    array_agg(payload order by position) filter (where e164 is not null),
    array_agg(position order by position) filter (where e164 is null),
    array_agg('The item has no readable number.'::text order by position) filter (where e164 is null)
  into v_listed, v_payloads, rejected_positions, rejection_reasons
  from item;

  v_known := array(select n.e164 from public.phone_numbers n where n.integration_id = p_integration_id);
  perform private.add_phone_numbers(p_integration_id, array(select l.e164 from unnest(v_listed) l));

  perform private.keep_items(
    p_integration_id, 'phone_numbers', array(select l.e164 from unnest(v_listed) l), v_payloads, p_observed_at
  );

  with listed as (
    select distinct on (l.e164) l.* from unnest(v_listed) l order by l.e164, l.provider_number_id
  ),
  changed as (
    update public.phone_numbers n set
      provider_number_id = l.provider_number_id, label = l.label, is_enabled = l.is_enabled, unlisted_at = null
    from listed l
    where n.integration_id = p_integration_id and n.e164 = l.e164
      and (n.provider_number_id, n.label, n.is_enabled, n.unlisted_at)
        is distinct from (l.provider_number_id, l.label, l.is_enabled, null)
    returning n.e164
  )
  select
    count(*) filter (where l.e164 <> all (v_known)),
    count(*) filter (where l.e164 = any (v_known) and l.e164 in (select c.e164 from changed c)),
    count(*) filter (where l.e164 = any (v_known) and l.e164 not in (select c.e164 from changed c))
  into new_items, changed_items, unchanged_items
  from listed l;

  -- A line that came with its number takes the provider's label, once it is known.
  update public.lines l set label = n.label
  from public.phone_numbers n
  where n.integration_id = p_integration_id and l.phone_number_id = n.id and l.label is null and n.label is not null;
end
$$;
comment on function private.apply_phone_numbers(uuid, jsonb[], timestamptz) is
'Merges a page of the provider''s phone numbers into the inventory. Items without a number are rejected by position.';

create function private.unlist_phone_numbers(p_integration_id uuid, p_since timestamptz) returns void
language sql set search_path = '' as $$
  update public.phone_numbers n set unlisted_at = now(), is_enabled = false
  from private.provider_items k
  where n.integration_id = p_integration_id and n.unlisted_at is null
    and k.integration_id = n.integration_id and k.resource = 'phone_numbers' and k.provider_id = n.e164 and k.observed_at < p_since
$$;
comment on function private.unlist_phone_numbers(uuid, timestamptz) is
'After a whole list was read: numbers that the provider listed before and does not any more.';
