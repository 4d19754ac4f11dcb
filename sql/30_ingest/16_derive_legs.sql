create function private.derive_legs(p_integration_id uuid, p_call_ids text[])
returns table (
  provider_call_id text, extension text, name text, is_connected boolean,
  rang_at timestamptz, answered_at timestamptz, ended_at timestamptz, talk_seconds integer
)
language sql stable set search_path = '' as $$
  with stated as (
    select distinct on (s.provider_call_id, r.extension)
      s.provider_call_id, r.extension, r.name, r.is_connected
    from private.call_snapshots s
    cross join lateral private.read_legs(s.payload) r
    where s.integration_id = p_integration_id and s.provider_call_id = any (p_call_ids) and not s.is_tombstone
    order by s.provider_call_id, r.extension, s.observed_at desc, s.payload_hash desc
  ),
  told as (
    select
      e.provider_call_id, e.extension,
      bool_or(e.kind = 'connected') as is_connected,
      min(e.occurred_at) filter (where e.kind = 'ringing') as rang_at,
      min(e.occurred_at) filter (where e.kind = 'connected') as answered_at,
      max(e.occurred_at) filter (where e.kind = 'completed') as ended_at
    from private.webhook_events e
    where e.integration_id = p_integration_id and e.provider_call_id = any (p_call_ids) and e.status = 'applied'
      and e.extension is not null
      -- An arriving call names the extension dialled, not an agent who took part.
      and (e.kind <> 'arrived' or e.direction <> 'inbound')
    group by e.provider_call_id, e.extension
  ),
  hung_up as (
    select e.provider_call_id, max(e.occurred_at) as ended_at
    from private.webhook_events e
    where e.integration_id = p_integration_id and e.provider_call_id = any (p_call_ids) and e.status = 'applied'
      and e.kind = 'completed' and not e.is_agent_event
    group by e.provider_call_id
  ),
  leg as (
    select
      provider_call_id, extension, s.name,
      coalesce(s.is_connected, false) or coalesce(t.is_connected, false) as is_connected,
      t.rang_at, t.answered_at, t.ended_at as told_end
    from stated s
    full join told t using (provider_call_id, extension)
  ),
  ended as (
    -- Without an end of its own, a leg ends where the next agent answers, else with the call.
    select
      leg.*,
      case when leg.is_connected then coalesce(
        leg.told_end,
        lead(leg.answered_at) over (partition by provider_call_id order by leg.answered_at, leg.extension),
        h.ended_at
      ) end as ended_at
    from leg
    left join hung_up h using (provider_call_id)
  )
  select
    e.provider_call_id, e.extension, e.name, e.is_connected, e.rang_at, e.answered_at, e.ended_at,
    private.seconds_between(e.answered_at, e.ended_at)
  from ended e
$$;
comment on function private.derive_legs(uuid, text[]) is
'The agents'' parts in calls that the known facts make: who took part from either source, times from events alone.';
