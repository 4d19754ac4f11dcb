create function private.derive_calls(p_integration_id uuid, p_call_ids text[])
returns table (call public.calls, legs public.legs[])
-- One plan for one call and for a page of a thousand, through indexes even if it was made while the tables were empty.
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  with statement as materialized (
    select s.*, row_number() over (partition by s.provider_call_id order by s.observed_at desc, s.payload_hash desc) as place
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (p_call_ids)
  ),
  snapshot as (
    -- The latest observed statement wins field by field; ties by hash, so that the order of arrival decides nothing.
    select
      s.provider_call_id,
      bool_or(not s.is_tombstone) as is_listed,
      (array_agg(s.direction order by s.place) filter (where s.direction is not null))[1] as direction,
      (array_agg(s.provider_status order by s.place) filter (where s.provider_status is not null))[1] as provider_status,
      (array_agg(s.business_number order by s.place) filter (where s.business_number is not null))[1] as business_number,
      (array_agg(s.external_number order by s.place) filter (where s.external_number is not null))[1] as external_number,
      (array_agg(s.external_name order by s.place) filter (where s.external_name is not null))[1] as external_name,
      (array_agg(s.started_at order by s.place) filter (where s.started_at is not null))[1] as started_at,
      (array_agg(s.duration_seconds order by s.place) filter (where s.duration_seconds is not null))[1] as duration_seconds,
      (array_agg(s.legs order by s.place) filter (where s.legs is not null))[1] as legs,
      max(s.observed_at) filter (where s.place = 1 and s.is_tombstone) as deleted_at
    from statement s
    group by s.provider_call_id
  ),
  told as materialized (
    select e.*, e.kind = 'completed' and not e.is_agent_event as is_end
    from private.webhook_events e
    where e.integration_id = p_integration_id and e.provider_call_id = any (p_call_ids) and e.status = 'applied'
  ),
  event as (
    select
      e.provider_call_id,
      min(e.direction) as direction,
      (array_agg(e.from_number order by e.occurred_at, e.dedupe_key) filter (where e.from_number is not null))[1] as from_number,
      (array_agg(e.to_number order by e.occurred_at, e.dedupe_key) filter (where e.to_number is not null))[1] as to_number,
      min(e.received_at) as received_at,
      min(e.occurred_at) as first_at,
      min(e.occurred_at) filter (where e.kind = 'arrived') as arrived_at,
      min(e.occurred_at) filter (where e.kind = 'ringing') as rang_at,
      min(e.occurred_at) filter (where e.kind = 'connected') as connected_at,
      max(e.occurred_at) filter (where e.is_end) as completed_at,
      bool_or(e.kind = 'connected') as was_connected,
      bool_or(e.is_end) as has_completed,
      max(e.duration_seconds) filter (where e.is_end) as duration_seconds
    from told e
    group by e.provider_call_id
  ),
  known as (
    select
      provider_call_id,
      extensions.uuid_generate_v5(p_integration_id, provider_call_id) as id,
      coalesce(s.direction, e.direction, 'inbound') as direction,
      coalesce(s.is_listed, false) as is_listed,
      s.provider_status, s.external_name, s.deleted_at,
      s.duration_seconds as stated_duration_seconds, e.duration_seconds as told_duration_seconds,
      coalesce(s.started_at, e.first_at, e.received_at) as started_at,
      e.arrived_at, e.rang_at, e.connected_at, e.completed_at,
      coalesce(e.was_connected, false) as was_connected,
      coalesce(e.has_completed, false) as has_completed,
      -- An event does not say which of its numbers is ours: what is called from outside, else what calls.
      coalesce(s.business_number, case e.direction when 'inbound' then e.to_number else e.from_number end) as business_number,
      case when coalesce(s.direction, e.direction) <> 'internal' then
        coalesce(s.external_number, case e.direction when 'inbound' then e.from_number else e.to_number end)
      end as external_number
    from snapshot s
    full join event e using (provider_call_id)
  ),
  owned as materialized (
    select
      k.*,
      n.id as phone_number_id,
      case when i.org_id = private.holding_org_id() then coalesce(l.org_id, i.org_id) else i.org_id end as org_id,
      l.id as line_id
    from known k
    join public.integrations i on i.id = p_integration_id
    left join public.phone_numbers n on n.integration_id = p_integration_id and n.e164 = k.business_number
    left join public.lines l
      on l.phone_number_id = n.id and l.period @> k.started_at and (i.org_id = private.holding_org_id() or l.org_id = i.org_id)
  ),
  took_part as (
    -- Who took part is known from either source, when from events alone. An arriving call names the extension dialled,
    -- not an agent.
    select
      provider_call_id, extension,
      max(name) as name,
      bool_or(is_connected) as is_connected,
      min(occurred_at) filter (where kind = 'ringing') as rang_at,
      min(occurred_at) filter (where kind = 'connected') as answered_at,
      max(occurred_at) filter (where kind = 'completed') as own_end
    from (
      select s.provider_call_id, a.extension, a.name, a.is_connected, null as kind, null::timestamptz as occurred_at
      from snapshot s
      cross join lateral jsonb_to_recordset(s.legs) as a (extension text, name text, is_connected boolean)
      union all
      select e.provider_call_id, e.extension, null, e.kind = 'connected', e.kind, e.occurred_at
      from told e
      where e.extension is not null and (e.kind <> 'arrived' or e.direction <> 'inbound')
    ) source
    group by provider_call_id, extension
  ),
  part as (
    select
      p.*, o.id as call_id, o.org_id, m.member_id,
      -- Without an end of its own, a leg ends where the next agent answers, else with the call.
      case when p.is_connected then coalesce(
        p.own_end, lead(p.answered_at) over (partition by p.provider_call_id order by p.answered_at, p.extension), o.completed_at
      ) end as ended_at
    from took_part p
    join owned o using (provider_call_id)
    left join public.member_extensions m
      on m.integration_id = p_integration_id and m.extension = p.extension and m.period @> o.started_at and m.org_id = o.org_id
  ),
  leg as (
    select p.*, private.seconds_between(p.answered_at, p.ended_at) as talk_seconds from part p
  ),
  legs_of_call as (
    select
      g.provider_call_id,
      array_agg(
        row(
          extensions.uuid_generate_v5(g.call_id, g.extension), g.org_id, g.call_id, g.extension, g.member_id, g.name,
          g.is_connected, g.rang_at, g.answered_at, g.ended_at, g.talk_seconds, now(), now()
        )::public.legs
      ) as legs,
      count(*) filter (where g.is_connected) as connected,
      sum(g.talk_seconds) as talk_seconds,
      bool_and(g.talk_seconds is not null) filter (where g.is_connected) as talk_is_known,
      array_agg(distinct g.member_id order by g.member_id) filter (where g.member_id is not null) as member_ids
    from leg g
    group by g.provider_call_id
  ),
  judged as (
    select
      o.*,
      g.legs, coalesce(g.connected, 0) as connected_legs, g.talk_is_known, g.talk_seconds, coalesce(g.member_ids, '{}') as member_ids,
      case
        when not o.is_listed and not o.has_completed then null
        when lower(o.provider_status) = 'connected' then 'answered'
        when lower(o.provider_status) = 'voicemail' then 'voicemail'
        when lower(o.provider_status) = 'missed' then 'missed'
        when o.was_connected or g.connected > 0 then 'answered'
        else 'missed'
      end as outcome,
      coalesce(
        o.started_at + make_interval(secs => o.stated_duration_seconds),
        case when o.completed_at is not null then greatest(o.completed_at, o.started_at) end
      ) as ended_at
    from owned o
    left join legs_of_call g using (provider_call_id)
  ),
  timed as (
    select
      j.*,
      case when j.outcome is null or j.outcome = 'answered' then j.connected_at end as answered_at,
      least(j.arrived_at, j.rang_at) as waited_from
    from judged j
  )
  select
    row(
      t.id, t.org_id, p_integration_id, t.provider_call_id, t.phone_number_id, t.line_id, t.direction,
      t.business_number, t.external_number, t.external_name,
      t.started_at, t.arrived_at, t.rang_at, t.answered_at, t.ended_at,
      t.outcome, t.outcome = 'answered' and coalesce(lower(t.provider_status) = 'dropped', false), t.provider_status,
      case when t.direction = 'inbound' then private.seconds_between(
        t.waited_from, case when t.outcome = 'answered' then t.answered_at when t.outcome is not null then t.completed_at end
      ) end,
      case when t.outcome = 'answered' then
        case when t.talk_is_known then t.talk_seconds::int else private.seconds_between(t.answered_at, t.ended_at) end
      end,
      case when t.outcome is not null then
        coalesce(t.stated_duration_seconds, t.told_duration_seconds, private.seconds_between(t.started_at, t.ended_at))
      end,
      greatest(t.connected_legs - 1, 0)::smallint,
      t.member_ids, t.deleted_at, now(), now()
    )::public.calls,
    coalesce(t.legs, '{}')
  from timed t;
end
$$;
comment on function private.derive_calls(uuid, text[]) is
'The rows of calls, with their legs, that the known facts make: in one place for webhooks, sync and rebuild. Reads only.';
