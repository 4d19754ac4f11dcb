create function private.derive_calls(p_integration_id uuid, p_call_ids text[]) returns setof public.calls
language sql stable set search_path = '' as $$
  with snapshot as (
    -- The latest observed statement wins field by field; ties by hash, so that the order of arrival decides nothing.
    select
      s.provider_call_id,
      bool_or(not s.is_tombstone) as is_listed,
      (array_agg(r.direction order by s.observed_at desc, s.payload_hash desc) filter (where r.direction is not null))[1] as direction,
      (array_agg(r.provider_status order by s.observed_at desc, s.payload_hash desc)
        filter (where r.provider_status is not null))[1] as provider_status,
      (array_agg(r.business_number order by s.observed_at desc, s.payload_hash desc)
        filter (where r.business_number is not null))[1] as business_number,
      (array_agg(r.external_number order by s.observed_at desc, s.payload_hash desc)
        filter (where r.external_number is not null))[1] as external_number,
      (array_agg(r.external_name order by s.observed_at desc, s.payload_hash desc)
        filter (where r.external_name is not null))[1] as external_name,
      (array_agg(r.started_at order by s.observed_at desc, s.payload_hash desc) filter (where r.started_at is not null))[1] as started_at,
      (array_agg(r.duration_seconds order by s.observed_at desc, s.payload_hash desc)
        filter (where r.duration_seconds is not null))[1] as duration_seconds,
      (array_agg(case when s.is_tombstone then s.observed_at end order by s.observed_at desc, s.payload_hash desc))[1] as deleted_at
    from private.call_snapshots s
    cross join lateral private.read_call(s.payload) r
    where s.integration_id = p_integration_id and s.provider_call_id = any (p_call_ids)
    group by s.provider_call_id
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
      max(e.occurred_at) filter (where e.kind = 'completed' and not e.is_agent_event) as completed_at,
      bool_or(e.kind = 'connected') as was_connected,
      bool_or(e.kind = 'completed' and not e.is_agent_event) as has_completed,
      max(e.duration_seconds) filter (where e.kind = 'completed' and not e.is_agent_event) as duration_seconds
    from private.webhook_events e
    where e.integration_id = p_integration_id and e.provider_call_id = any (p_call_ids) and e.status = 'applied'
    group by e.provider_call_id
  ),
  numbered as (
    select
      coalesce(s.provider_call_id, e.provider_call_id) as provider_call_id,
      coalesce(s.direction, e.direction, 'inbound') as direction,
      coalesce(s.is_listed, false) as is_listed,
      s.provider_status, s.external_name, s.duration_seconds as stated_duration_seconds, s.deleted_at,
      coalesce(s.started_at, e.first_at, e.received_at) as started_at,
      e.arrived_at, e.rang_at, e.connected_at, e.completed_at, e.duration_seconds as told_duration_seconds,
      coalesce(e.was_connected, false) as was_connected,
      coalesce(e.has_completed, false) as has_completed,
      coalesce(s.business_number, ours.e164) as business_number,
      coalesce(
        s.external_number,
        case when coalesce(s.direction, e.direction) <> 'internal' then
          case when e.from_number is distinct from coalesce(s.business_number, ours.e164) then e.from_number else e.to_number end
        end
      ) as external_number
    from snapshot s
    full join event e using (provider_call_id)
    left join lateral (
      -- An event does not say which of its numbers is ours: the one the account has, else the usual side.
      select side.e164
      from (values
        (e.to_number, case e.direction when 'inbound' then 1 else 2 end),
        (e.from_number, case e.direction when 'inbound' then 2 else 1 end)
      ) as side (e164, preference)
      left join public.phone_numbers n on n.integration_id = p_integration_id and n.e164 = side.e164
      where side.e164 is not null
      order by (n.id is null), side.preference
      limit 1
    ) ours on s.business_number is null
  ),
  owned as (
    select
      c.*,
      n.id as phone_number_id,
      case when i.org_id = private.holding_org_id() then coalesce(l.org_id, i.org_id) else i.org_id end as org_id,
      l.id as line_id
    from numbered c
    join public.integrations i on i.id = p_integration_id
    left join public.phone_numbers n on n.integration_id = i.id and n.e164 = c.business_number
    left join public.lines l
      on l.phone_number_id = n.id and l.period @> c.started_at and (i.org_id = private.holding_org_id() or l.org_id = i.org_id)
  ),
  leg as (
    select
      d.provider_call_id,
      count(*) filter (where d.is_connected) as connected_legs,
      sum(d.talk_seconds) as talk_seconds,
      bool_and(d.talk_seconds is not null) filter (where d.is_connected) as talk_is_known,
      array_agg(distinct m.member_id order by m.member_id) filter (where m.member_id is not null) as member_ids
    from private.derive_legs(p_integration_id, p_call_ids) d
    join owned o using (provider_call_id)
    left join public.member_extensions m
      on m.integration_id = p_integration_id and m.extension = d.extension and m.period @> o.started_at and m.org_id = o.org_id
    group by d.provider_call_id
  ),
  judged as (
    select
      o.*, leg.connected_legs, leg.talk_is_known, leg.talk_seconds as leg_talk_seconds, leg.member_ids,
      case
        when not o.is_listed and not o.has_completed then null
        when lower(o.provider_status) = 'connected' then 'answered'
        when lower(o.provider_status) = 'voicemail' then 'voicemail'
        when lower(o.provider_status) = 'missed' then 'missed'
        when o.was_connected or leg.connected_legs > 0 then 'answered'
        else 'missed'
      end as outcome,
      coalesce(o.started_at + make_interval(secs => o.stated_duration_seconds), greatest(o.completed_at, o.started_at)) as ended_at
    from owned o
    left join leg using (provider_call_id)
  ),
  timed as (
    select
      j.*,
      case when j.outcome is null or j.outcome = 'answered' then j.connected_at end as answered_at,
      least(j.arrived_at, j.rang_at) as waited_from
    from judged j
  )
  select
    extensions.uuid_generate_v5(p_integration_id, t.provider_call_id),
    t.org_id, p_integration_id, t.provider_call_id, t.phone_number_id, t.line_id, t.direction,
    t.business_number, t.external_number, t.external_name,
    t.started_at, t.arrived_at, t.rang_at, t.answered_at, t.ended_at,
    t.outcome, t.outcome = 'answered' and coalesce(lower(t.provider_status) = 'dropped', false), t.provider_status,
    case when t.direction = 'inbound' then private.seconds_between(
      t.waited_from, case when t.outcome = 'answered' then t.answered_at when t.outcome is not null then t.completed_at end
    ) end,
    case when t.outcome = 'answered' then
      case when t.talk_is_known then t.leg_talk_seconds::int else private.seconds_between(t.answered_at, t.ended_at) end
    end,
    case when t.outcome is not null then
      coalesce(t.stated_duration_seconds, t.told_duration_seconds, private.seconds_between(t.started_at, t.ended_at))
    end,
    greatest(coalesce(t.connected_legs, 0) - 1, 0)::smallint,
    coalesce(t.member_ids, '{}'),
    t.deleted_at, now(), now()
  from timed t
$$;
comment on function private.derive_calls(uuid, text[]) is
'The rows of calls that the known facts make, in one place for webhooks, sync and rebuild. Reads only.';
