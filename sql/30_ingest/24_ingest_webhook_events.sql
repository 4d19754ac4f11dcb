create table private.received_deliveries (
  id bigint generated always as identity primary key,
  integration_id uuid not null,
  received_at timestamptz not null,
  dedupe_key text collate "C" not null,
  payload jsonb,
  unreadable_body text,
  had_nul boolean not null default false,
  retry_at timestamptz not null default '-infinity',
  error text
)
-- Rows stay for milliseconds.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
comment on table private.received_deliveries is
'Deliveries that were acknowledged while others waited, as webhook_events will hold them: between the commit of the door and that of apply_received_deliveries.';
comment on column private.received_deliveries.retry_at is 'Not before then; put off where the delivery could not be kept, see error.';

alter table private.received_deliveries enable row level security;

create function private.read_deliveries(p_integration_ids uuid[], p_bodies text[], p_received_ats timestamptz[])
returns private.received_deliveries[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
  v_payloads jsonb[];
begin
  begin
    v_payloads := p_bodies::jsonb[];
  exception when data_exception or program_limit_exceeded then
    -- One of them is nothing that jsonb can hold.
    v_payloads := array(
      select private.parse_json(private.without_nul(b.body)) from unnest(p_bodies) with ordinality as b (body, n) order by b.n
    );
  end;
  return array(
    select
      row(
        d.n, d.integration_id, d.received_at,
        case
          when char_length(p.guid) between 1 and 200 and p.guid ~ '[^0{}-]' then 'guid:' || lower(p.guid)
          else 'sha256:' || encode(sha256(convert_to(d.body, 'UTF8')), 'hex')
        end,
        p.payload,
        case when p.payload is null then regexp_replace(
          d.body, '("(?:x-)?api[_-]?key"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[^,}\]\s]+)', '\1"[redacted]"', 'gi'
        ) end,
        strpos(d.body, '\u0000') > 0 and private.without_nul(d.body) <> d.body, '-infinity', null
      )::private.received_deliveries
    from unnest(p_integration_ids, p_bodies, p_received_ats, v_payloads) with ordinality as d (integration_id, body, received_at, payload, n)
    join public.integrations i on i.id = d.integration_id
    -- Mostly a body is short, the key stands where it always stands, and nothing else can be read as its name: then none is looked
    -- at singly.
    cross join lateral (
      select case when octet_length(d.body) < 1500 and jsonb_typeof(d.payload) = 'object' then (d.payload - 'ApiKey')::text end as rest
      offset 0
    ) r
    cross join lateral (
      select
        case
          when r.rest !~* '[^ -~]|\\|k[^a-z]*e[^a-z]*y' then jsonb_set(d.payload, '{ApiKey}', '"[redacted]"', false)
          else private.try_redact_api_key(d.payload)
        end as payload
      offset 0
    ) s
    cross join lateral (select s.payload, s.payload ->> 'Guid' as guid offset 0) p
    order by d.n
  );
end
$$;
comment on function private.read_deliveries(uuid[], text[], timestamptz[]) is
'Deliveries as they may be stored, each with its place as id: without the account''s key, and with what tells that one came before. Those of an integration that is gone are left out.';

create function private.keep_deliveries(p_deliveries private.received_deliveries[])
returns table (place integer, event_id bigint, status text, is_duplicate boolean)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_holding_org_id constant uuid := private.holding_org_id();
  v_inserted bigint[];
begin
  perform from public.integrations i
  where i.id = any (array(select d.integration_id from unnest(p_deliveries) d))
  order by i.id
  for key share;

  with inserted as (
    insert into private.webhook_events (
      org_id, integration_id, dedupe_key, received_at, payload, unreadable_body, had_nul,
      event_type, provider_call_id, direction, kind, is_agent_event, extension, from_number, to_number,
      occurred_at, duration_seconds, recording_url, has_recording, status, error
    )
    select
      coalesce(c.org_id, l.org_id, i.org_id),
      i.id, d.dedupe_key, d.received_at, d.payload, d.unreadable_body, d.had_nul,
      e.event_type, e.provider_call_id, e.direction, e.kind, e.is_agent_event, e.extension, e.from_number, e.to_number,
      e.occurred_at, e.duration_seconds, e.recording_url, e.has_recording,
      case when d.payload is null then 'failed' when i.disabled_at is not null then 'kept' else e.status end,
      case when d.payload is null then 'The body is nested too deep, or holds what Postgres cannot.' when i.disabled_at is null then e.error end
    from unnest(p_deliveries) with ordinality as d
    join private.read_events(
      array(select g.payload from unnest(p_deliveries) with ordinality as g order by g.ordinality),
      array(select g.received_at from unnest(p_deliveries) with ordinality as g order by g.ordinality)
    ) e on e.place = d.ordinality
    join public.integrations i on i.id = d.integration_id
    left join lateral (
      select org_id from public.calls where integration_id = i.id and provider_call_id = e.provider_call_id limit 1
    ) c on true
    -- Of a call that is about to be written, whose it will be, most likely; else write_calls moves the event.
    left join lateral (
      select id
      from public.phone_numbers
      where integration_id = i.id and e164 = case
        when i.org_id = v_holding_org_id and i.disabled_at is null and e.status = 'applied' and e.kind <> 'recording' and c.org_id is null then
          case e.direction when 'inbound' then e.to_number else e.from_number end
      end
      limit 1
    ) n on true
    left join lateral (
      select org_id from public.lines where phone_number_id = n.id and period @> coalesce(e.occurred_at, d.received_at) limit 1
    ) l on true
    -- In key order: two batches with the same deliveries wait for each other instead of deadlocking.
    order by i.id, d.dedupe_key, d.ordinality
    on conflict (integration_id, dedupe_key) do nothing
    returning id
  )
  select array_agg(i.id) into v_inserted from inserted i;

  return query
  select
    d.ordinality::integer, e.id, e.status,
    e.id not in (select unnest(v_inserted)) or row_number() over (partition by e.id order by d.ordinality) > 1
  from unnest(p_deliveries) with ordinality as d
  join private.webhook_events e on e.integration_id = d.integration_id and e.dedupe_key = d.dedupe_key
  order by d.ordinality;
end
$$;
comment on function private.keep_deliveries(private.received_deliveries[]) is
'Puts deliveries into webhook_events, read, once each, and tells what is kept of each in their order; those of an integration that is gone are left out. Whoever calls it applies them.';

create function private.ingest_deliveries(
  p_deliveries private.received_deliveries[], out places integer[], out event_ids bigint[], out are_duplicates boolean[]
)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
  v_new_ids bigint[];
  v_again_ids bigint[];
begin
  -- Delivered again after a failure, or after the integration was enabled: what counts is applied, not seen.
  select
    array_agg(k.place), array_agg(k.event_id), array_agg(k.is_duplicate), array_agg(k.event_id) filter (where not k.is_duplicate),
    array_agg(k.event_id) filter (where k.is_duplicate and k.status in ('failed', 'kept'))
  into places, event_ids, are_duplicates, v_new_ids, v_again_ids
  from private.keep_deliveries(p_deliveries) k;
  perform private.apply_webhook_events(
    coalesce(v_new_ids, '{}'), array(select unnest(v_again_ids) except select unnest(v_new_ids))
  );
end
$$;
comment on function private.ingest_deliveries(private.received_deliveries[]) is
'Keeps deliveries and applies them, in the caller''s transaction; tells which events they are, those of an integration that is gone left out.';

create function private.ingest_webhook_events(p_deliveries jsonb[])
returns table (ordinal integer, event_id bigint, status text, is_duplicate boolean)
language plpgsql security definer
set search_path = '' set timezone = 'UTC' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_read private.received_deliveries[];
  v_ingested record;
begin
  select private.read_deliveries(array_agg(d.integration_id order by e.n), array_agg(d.body order by e.n), array_agg(d.received_at order by e.n))
  into v_read
  from unnest(p_deliveries) with ordinality as e (envelope, n)
  cross join lateral jsonb_to_record(e.envelope) as d (integration_id uuid, body text, received_at timestamptz);
  v_ingested := private.ingest_deliveries(v_read);

  return query
  select (v_read[k.place]).id::integer, k.event_id, e.status, k.is_duplicate
  from unnest(v_ingested.places, v_ingested.event_ids, v_ingested.are_duplicates) as k (place, event_id, is_duplicate)
  join private.webhook_events e on e.id = k.event_id
  order by k.place;
end
$$;
comment on function private.ingest_webhook_events(jsonb[]) is
'The delivery door: keeps authenticated deliveries {integration_id, body, received_at} and applies them, all in one transaction.';
grant execute on function private.ingest_webhook_events(jsonb[]) to webhooks;

create function private.receive_deliveries(p_integration_ids uuid[], p_bodies text[], p_received_ats timestamptz[]) returns integer[]
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
  v_read constant private.received_deliveries[] := private.read_deliveries(p_integration_ids, p_bodies, p_received_ats);
  v_places integer[];
begin
  with received as (
    insert into private.received_deliveries (integration_id, received_at, dedupe_key, payload, unreadable_body, had_nul)
    select d.integration_id, d.received_at, d.dedupe_key, d.payload, d.unreadable_body, d.had_nul from unnest(v_read) d
  )
  select array_agg(d.id) into v_places from unnest(v_read) d;
  return v_places;
end
$$;
comment on function private.receive_deliveries(uuid[], text[], timestamptz[]) is
'The delivery door when many come at once: stores authenticated deliveries, to be kept and applied by apply_received_deliveries, and returns the places of those whose integration there is.';

create function private.apply_received_deliveries(p_limit integer) returns integer
language plpgsql security definer
set search_path = '' set timezone = 'UTC' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_deliveries private.received_deliveries[];
  v_delivery private.received_deliveries;
begin
  -- Two batches at a time would wait for each other's calls, and write some of them twice.
  if not pg_try_advisory_xact_lock(hashtext('private.apply_received_deliveries')) then
    return null;
  end if;
  with taken as (
    delete from private.received_deliveries r
    where r.id = any (array(select n.id from private.received_deliveries n where n.retry_at <= now() order by n.id limit p_limit))
    returning r as delivery
  )
  select array_agg(t.delivery order by (t.delivery).id) into v_deliveries from taken t;
  if v_deliveries is null then
    return 0;
  end if;
  begin
    perform private.ingest_deliveries(v_deliveries);
  exception
    -- These pass by themselves, and nothing is taken.
    when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
      raise;
    when others then
      foreach v_delivery in array v_deliveries loop
        begin
          perform private.ingest_deliveries(array[v_delivery]);
        exception
          when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
            raise;
          when others then
            v_delivery.retry_at := now() + interval '1 minute';
            v_delivery.error := sqlerrm;
            insert into private.received_deliveries overriding system value select v_delivery.*;
        end;
      end loop;
  end;
  return cardinality(v_deliveries);
end
$$;
comment on function private.apply_received_deliveries(integer) is
'Keeps and applies deliveries that were acknowledged before, oldest first and at most so many, and returns how many: 0 when none wait, null while another does it. One that cannot be kept stays, with the reason.';
grant execute on function private.receive_deliveries(uuid[], text[], timestamptz[]), private.apply_received_deliveries(integer) to webhooks;
grant execute on function private.apply_received_deliveries(integer) to sync;
