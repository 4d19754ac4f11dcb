create function private.derive_calls(p_integration_id uuid, p_call_ids text[])
returns table (call public.calls, legs public.legs[], has_recording boolean, recording_url text)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
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
$$;
comment on function private.derive_calls(uuid, text[]) is
'The rows of calls, with their legs and what is known of a recording, that the known facts make: in one place for webhooks, sync and rebuild. Reads only.';
