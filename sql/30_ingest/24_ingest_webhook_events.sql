create function private.ingest_webhook_events(p_deliveries jsonb[])
returns table (ordinal integer, event_id bigint, status text, is_duplicate boolean)
language plpgsql security definer
set search_path = '' set timezone = 'UTC' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_ordinals integer[];
  v_integration_ids uuid[];
  v_keys text[];
  v_inserted bigint[];
  v_again bigint[];
begin
  perform from public.integrations i
  where i.id = any (array(select (d ->> 'integration_id')::uuid from unnest(p_deliveries) d))
  order by i.id
  for key share;

  with delivered as materialized (
    select
      n::integer as ordinal, d.integration_id, d.received_at, d.body,
      private.read_body(d.body) as payload
    from unnest(p_deliveries) with ordinality as delivery (envelope, n)
    cross join lateral jsonb_to_record(envelope) as d (integration_id uuid, body text, received_at timestamptz)
  ),
  keyed as materialized (
    select
      d.*,
      case
        when char_length(d.payload ->> 'Guid') between 1 and 200 and d.payload ->> 'Guid' ~ '[^0{}-]'
        then 'guid:' || lower(d.payload ->> 'Guid')
        else 'sha256:' || encode(sha256(convert_to(d.body, 'UTF8')), 'hex')
      end as dedupe_key
    from delivered d
  ),
  inserted as (
    insert into private.webhook_events (
      org_id, integration_id, dedupe_key, received_at, payload, unreadable_body, had_nul,
      event_type, provider_call_id, direction, kind, is_agent_event, extension, from_number, to_number,
      occurred_at, duration_seconds, recording_url, has_recording, status, error
    )
    select
      coalesce(
        (select c.org_id from public.calls c where c.integration_id = i.id and c.provider_call_id = e.provider_call_id), i.org_id
      ),
      i.id, d.dedupe_key, d.received_at, d.payload,
      case when d.payload is null then regexp_replace(
        d.body, '("(?:x-)?api[_-]?key"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[^,}\]\s]+)', '\1"[redacted]"', 'gi'
      ) end,
      private.without_nul(d.body) <> d.body,
      e.event_type, e.provider_call_id, e.direction, e.kind, e.is_agent_event, e.extension, e.from_number, e.to_number,
      e.occurred_at, e.duration_seconds, e.recording_url, e.has_recording,
      case when d.payload is null then 'failed' when i.disabled_at is not null then 'kept' else e.status end,
      case when d.payload is null then 'The body is nested too deep, or holds what Postgres cannot.' when i.disabled_at is null then e.error end
    from keyed d
    join public.integrations i on i.id = d.integration_id
    cross join lateral private.read_event(d.payload, d.received_at) e
    -- In key order: two batches with the same deliveries wait for each other instead of deadlocking.
    order by i.id, d.dedupe_key, d.ordinal
    on conflict (integration_id, dedupe_key) do nothing
    returning id
  )
  select
    array_agg(k.ordinal), array_agg(k.integration_id), array_agg(k.dedupe_key), (select array_agg(i.id) from inserted i)
  into v_ordinals, v_integration_ids, v_keys, v_inserted
  from keyed k;

  -- Delivered again after a failure, or after the integration was enabled: what counts is applied, not seen.
  select array_agg(e.id) into v_again
  from unnest(v_integration_ids, v_keys) as k (integration_id, dedupe_key)
  join private.webhook_events e using (integration_id, dedupe_key)
  where e.status in ('failed', 'kept') and e.id <> all (coalesce(v_inserted, '{}'));
  perform private.apply_webhook_events(coalesce(v_inserted, '{}'), coalesce(v_again, '{}'));

  return query
  select
    k.ordinal, e.id, e.status,
    e.id <> all (coalesce(v_inserted, '{}')) or row_number() over (partition by e.id order by k.ordinal) > 1
  from unnest(v_ordinals, v_integration_ids, v_keys) as k (ordinal, integration_id, dedupe_key)
  join private.webhook_events e using (integration_id, dedupe_key)
  order by k.ordinal;
end
$$;
comment on function private.ingest_webhook_events(jsonb[]) is
'The delivery door: keeps authenticated deliveries {integration_id, body, received_at} and applies them, all in one transaction.';
grant execute on function private.ingest_webhook_events(jsonb[]) to webhooks;
