create function private.unlist_missing(p_integration_id uuid, p_resource text, p_since timestamptz) returns integer
language plpgsql set search_path = '' as $$
declare
  v_ids text[];
begin
  -- In key order, as keep_items locks them.
  perform from private.provider_items i
  where i.integration_id = p_integration_id and i.resource = p_resource and i.observed_at < p_since and i.unlisted_at is null
  order by i.provider_id
  for no key update;
  with missing as (
    update private.provider_items i set unlisted_at = p_since
    where i.integration_id = p_integration_id and i.resource = p_resource and i.observed_at < p_since and i.unlisted_at is null
    returning i.provider_id
  )
  select array_agg(m.provider_id) into v_ids from missing m;

  if p_resource = 'team' then
    update public.extensions e set unlisted_at = p_since
    where e.integration_id = p_integration_id and e.extension = any (v_ids);
  elsif p_resource = 'contacts' then
    update public.contacts c set unlisted_at = p_since
    where c.integration_id = p_integration_id and c.provider_contact_id = any (v_ids);
  elsif p_resource = 'voicemails' and v_ids is not null then
    perform private.write_voicemails(p_integration_id, v_ids);
  end if;
  return coalesce(cardinality(v_ids), 0);
end
$$;
comment on function private.unlist_missing(uuid, text, timestamptz) is
'After a complete list: what was not observed since then is listed no more. It stays, says so, and is there again when it is listed again. Returns how many.';
