create function private.apply_calls(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer
)
language plpgsql set search_path = '' as $$
declare
  v_stated text[];
  v_known integer;
  v_written integer;
begin
  perform private.add_phone_numbers(p_integration_id, (
    select array_agg(n) from (
      select distinct private.parse_phone(item ->> 'businessNumber') as n from unnest(p_items) item
    ) numbers
    where n is not null
  ));

  -- A statement heard again only moves its time; it changes a row where another statement is known beside it.
  with stated as (
    insert into private.call_snapshots as s (
      integration_id, provider_call_id, payload_hash, payload, observed_at,
      direction, provider_status, business_number, external_number, external_name, started_at, duration_seconds, legs
    )
    select
      p_integration_id, r.provider_call_id, i.payload_hash, i.item, p_observed_at,
      r.direction, r.provider_status, r.business_number, r.external_number, r.external_name, r.started_at, r.duration_seconds, r.legs
    from (
      select distinct on (id, payload_hash) btrim(item ->> 'id') as id, sha256(convert_to(item::text, 'UTF8')) as payload_hash, item
      from unnest(p_items) item
      order by id, payload_hash
    ) i
    cross join lateral private.read_call(i.item) r
    order by r.provider_call_id, i.payload_hash
    on conflict (integration_id, provider_call_id, payload_hash) do update set observed_at = excluded.observed_at
    where s.observed_at < excluded.observed_at
    returning s.provider_call_id, s.payload_hash, s.xmax = 0 as is_new
  )
  select coalesce(array_agg(distinct t.provider_call_id), '{}') into v_stated
  from stated t
  where t.is_new or exists (
    select from private.call_snapshots other
    where other.integration_id = p_integration_id and other.provider_call_id = t.provider_call_id
      and other.payload_hash <> t.payload_hash
  );

  perform private.lock_calls(array_fill(p_integration_id, array[cardinality(v_stated)]), v_stated);
  select count(*) into v_known from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = any (v_stated);
  v_written := private.write_calls(p_integration_id, v_stated);

  new_items := cardinality(v_stated) - v_known;
  changed_items := v_written - new_items;
  unchanged_items := (select count(distinct btrim(item ->> 'id')) from unnest(p_items) item) - v_written;
end
$$;
comment on function private.apply_calls(uuid, jsonb[], timestamptz) is
'Merges a page of the provider''s call history: keeps what each item states and writes the calls whose facts changed.';
