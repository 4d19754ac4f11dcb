-- Planned from what changed in sql/.
set lock_timeout = '5s';

set local check_function_bodies = off;

DROP FUNCTION "private"."apply_staged_items"(uuid, text, timestamp with time zone, timestamp with time zone, integer, boolean, timestamp with time zone);

DROP FUNCTION "private"."ingest_deliveries"(private.received_deliveries[]);

DROP FUNCTION "private"."keep_deliveries"(private.received_deliveries[]);

DROP FUNCTION "private"."read_body"(text);

DROP FUNCTION "private"."read_deliveries"(jsonb[]);

DROP FUNCTION "private"."read_event"(jsonb, timestamp with time zone);

DROP FUNCTION "private"."receive_deliveries"(jsonb);

-- It only held a page while its job wrote it.
-- squawk-ignore ban-drop-table
DROP TABLE "private"."staged_items";

CREATE OR REPLACE FUNCTION private.add_recordings(p_recordings public.recordings[], p_urls text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  insert into public.recordings (
    id, org_id, integration_id, kind, call_id, voicemail_id, line_id, member_ids, direction, external_number, started_at, duration_seconds
  )
  select
    k.id, k.org_id, k.integration_id, k.kind, k.call_id, k.voicemail_id, k.line_id, k.member_ids, k.direction, k.external_number,
    k.started_at, k.duration_seconds
  from unnest(p_recordings) k;

  insert into private.recording_sources (recording_id, url)
  select k.id, p_urls[k.ordinality] from unnest(p_recordings) with ordinality k;
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_page(p_job_id uuid, p_worker text, p_items text[], p_observed_at timestamp with time zone, p_through timestamp with time zone, p_total integer, p_is_last boolean, p_now timestamp with time zone)
 RETURNS TABLE(new_items integer, changed_items integer, unchanged_items integer, rejected_items integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
#variable_conflict use_column
declare
  v_job public.sync_jobs;
  v_items text[] := p_items;
  v_payloads jsonb[];
  v_result record;
  v_rejected text[];
  v_reasons text[];
begin
  select * into v_job from public.sync_jobs j
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running'
  for update;
  if not found then
    raise exception 'Job % is no longer this worker''s.', p_job_id using errcode = 'PT409', detail = 'lease_lost';
  end if;

  begin
    if strpos(array_to_string(v_items, ''), '\u0000') = 0 then
      v_payloads := v_items::jsonb[];
    else
      v_payloads := array(select private.without_nul(i.item)::jsonb from unnest(v_items) with ordinality as i (item, n) order by i.n);
    end if;
  exception when data_exception or program_limit_exceeded then
    -- One of them cannot be held, so each is tried by itself.
    with parsed as materialized (
      select i.n, i.item, private.parse_json(private.without_nul(i.item)) as payload
      from unnest(v_items) with ordinality as i (item, n)
    )
    select
      array_agg(p.payload order by p.n) filter (where p.payload is not null),
      array_agg(p.item order by p.n) filter (where p.payload is not null),
      array_agg(p.item order by p.n) filter (where p.payload is null)
    into v_payloads, v_items, v_rejected
    from parsed p;
  end;
  v_reasons := array_fill('The item is not JSON that Postgres can hold.'::text, array[coalesce(cardinality(v_rejected), 0)]);

  v_payloads := coalesce(v_payloads, '{}');
  case v_job.resource
    when 'calls' then select * into v_result from private.apply_calls(v_job.integration_id, v_payloads, p_observed_at);
    when 'messages' then select * into v_result from private.apply_messages(v_job.integration_id, v_payloads, p_observed_at);
    when 'voicemails' then select * into v_result from private.apply_voicemails(v_job.integration_id, v_payloads, p_observed_at);
    when 'contacts' then select * into v_result from private.apply_contacts(v_job.integration_id, v_payloads, p_observed_at);
    when 'team' then select * into v_result from private.apply_team(v_job.integration_id, v_payloads, p_observed_at);
    when 'agent_status' then select * into v_result from private.apply_agent_status(v_job.integration_id, v_payloads, p_observed_at);
    when 'phone_numbers' then select * into v_result from private.apply_phone_numbers(v_job.integration_id, v_payloads, p_observed_at);
  end case;
  if p_is_last and v_job.resource in ('team', 'contacts') then
    perform private.unlist_missing(v_job.integration_id, v_job.resource, v_job.started_at);
  elsif p_is_last and v_job.resource = 'phone_numbers' and v_job.kind <> 'test' then
    perform private.unlist_phone_numbers(v_job.integration_id, v_job.started_at);
  end if;
  v_rejected := v_rejected || array(select v_items[n] from unnest(v_result.rejected_positions) n);
  v_reasons := v_reasons || v_result.rejection_reasons;

  -- Only now: its foreign key locks the integration, which a page with new numbers must lock first.
  insert into private.rejected_items (org_id, integration_id, resource, item_hash, item, reason, rejected_at)
  select distinct on (4)
    v_job.org_id, v_job.integration_id, v_job.resource, sha256(convert_to(r.item, 'UTF8')), r.item, r.reason, p_now
  from unnest(v_rejected, v_reasons) as r (item, reason)
  order by 4
  on conflict (integration_id, resource, item_hash) do update set reason = excluded.reason, rejected_at = excluded.rejected_at;

  update public.sync_jobs j set
    items_total = coalesce(p_total, j.items_total),
    items_new = j.items_new + v_result.new_items,
    items_changed = j.items_changed + v_result.changed_items,
    items_unchanged = j.items_unchanged + v_result.unchanged_items,
    items_rejected = j.items_rejected + coalesce(cardinality(v_rejected), 0),
    pages_read = j.pages_read + 1,
    -- A backfill of years meets many an outage: what counts is whether it gets on.
    attempt = case when v_job.kind = 'backfill' and p_through is not null then 1 else j.attempt end,
    read_through = case when p_through is null then j.read_through else least(p_through, j.range_to) end,
    lease_until = p_now + interval '2 minutes'
  where j.id = p_job_id;

  if p_through is not null and v_job.kind = 'scheduled' then
    update private.sync_cursors c set watermark = greatest(c.watermark, least(p_through, v_job.range_to))
    where c.integration_id = v_job.integration_id and c.resource = v_job.resource;
  end if;

  return query
  select v_result.new_items, v_result.changed_items, v_result.unchanged_items, coalesce(cardinality(v_rejected), 0);
end
$function$;

CREATE OR REPLACE FUNCTION private.apply_received_deliveries(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.apply_webhook_events(p_read_ids bigint[], p_unread_ids bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_integration_ids uuid[];
  v_call_ids text[];
  v_group record;
  v_call_id text;
  v_message_ids bigint[];
  v_event record;
begin
  select
    array_agg(e.integration_id) filter (where e.provider_call_id is not null),
    array_agg(e.provider_call_id) filter (where e.provider_call_id is not null),
    array_agg(e.id) filter (where e.kind = 'message')
  into v_integration_ids, v_call_ids, v_message_ids
  from private.webhook_events e
  where e.id = any (p_read_ids) and e.status = 'applied';
  if p_unread_ids <> '{}' then
    select v_integration_ids || array_agg(u.integration_id), v_call_ids || array_agg(r.provider_call_id), v_message_ids || p_unread_ids
    into v_integration_ids, v_call_ids, v_message_ids
    from (
      select e.integration_id, array_agg(e.payload) as payloads, array_agg(e.received_at) as received_ats
      from private.webhook_events e
      where e.id = any (p_unread_ids)
      group by e.integration_id
    ) u
    cross join lateral private.read_events(u.payloads, u.received_ats) r
    where r.provider_call_id is not null;
  end if;
  if v_call_ids is not null then
    perform private.lock_calls(v_integration_ids, v_call_ids);
  end if;

  if p_unread_ids <> '{}' then
    update private.webhook_events e set
      event_type = r.event_type, provider_call_id = r.provider_call_id, direction = r.direction, kind = r.kind,
      is_agent_event = r.is_agent_event, extension = r.extension, from_number = r.from_number, to_number = r.to_number,
      occurred_at = r.occurred_at, duration_seconds = r.duration_seconds, recording_url = r.recording_url,
      has_recording = r.has_recording, status = r.status, error = r.error
    from (
      select u.ids[facts.place] as id, facts.*
      from (
        select array_agg(w.id) as ids, array_agg(w.payload) as payloads, array_agg(w.received_at) as received_ats
        from private.webhook_events w
        join public.integrations i on i.id = w.integration_id and i.disabled_at is null
        where w.id = any (p_unread_ids) and w.payload is not null
        group by w.integration_id
      ) u
      cross join lateral private.read_events(u.payloads, u.received_ats) facts
    ) r
    where e.id = r.id;
  end if;

  for v_group in
    select c.integration_id, array_agg(distinct c.call_id) as call_ids
    from unnest(v_integration_ids, v_call_ids) as c (integration_id, call_id)
    group by c.integration_id
    order by c.integration_id
  loop
    begin
      perform private.write_calls(v_group.integration_id, v_group.call_ids);
    exception
      -- These pass by themselves: the sender tries again and nothing is marked.
      when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
        raise;
      when others then
        -- One of them cannot be written: one by one, so that the others are.
        foreach v_call_id in array v_group.call_ids loop
          begin
            perform private.write_calls(v_group.integration_id, array[v_call_id]);
          exception
            when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
              raise;
            when others then
              update private.webhook_events e set status = 'failed', error = sqlerrm
              where e.id = any (p_read_ids || p_unread_ids)
                and e.integration_id = v_group.integration_id and e.provider_call_id = v_call_id;
          end;
        end loop;
    end;
  end loop;

  for v_event in
    select e.id, e.integration_id, e.payload, e.received_at
    from private.webhook_events e
    where e.id = any (v_message_ids) and e.kind = 'message' and e.status = 'applied'
    order by e.integration_id, e.id
  loop
    begin
      perform private.apply_message_events(v_event.integration_id, array[v_event.payload], array[v_event.received_at]);
    exception
      when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
        raise;
      when others then
        update private.webhook_events e set status = 'failed', error = sqlerrm where e.id = v_event.id;
    end;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION private.derive_calls(p_integration_id uuid, p_call_ids text[])
 RETURNS TABLE(call public.calls, legs public.legs[], has_recording boolean, recording_url text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  v_owner_id uuid := (select i.org_id from public.integrations i where i.id = p_integration_id);
  v_is_platform_wide boolean := v_owner_id = private.holding_org_id();
  -- Of most pages of the history no event tells, which is asked once instead of three times a call.
  v_is_told boolean := exists (
    select from private.webhook_events e where e.integration_id = p_integration_id and e.provider_call_id = any (p_call_ids)
  );
begin
  -- Call by call, each fact through an index: the same plan serves one delivery and a page of a thousand calls. "offset 0"
  -- keeps a value that is used often from being worked out at every use, "limit 1" keeps every key in the index condition.
  -- No sequential scans: plans made while tables are small outlive their being small.
  return query
  select
    row(
      k.id, o.org_id, p_integration_id, k.provider_call_id, n.id, l.id, k.direction,
      k.business_number, k.external_number, stated.external_name,
      k.started_at, told.arrived_at, told.rang_at, case when j.outcome is null or j.outcome = 'answered' then told.connected_at end,
      j.ended_at,
      j.outcome, j.outcome = 'answered' and coalesce(lower(stated.provider_status) = 'dropped', false), stated.provider_status,
      case when k.direction = 'inbound' then
        private.seconds_between(
          least(told.arrived_at, told.rang_at),
          case when j.outcome = 'answered' then told.connected_at when j.outcome is not null then told.completed_at end
        )
      end,
      case when j.outcome = 'answered' then
        case when g.talk_is_known then g.talk_seconds::int else private.seconds_between(told.connected_at, j.ended_at) end
      end,
      case when j.outcome is not null then
        coalesce(
          stated.duration_seconds, told.duration_seconds,
          -- Of a call of which only the end was told, the start is not known.
          case when stated.started_at is not null or told.first_at < told.completed_at then
            private.seconds_between(k.started_at, j.ended_at)
          end
        )
      end,
      least(greatest(g.connected - 1, told.transfers, 0), 32767)::smallint,
      coalesce(g.member_ids, '{}'), stated.deleted_at, now(), now()
    )::public.calls,
    coalesce(g.legs, '{}'),
    stated.has_recording or audio.is_told,
    coalesce(stated.recording_url, audio.url)
  from unnest(p_call_ids) as c (provider_call_id)

  -- What the history states: the latest observed first, field by field; ties by hash, so that the order of arrival decides nothing.
  cross join lateral (
    select
      coalesce(bool_or(not s.is_tombstone), false) as is_listed,
      (array_agg(s.direction) filter (where s.direction is not null))[1] as direction,
      (array_agg(s.provider_status) filter (where s.provider_status is not null))[1] as provider_status,
      (array_agg(s.business_number) filter (where s.business_number is not null))[1] as business_number,
      (array_agg(s.external_number) filter (where s.external_number is not null))[1] as external_number,
      (array_agg(s.external_name) filter (where s.external_name is not null))[1] as external_name,
      (array_agg(s.started_at) filter (where s.started_at is not null))[1] as started_at,
      (array_agg(s.duration_seconds) filter (where s.duration_seconds is not null))[1] as duration_seconds,
      (array_agg(s.legs) filter (where s.legs is not null))[1] as legs,
      (array_agg(s.recording_url) filter (where s.recording_url is not null))[1] as recording_url,
      coalesce(bool_or(s.has_recording), false) as has_recording,
      (array_agg(case when s.is_tombstone then s.observed_at end))[1] as deleted_at
    from (
      select * from private.call_snapshots
      where integration_id = p_integration_id and provider_call_id = c.provider_call_id
      order by observed_at desc, payload_hash desc
    ) s
  ) stated

  -- What events tell: the earliest arrival, ring and connection, the latest completion.
  cross join lateral (
    select
      min(e.direction) as direction,
      (array_agg(e.from_number) filter (where e.from_number is not null))[1] as from_number,
      (array_agg(e.to_number) filter (where e.to_number is not null))[1] as to_number,
      min(e.received_at) as received_at,
      min(e.occurred_at) as first_at,
      min(e.occurred_at) filter (where e.kind = 'arrived') as arrived_at,
      min(e.occurred_at) filter (where e.kind = 'ringing') as rang_at,
      min(e.occurred_at) filter (where e.kind = 'connected') as connected_at,
      max(e.occurred_at) filter (where e.is_end) as completed_at,
      coalesce(bool_or(e.kind = 'connected'), false) as has_connected,
      coalesce(bool_or(e.is_end), false) as has_completed,
      coalesce(bool_or(e.kind = 'voicemail'), false) as has_voicemail,
      count(*) filter (where e.kind = 'transferred') as transfers,
      max(e.duration_seconds) filter (where e.is_end) as duration_seconds
    from (
      select *, kind = 'completed' and not is_agent_event as is_end
      from private.webhook_events
      where v_is_told and integration_id = p_integration_id and provider_call_id = c.provider_call_id and status = 'applied'
        -- That there is a recording does not tell that, or when, there was a call.
        and kind <> 'recording'
      order by occurred_at, dedupe_key
    ) e
  ) told

  cross join lateral (
    select
      c.provider_call_id,
      extensions.uuid_generate_v5(p_integration_id, c.provider_call_id) as id,
      coalesce(stated.direction, told.direction, 'inbound') as direction,
      coalesce(stated.started_at, told.first_at, told.received_at) as started_at,
      -- An event does not say which of its numbers is ours: what is called from outside, else what calls.
      coalesce(
        stated.business_number, case told.direction when 'inbound' then told.to_number else told.from_number end
      ) as business_number,
      case when coalesce(stated.direction, told.direction, '') <> 'internal' then
        coalesce(stated.external_number, case told.direction when 'inbound' then told.from_number else told.to_number end)
      end as external_number
    offset 0
  ) k

  -- Whose it is: the organization that had the number when the call started.
  left join lateral (
    select id from public.phone_numbers where integration_id = p_integration_id and e164 = k.business_number limit 1
  ) n on true
  left join lateral (
    select id, org_id
    from public.lines
    where phone_number_id = n.id and period @> k.started_at and (v_is_platform_wide or org_id = v_owner_id)
    limit 1
  ) l on true
  cross join lateral (select coalesce(l.org_id, v_owner_id) as org_id offset 0) o

  cross join lateral (
    select
      array_agg(
        row(
          extensions.uuid_generate_v5(k.id, leg.extension), o.org_id, k.id, leg.extension, leg.member_id, leg.name,
          leg.is_connected, leg.rang_at, leg.answered_at, leg.ended_at, leg.talk_seconds, now(), now()
        )::public.legs
      ) as legs,
      count(*) filter (where leg.is_connected) as connected,
      sum(leg.talk_seconds) as talk_seconds,
      bool_and(leg.talk_seconds is not null) filter (where leg.is_connected) as talk_is_known,
      array_agg(distinct leg.member_id order by leg.member_id) filter (where leg.member_id is not null) as member_ids
    from (
      select p.*, m.member_id, private.seconds_between(p.answered_at, p.ended_at) as talk_seconds
      from (
        select
          a.*,
          -- Without an end of its own, a leg ends where the next agent answers, else with the call.
          case when a.is_connected then
            coalesce(a.own_end, lead(a.answered_at) over (order by a.answered_at, a.extension), told.completed_at)
          end as ended_at
        from (
          -- Who took part is known from either source, when from events alone.
          select
            source.extension, max(source.name) as name, bool_or(source.is_connected) as is_connected,
            min(source.occurred_at) filter (where source.kind = 'ringing') as rang_at,
            min(source.occurred_at) filter (where source.kind = 'connected') as answered_at,
            max(source.occurred_at) filter (where source.kind = 'completed') as own_end
          from (
            select s.extension, s.name, s.is_connected, null as kind, null::timestamptz as occurred_at
            from jsonb_to_recordset(stated.legs) as s (extension text, name text, is_connected boolean)
            union all
            select e.extension, null, e.kind = 'connected', e.kind, e.occurred_at
            from private.webhook_events e
            where v_is_told and e.integration_id = p_integration_id and e.provider_call_id = c.provider_call_id and e.status = 'applied'
              -- An arriving call names the extension dialled, not an agent.
              and e.extension is not null
              and (e.kind in ('ringing', 'stop_ringing', 'connected', 'completed') or (e.kind = 'arrived' and e.direction <> 'inbound'))
          ) source
          group by source.extension
        ) a
      ) p
      left join lateral (
        select h.member_id
        from (
          select member_id, org_id, period
          from public.member_extensions
          where integration_id = p_integration_id and extension collate "C" = p.extension
          offset 0
        ) h
        where h.period @> k.started_at and h.org_id = o.org_id
        limit 1
      ) m on true
      offset 0
    ) leg
  ) g

  cross join lateral (
    select
      case
        when not stated.is_listed and not told.has_completed then null
        when lower(stated.provider_status) = 'connected' then 'answered'
        when lower(stated.provider_status) = 'voicemail' then 'voicemail'
        when lower(stated.provider_status) = 'missed' then 'missed'
        when told.has_connected or g.connected > 0 then 'answered'
        when told.has_voicemail then 'voicemail'
        else 'missed'
      end as outcome,
      coalesce(
        k.started_at + make_interval(secs => stated.duration_seconds),
        case when told.completed_at is not null then greatest(told.completed_at, k.started_at) end
      ) as ended_at
    offset 0
  ) j

  cross join lateral (
    select
      count(*) > 0 as is_told,
      (array_agg(e.recording_url order by e.received_at desc, e.dedupe_key) filter (where e.recording_url is not null))[1] as url
    from (
      select recording_url, received_at, dedupe_key
      from private.webhook_events
      where v_is_told and integration_id = p_integration_id and provider_call_id = c.provider_call_id and status = 'applied' and has_recording
      offset 0
    ) e
  ) audio
  -- Neither that it is listed no more, nor that there is a recording, tells that there was a call.
  where k.started_at is not null;
end
$function$;

CREATE OR REPLACE FUNCTION private.ingest_deliveries(p_deliveries private.received_deliveries[], OUT places integer[], OUT event_ids bigint[], OUT are_duplicates boolean[])
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.ingest_webhook_events(p_deliveries jsonb[])
 RETURNS TABLE(ordinal integer, event_id bigint, status text, is_duplicate boolean)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.keep_deliveries(p_deliveries private.received_deliveries[])
 RETURNS TABLE(place integer, event_id bigint, status text, is_duplicate boolean)
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.lock_numbers_of_calls(p_integration_ids uuid[], p_call_ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
begin
  -- assign_phone_number takes "for update": either this transaction sees the new line, or the assignment sees this call.
  perform from public.phone_numbers n
  where n.id = any (array(
    select p.id
    from (
      select e.integration_id, unnest(array[e.from_number, e.to_number]) as e164
      from private.webhook_events e
      where e.integration_id = any (p_integration_ids) and e.provider_call_id = any (p_call_ids)
      union
      select s.integration_id, s.business_number
      from private.call_snapshots s
      where s.integration_id = any (p_integration_ids) and s.provider_call_id = any (p_call_ids)
    ) named
    cross join lateral (
      select id from public.phone_numbers where integration_id = named.integration_id and e164 = named.e164 limit 1
    ) p
  ))
  order by n.id
  for key share;
end
$function$;

CREATE OR REPLACE FUNCTION private.parse_timestamp(p_text text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_shape constant text := translate(p_text, '012345678', '999999999');
begin
  -- What is usual is told by its shape: a regular expression takes longer than all the rest.
  if v_shape in ('9999-99-99T99:99:99Z', '9999-99-99T99:99:99.999Z', '9999-99-99T99:99:99.9999999Z') then
    return case when pg_input_is_valid(p_text, 'timestamptz') then p_text::timestamptz end;
  end if;
  if p_text !~ '^[0-9]{4}-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]{1,9})?)?(Z|[+-][0-9][0-9](:?[0-9][0-9])?)?$' then
    return null;
  end if;
  if p_text ~ '[0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]+)?)?$' and p_text !~ '[+-][0-9][0-9]:?[0-9][0-9]$' then
    p_text := p_text || 'Z';
  end if;
  return case when pg_input_is_valid(p_text, 'timestamptz') then p_text::timestamptz end;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_calls(p_payloads jsonb[])
 RETURNS TABLE(place integer, provider_call_id text, direction text, provider_status text, business_number text, external_number text, external_name text, started_at timestamp with time zone, duration_seconds integer, legs jsonb, recording_url text, has_recording boolean, error text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_column
begin
  -- A page at once: a call of a function per item costs more than the reading. So what has its usual shape is read right here,
  -- and the parsers are left what has not. "offset 0" keeps a value that is used often from being worked out at every use.
  return query
  select
    i.n::integer, v.provider_call_id, v.direction, left(i.payload ->> 'callStatus', 100),
    case when p.business_is_usual then i.payload ->> 'businessNumber' else private.parse_phone(i.payload ->> 'businessNumber') end,
    case when p.outside_is_usual then o.outside ->> 'phone' else private.parse_phone(o.outside ->> 'phone') end,
    nullif(left(btrim(o.outside ->> 'name'), 200), ''),
    v.started_at,
    -- Longer than a week is a broken value, not a call.
    case when v.milliseconds between 0 and 604800000 then floor(v.milliseconds / 1000)::integer end,
    agents.legs,
    r.url,
    coalesce(r.url is not null or btrim(i.payload -> 'callRecord' ->> 'fileName') <> '', false),
    case
      when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
      when v.provider_call_id is null then 'The call has no id.'
      when char_length(v.provider_call_id) > 200 then 'The call''s id has more than 200 characters.'
      when v.started_at is null then 'The call has no readable dateTimeUtc.'
      when v.started_at not between '2005-01-01 00:00Z' and now() + interval '1 day' then 'The call''s dateTimeUtc is impossible.'
    end
  from unnest(p_payloads) with ordinality as i (payload, n)
  cross join lateral (
    select
      nullif(btrim(i.payload ->> 'id'), '') as provider_call_id,
      case
        when translate(s.started_at, '012345678', '999999999') = '9999-99-99T99:99:99.999Z'
          and pg_input_is_valid(s.started_at, 'timestamptz') then s.started_at::timestamptz
        else private.parse_timestamp(s.started_at)
      end as started_at,
      case
        when s.duration <> '' and char_length(s.duration) <= 18 and translate(s.duration, '0123456789', '') = '' then s.duration::numeric
        else private.parse_number(s.duration)
      end as milliseconds,
      case lower(i.payload ->> 'direction')
        when 'incoming' then 'inbound' when 'outgoing' then 'outbound' when 'callback' then 'callback' when 'internal' then 'internal'
      end as direction,
      case when jsonb_typeof(i.payload -> 'called') = 'array' then i.payload -> 'called' else '[]' end as called
    from (select i.payload ->> 'dateTimeUtc' as started_at, i.payload ->> 'duration' as duration offset 0) s
    offset 0
  ) v
  cross join lateral (
    select
      case
        when v.direction = 'inbound' then
          case when jsonb_typeof(i.payload -> 'caller') = 'object' then i.payload -> 'caller' end
        when v.direction in ('outbound', 'callback') then (
          select c.agent
          from jsonb_array_elements(v.called) with ordinality as c (agent, n)
          where jsonb_typeof(c.agent) = 'object' and nullif(btrim(c.agent ->> 'extension'), '') is null
          order by c.n
          limit 1
        )
      end as outside
    offset 0
  ) o
  cross join lateral (
    select
      n.business like '+___%' and char_length(n.business) <= 16 and translate(n.business, '0123456789', '') = '+' as business_is_usual,
      n.outside like '+___%' and char_length(n.outside) <= 16 and translate(n.outside, '0123456789', '') = '+' as outside_is_usual
    from (select i.payload ->> 'businessNumber' as business, o.outside ->> 'phone' as outside offset 0) n
    offset 0
  ) p
  cross join lateral (
    select nullif(left(btrim(i.payload -> 'callRecord' ->> 'uri'), 2000), '') as url
    offset 0
  ) r
  cross join lateral (
    select
      jsonb_agg(jsonb_build_object('extension', a.extension, 'name', a.name, 'is_connected', a.is_connected) order by a.extension) as legs
    from (
      select
        left(btrim(c.agent ->> 'extension'), 40) as extension,
        min(nullif(left(btrim(c.agent ->> 'name'), 200), '')) as name,
        bool_or(c.is_connected) as is_connected
      from (
        select agent, coalesce(agent -> 'isConnected' = 'true', false) as is_connected from jsonb_array_elements(v.called) as agent
        union all
        -- Whoever placed the call spoke if it connected.
        select i.payload -> 'caller', coalesce(lower(i.payload ->> 'callStatus') = 'connected', false)
      ) c
      where jsonb_typeof(c.agent) = 'object' and btrim(c.agent ->> 'extension') <> ''
      group by 1
    ) a
  ) agents;
end
$function$;

CREATE OR REPLACE FUNCTION private.read_deliveries(p_integration_ids uuid[], p_bodies text[], p_received_ats timestamp with time zone[])
 RETURNS private.received_deliveries[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.read_event_type(p_event_type text, OUT kind text, OUT direction text, OUT is_agent_event boolean)
 RETURNS record
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  v_way text;
  v_rest text;
  v_is_call boolean;
begin
  is_agent_event := false;
  -- Taken apart by hand: a pattern that tells all of it costs as much as all else that is read of an event.
  if (p_event_type like '%Sms%' or p_event_type like '%Message%')
    and p_event_type ~ '^(Incoming|Outgoing)?(Sms|Message|TextMessage)(Received|Sent|Delivered|Failed|StatusChanged|Status)?$' then
    kind := 'message';
    return;
  end if;

  v_way := case left(p_event_type, 8) when 'Incoming' then 'inbound' when 'Outgoing' then 'outbound' when 'Callback' then 'callback' end;
  v_rest := case when v_way is null then p_event_type else substr(p_event_type, 9) end;
  v_is_call := starts_with(v_rest, 'Call');
  v_rest := case when v_is_call then substr(v_rest, 5) else v_rest end;
  is_agent_event := starts_with(v_rest, 'Agent');
  v_rest := case when is_agent_event then substr(v_rest, 6) else v_rest end;
  kind := case
    when v_rest = '' then 'arrived'
    when v_rest in ('Ringing', 'Dialing') then 'ringing'
    when v_rest = 'StopRinging' then 'stop_ringing'
    when v_rest = 'Connected' then 'connected'
    when v_rest in ('Transferred', 'Transfer') then 'transferred'
    when v_rest = 'Completed' then 'completed'
    when v_rest ~ '^Voice[Mm]ail(Received|Left)?$' then 'voicemail'
    when v_rest ~ '^Recording(Ready|Completed|Available)?$' then 'recording'
  end;
  -- Which way a call goes is always told, except where it is only said what was left of it.
  if (v_way is null and kind not in ('voicemail', 'recording'))
    or (v_way is not null and not v_is_call)
    or (is_agent_event and v_rest = '') then
    kind := null;
  end if;
  -- Only a caller from outside is sent to voicemail, also where the type does not say which way the call went.
  direction := coalesce(v_way, case when kind = 'voicemail' then 'inbound' end);
end
$function$;

CREATE OR REPLACE FUNCTION private.read_events(p_payloads jsonb[], p_received_ats timestamp with time zone[])
 RETURNS TABLE(place integer, event_type text, provider_call_id text, direction text, kind text, is_agent_event boolean, extension text, from_number text, to_number text, occurred_at timestamp with time zone, duration_seconds integer, recording_url text, has_recording boolean, status text, error text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_column
begin
  -- Many at once: a call of a function per event costs more than the reading. So what has its usual shape is read right here, and
  -- the parsers are left what has not. "offset 0" keeps a value that is used often from being worked out at every use.
  return query
  with said as materialized (
    select
      e.n, e.payload, e.received_at, left(e.payload ->> 'EventType', 100) as event_type,
      case when jsonb_typeof(e.payload -> 'Body') = 'object' then e.payload -> 'Body' else '{}' end as body
    from unnest(p_payloads, p_received_ats) with ordinality as e (payload, received_at, n)
  ),
  types as (
    select d.event_type, t.*
    from (select distinct s.event_type from said s) d
    cross join lateral private.read_event_type(d.event_type) t
  )
  select
    s.n::integer, s.event_type, c.id,
    case when c.is_told then t.direction end, case when c.is_told or t.kind = 'message' then t.kind end, c.is_told and t.is_agent_event,
    case when c.is_told then nullif(left(btrim(s.body ->> 'Extension'), 40), '') end,
    case when c.is_told or t.kind = 'message' then
      case when o.from_is_usual then o.from_number else private.parse_phone(o.from_number) end
    end,
    case when c.is_told or t.kind = 'message' then
      case when o.to_is_usual then o.to_number else private.parse_phone(o.to_number) end
    end,
    case when o.at between s.received_at - interval '30 days' and s.received_at + interval '5 minutes' then o.at end,
    -- Longer than a week is a broken value, not a call.
    case when l.seconds <= 604800 then l.seconds end,
    l.url,
    c.is_told and (
      t.kind = 'recording' or l.url is not null or nullif(btrim(coalesce(s.body ->> 'RecordingId', s.payload ->> 'RecordingId')), '') is not null
    ),
    case
      when s.event_type is null then 'failed' when t.kind is null then 'ignored' when c.is_told or t.kind = 'message' then 'applied' else 'failed'
    end,
    case
      when s.event_type is null then 'The event has no EventType.'
      when t.kind <> 'message' and not c.is_told then 'The event names no call (Body.Id), or one of more than 200 characters.'
    end
  from said s
  left join types t on t.event_type = s.event_type
  cross join lateral (
    select case when char_length(n.id) <= 200 then n.id end as id, coalesce(char_length(n.id) <= 200, false) as is_told
    from (
      select case when t.kind <> 'message' then
        nullif(btrim(coalesce(s.body ->> 'Id', s.payload ->> 'CallId', s.body ->> 'CallId')), '')
      end as id
      offset 0
    ) n
    offset 0
  ) c
  cross join lateral (
    select
      n.from_number, n.to_number,
      n.from_number like '+___%' and char_length(n.from_number) <= 16 and translate(n.from_number, '0123456789', '') = '+' as from_is_usual,
      n.to_number like '+___%' and char_length(n.to_number) <= 16 and translate(n.to_number, '0123456789', '') = '+' as to_is_usual,
      case
        when translate(n.at, '012345678', '999999999') = '9999-99-99T99:99:99.9999999Z'
          and pg_input_is_valid(n.at, 'timestamptz') then n.at::timestamptz
        else private.parse_timestamp(n.at)
      end as at
    from (
      select
        s.body ->> 'From' as from_number, s.body ->> 'To' as to_number,
        case when s.event_type is not null then s.payload ->> 'Timestamp' end as at
      offset 0
    ) n
    offset 0
  ) o
  cross join lateral (
    select
      g.clock[1]::integer * 3600 + g.clock[2]::integer * 60 + g.clock[3]::integer as seconds,
      case when c.is_told then
        nullif(left(btrim(coalesce(s.body ->> 'RecordingLink', s.payload ->> 'RecordingLink', s.body ->> 'RecordingUrl')), 2000), '')
      end as url
    from (
      select case when c.is_told then regexp_match(
        coalesce(s.body ->> 'CallDuration', s.payload ->> 'CallDuration'), '^([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])(\.[0-9]+)?$'
      ) end as clock
      offset 0
    ) g
    offset 0
  ) l
  order by s.n;
end
$function$;

CREATE OR REPLACE FUNCTION private.receive_deliveries(p_integration_ids uuid[], p_bodies text[], p_received_ats timestamp with time zone[])
 RETURNS integer[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.redact_api_key(p_payload jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  case jsonb_typeof(p_payload)
    when 'object' then
      return coalesce(
        (
          select jsonb_object_agg(
            key,
            case
              -- Most keys hold no k, which is quicker to see.
              when key ilike '%k%' and lower(regexp_replace(key, '[^[:alpha:]]', '', 'g')) in ('apikey', 'xapikey') then '"[redacted]"'
              when jsonb_typeof(value) in ('object', 'array') then private.redact_api_key(value)
              else value
            end
          )
          from jsonb_each(p_payload)
        ),
        '{}'
      );
    when 'array' then
      return coalesce(
        (select jsonb_agg(private.redact_api_key(value) order by position)
          from jsonb_array_elements(p_payload) with ordinality as item (value, position)),
        '[]'
      );
    else
      return p_payload;
  end case;
end
$function$;

CREATE OR REPLACE FUNCTION private.try_redact_api_key(p_payload jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return private.redact_api_key(p_payload);
exception when program_limit_exceeded then
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION private.write_calls(p_integration_id uuid, p_call_ids text[])
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_calls public.calls[];
  v_legs public.legs[];
  v_recordings public.recordings[];
  v_urls text[];
  v_written integer;
begin
  with derived as materialized (
    select d.* from private.derive_calls(p_integration_id, p_call_ids) d order by (d.call).id
  )
  select
    array_agg(d.call), (select array_agg(g order by g.id) from derived d cross join lateral unnest(d.legs) g),
    private.recordings_of_calls(array_agg(d.call) filter (where d.has_recording)), array_agg(d.recording_url) filter (where d.has_recording)
  into v_calls, v_legs, v_recordings, v_urls
  from derived d;

  -- Of calls that are all new nothing else is there either, and nobody else writes them: to look for each row's like costs a tenth
  -- of writing it.
  if not exists (
    select from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = any (p_call_ids)
  ) then
    insert into public.calls select d.* from unnest(v_calls) d;
    get diagnostics v_written = row_count;
    insert into public.legs select g.* from unnest(v_legs) g;
    perform private.add_recordings(v_recordings, v_urls);
  else
    -- Legs that no fact makes any more, and those whose member belongs to the organization the call is about to leave.
    delete from public.legs l
    using unnest(v_calls) d
    where l.call_id = d.id and (l.org_id <> d.org_id or not exists (select from unnest(v_legs) g where g.id = l.id));

    insert into public.calls as c
    select d.* from unnest(v_calls) d
    on conflict (id) do update set
      org_id = excluded.org_id, phone_number_id = excluded.phone_number_id, line_id = excluded.line_id,
      direction = excluded.direction, business_number = excluded.business_number,
      external_number = excluded.external_number, external_name = excluded.external_name,
      started_at = excluded.started_at, arrived_at = excluded.arrived_at, rang_at = excluded.rang_at,
      answered_at = excluded.answered_at, ended_at = excluded.ended_at,
      outcome = excluded.outcome, is_dropped = excluded.is_dropped, provider_status = excluded.provider_status,
      wait_seconds = excluded.wait_seconds, talk_seconds = excluded.talk_seconds, duration_seconds = excluded.duration_seconds,
      transfer_count = excluded.transfer_count, member_ids = excluded.member_ids, deleted_at = excluded.deleted_at,
      updated_at = excluded.updated_at
    where (
      c.org_id, c.phone_number_id, c.line_id, c.direction, c.business_number, c.external_number, c.external_name,
      c.started_at, c.arrived_at, c.rang_at, c.answered_at, c.ended_at, c.outcome, c.is_dropped, c.provider_status,
      c.wait_seconds, c.talk_seconds, c.duration_seconds, c.transfer_count, c.member_ids, c.deleted_at
    ) is distinct from (
      excluded.org_id, excluded.phone_number_id, excluded.line_id, excluded.direction, excluded.business_number,
      excluded.external_number, excluded.external_name,
      excluded.started_at, excluded.arrived_at, excluded.rang_at, excluded.answered_at, excluded.ended_at,
      excluded.outcome, excluded.is_dropped, excluded.provider_status,
      excluded.wait_seconds, excluded.talk_seconds, excluded.duration_seconds,
      excluded.transfer_count, excluded.member_ids, excluded.deleted_at
    );
    get diagnostics v_written = row_count;

    insert into public.legs as l
    select g.* from unnest(v_legs) g
    on conflict (id) do update set
      member_id = excluded.member_id, name = excluded.name, is_connected = excluded.is_connected,
      rang_at = excluded.rang_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
      talk_seconds = excluded.talk_seconds, updated_at = now()
    where (l.member_id, l.name, l.is_connected, l.rang_at, l.answered_at, l.ended_at, l.talk_seconds)
      is distinct from (
        excluded.member_id, excluded.name, excluded.is_connected,
        excluded.rang_at, excluded.answered_at, excluded.ended_at, excluded.talk_seconds
      );

    if v_recordings <> '{}' then
      perform private.keep_recordings(v_recordings, v_urls);
    end if;
  end if;
  perform private.settle_placed_calls(p_integration_id, p_call_ids);

  update private.webhook_events e set org_id = moved.org_id
  from (
    select found.id, d.org_id
    from unnest(v_calls) d
    cross join lateral (
      select id
      from private.webhook_events
      where integration_id = p_integration_id and provider_call_id = d.provider_call_id and org_id <> d.org_id
      offset 0
    ) found
  ) moved
  where e.id = moved.id;

  return v_written;
end
$function$;

COMMENT ON FUNCTION "private"."add_recordings"(public.recordings[], text[]) IS 'Writes recordings that are certain to be new, as those of new calls are, each with its link where one is known.';

COMMENT ON FUNCTION "private"."apply_page"(uuid, text, text[], timestamp with time zone, timestamp with time zone, integer, boolean, timestamp with time zone) IS 'Merges a page of the job, items as the provider sent them, sets unusable items aside, and moves progress and watermark, all in the caller''s transaction. p_is_last: a whole list has now been read.';

COMMENT ON FUNCTION "private"."ingest_deliveries"(private.received_deliveries[]) IS 'Keeps deliveries and applies them, in the caller''s transaction; tells which events they are, those of an integration that is gone left out.';

COMMENT ON FUNCTION "private"."keep_deliveries"(private.received_deliveries[]) IS 'Puts deliveries into webhook_events, read, once each, and tells what is kept of each in their order; those of an integration that is gone are left out. Whoever calls it applies them.';

COMMENT ON FUNCTION "private"."read_deliveries"(uuid[], text[], timestamp with time zone[]) IS 'Deliveries as they may be stored, each with its place as id: without the account''s key, and with what tells that one came before. Those of an integration that is gone are left out.';

COMMENT ON FUNCTION "private"."read_event_type"(text) IS 'What a type of events tells of; its kind is null where we do not use it.';

COMMENT ON FUNCTION "private"."read_events"(jsonb[], timestamp with time zone[]) IS 'The one mapping from a webhook''s JSON to facts, with the status it deserves: applied, ignored, or failed with the reason. In the order of the payloads.';

COMMENT ON FUNCTION "private"."receive_deliveries"(uuid[], text[], timestamp with time zone[]) IS 'The delivery door when many come at once: stores authenticated deliveries, to be kept and applied by apply_received_deliveries, and returns the places of those whose integration there is.';

COMMENT ON FUNCTION "private"."try_redact_api_key"(jsonb) IS 'The payload without the account''s key, or null where it is nested too deep.';

REVOKE ALL ON FUNCTION "private"."add_recordings"(public.recordings[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."apply_page"(uuid, text, text[], timestamp with time zone, timestamp with time zone, integer, boolean, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."apply_page"(uuid, text, text[], timestamp with time zone, timestamp with time zone, integer, boolean, timestamp with time zone) TO "sync";

REVOKE ALL ON FUNCTION "private"."ingest_deliveries"(private.received_deliveries[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."keep_deliveries"(private.received_deliveries[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_deliveries"(uuid[], text[], timestamp with time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_event_type"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."read_events"(jsonb[], timestamp with time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."receive_deliveries"(uuid[], text[], timestamp with time zone[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."receive_deliveries"(uuid[], text[], timestamp with time zone[]) TO "webhooks";

REVOKE ALL ON FUNCTION "private"."try_redact_api_key"(jsonb) FROM PUBLIC;

