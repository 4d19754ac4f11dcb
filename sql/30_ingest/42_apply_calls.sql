create function private.apply_calls(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer,
  out rejected_positions integer[], out rejection_reasons text[]
)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_item_ids text[];
  v_item_hashes bytea[];
  v_fresh_items jsonb[];
  v_fresh_hashes bytea[];
  v_fresh_positions integer[];
  v_fresh private.call_snapshots[];
  v_known_ids text[];
  v_known_hashes bytea[];
  v_added text[];
  v_heard_again text[];
  v_call_ids text[];
  v_known integer;
  v_written integer;
begin
  select
    array_agg(btrim(payload ->> 'id') order by n), array_agg(sha256(convert_to(payload::text, 'UTF8')) order by n)
  into v_item_ids, v_item_hashes
  from unnest(p_items) with ordinality as i (payload, n);

  -- What was stated before in the same words was read then.
  select array_agg(k.provider_call_id), array_agg(k.payload_hash) into v_known_ids, v_known_hashes
  from (
    select s.provider_call_id, s.payload_hash
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_item_ids) and s.payload_hash = any (v_item_hashes)
    order by s.provider_call_id, s.payload_hash
  ) k;
  select array_agg(i.payload order by i.n), array_agg(i.payload_hash order by i.n), array_agg(i.n::integer order by i.n)
  into v_fresh_items, v_fresh_hashes, v_fresh_positions
  from unnest(p_items, v_item_hashes) with ordinality as i (payload, payload_hash, n)
  where i.payload_hash not in (select unnest(v_known_hashes));

  select
    array_agg(
      row(
        p_integration_id, r.provider_call_id, v_fresh_hashes[r.place], v_fresh_items[r.place], false, p_observed_at,
        r.direction, r.provider_status, r.business_number, r.external_number, r.external_name, r.started_at,
        r.duration_seconds, r.legs, r.recording_url, r.has_recording
      )::private.call_snapshots
      order by r.provider_call_id, v_fresh_hashes[r.place]
    ) filter (where r.error is null),
    array_agg(v_fresh_positions[r.place] order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_fresh, rejected_positions, rejection_reasons
  from private.read_calls(v_fresh_items) r;

  perform private.add_phone_numbers(p_integration_id, array(
    select distinct f.business_number from unnest(v_fresh) f where f.business_number is not null
  ));

  with added as (
    insert into private.call_snapshots as s
    select distinct on (f.provider_call_id, f.payload_hash) f.* from unnest(v_fresh) f order by f.provider_call_id, f.payload_hash
    on conflict (integration_id, provider_call_id, payload_hash)
    do update set observed_at = greatest(s.observed_at, excluded.observed_at)
    returning s.provider_call_id
  )
  select array_agg(a.provider_call_id) into v_added from added a;

  -- A statement heard again moves its time; it can change a row only where another statement stands beside it. In key order, so
  -- that two workers with the same page wait for each other instead of deadlocking.
  with heard_again as (
    update private.call_snapshots s set observed_at = p_observed_at
    from (
      select k.call_id, k.payload_hash from unnest(v_known_ids, v_known_hashes) with ordinality as k (call_id, payload_hash, n) order by k.n
    ) k
    where s.integration_id = p_integration_id and s.provider_call_id = k.call_id and s.payload_hash = k.payload_hash
      and s.observed_at < p_observed_at
    returning s.provider_call_id
  )
  select array_agg(h.provider_call_id) into v_heard_again from heard_again h;

  -- Only under the locks is it certain which other statements there are.
  v_call_ids := array(select unnest(v_added) union select unnest(v_heard_again));
  perform private.lock_call_slots(array_fill(p_integration_id, array[cardinality(v_call_ids)]), v_call_ids);
  v_call_ids := array(
    select unnest(v_added)
    union
    select s.provider_call_id
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_heard_again)
    group by s.provider_call_id
    having count(*) > 1
  );

  perform private.lock_numbers_of_calls(array_fill(p_integration_id, array[cardinality(v_call_ids)]), v_call_ids);
  select count(*) into v_known from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = any (v_call_ids);
  v_written := private.write_calls(p_integration_id, v_call_ids);

  new_items := cardinality(v_call_ids) - v_known;
  changed_items := v_written - new_items;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - v_written;
end
$$;
comment on function private.apply_calls(uuid, jsonb[], timestamptz) is
'Merges a page of the provider''s call history: keeps what each item states and writes the calls whose facts changed. Items that cannot be calls are rejected by position.';
