create function private.apply_calls(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer
)
language plpgsql set search_path = '' as $$
declare
  v_all text[];
  v_stated text[];
  v_known integer;
begin
  perform private.add_phone_numbers(p_integration_id, (
    select array_agg(n) from (
      select distinct private.parse_phone(item ->> 'businessNumber') as n from unnest(p_items) item
    ) numbers
    where n is not null
  ));

  select array_agg(distinct btrim(item ->> 'id')) into v_all from unnest(p_items) item;
  select count(*) into v_known from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = any (v_all);

  -- Only a statement that is new, or that was not the latest one, can change a row.
  with stated as (
    insert into private.call_snapshots as s (integration_id, provider_call_id, payload_hash, payload, observed_at)
    select distinct on (1, 2, 3)
      p_integration_id, btrim(item ->> 'id'), sha256(convert_to(item::text, 'UTF8')), item, p_observed_at
    from unnest(p_items) item
    order by 1, 2, 3
    on conflict (integration_id, provider_call_id, payload_hash) do update set observed_at = excluded.observed_at
    where s.observed_at < excluded.observed_at
      and exists (
        select from private.call_snapshots other
        where other.integration_id = s.integration_id and other.provider_call_id = s.provider_call_id
          and other.payload_hash <> s.payload_hash
      )
    returning s.provider_call_id
  )
  select coalesce(array_agg(distinct provider_call_id), '{}') into v_stated from stated;

  perform private.lock_calls(array_fill(p_integration_id, array[cardinality(v_stated)]), v_stated);
  changed_items := private.write_calls(p_integration_id, v_stated);
  new_items := coalesce(cardinality(v_all), 0) - v_known;
  changed_items := greatest(changed_items - new_items, 0);
  unchanged_items := coalesce(cardinality(v_all), 0) - new_items - changed_items;
end
$$;
comment on function private.apply_calls(uuid, jsonb[], timestamptz) is
'Merges a page of the provider''s call history: keeps what each item states and writes the calls whose facts changed.';
