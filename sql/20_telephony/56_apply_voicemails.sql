create function private.apply_voicemails(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer,
  out rejected_positions integer[], out rejection_reasons text[]
)
language plpgsql set search_path = '' as $$
declare
  v_ids text[];
  v_payloads jsonb[];
  v_numbers text[];
begin
  select
    array_agg(r.provider_voicemail_id order by r.place) filter (where r.error is null),
    array_agg(p_items[r.place] order by r.place) filter (where r.error is null),
    array_agg(distinct r.business_number) filter (where r.error is null and r.business_number is not null),
    array_agg(r.place order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_ids, v_payloads, v_numbers, rejected_positions, rejection_reasons
  from private.read_voicemails(p_items) r;

  perform private.add_phone_numbers(p_integration_id, v_numbers);
  perform private.lock_numbers(p_integration_id, v_numbers);
  perform private.lock_voicemails(p_integration_id, false);
  select count(*) filter (where k.is_new), count(*) filter (where k.is_changed) into new_items, changed_items
  from private.keep_items(p_integration_id, 'voicemails', v_ids, v_payloads, p_observed_at) k;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;

  -- Those that say the same as before too: their calls may be known by now.
  perform private.write_voicemails(p_integration_id, v_ids);
end
$$;
comment on function private.apply_voicemails(uuid, jsonb[], timestamptz) is
'Merges a page of the provider''s voicemails, with the recordings of their audio. Items that cannot be voicemails are rejected by position.';
