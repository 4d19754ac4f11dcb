create function private.events_through(p_org_ids uuid[]) returns timestamptz
language sql stable security definer set search_path = '' as $$
  select max(e.received_at)
  from unnest(p_org_ids) as o (org_id)
  cross join lateral (
    select w.received_at from private.webhook_events w where w.org_id = o.org_id order by w.received_at desc limit 1
  ) e
  where o.org_id = any (array(
    select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') union all select private.api_org_ids('calls:read')
  ))
$$;
comment on function private.events_through(uuid[]) is 'When the last delivery came that told of these organizations; null where none ever did.';
grant execute on function private.events_through(uuid[]) to authenticated, api_reader;

create function public.live_summary(p_org_id uuid, p_line_ids uuid[] default null)
returns table (
  ringing bigint, in_progress bigint, queue_length bigint, longest_wait_seconds integer, oldest_waiting_since timestamptz,
  calls_per_minute_5 numeric, calls_per_minute_60 numeric,
  agents_available bigint, agents_busy bigint, agents_away bigint, agents_unknown bigint,
  events_through timestamptz, data_through timestamptz, told_at timestamptz
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_events_through timestamptz;
begin
  select s.org_ids into v_org_ids from private.kpi_scope(p_org_id, now() - interval '1 hour', now(), null) s;
  v_events_through := private.events_through(v_org_ids);

  return query
  select
    case when e.is_told then l.ringing end, case when e.is_told then l.in_progress end, case when e.is_told then l.queue_length end,
    case when e.is_told then l.longest_wait_seconds end, case when e.is_told then l.oldest_waiting_since end,
    r.last_5 / 5.0, r.last_60 / 60.0,
    a.available, a.busy, a.away, a.unknown,
    v_events_through, private.data_through(v_org_ids), now()
  -- Only events tell of a call while it lasts: where none come, nothing is known of now, which is not the same as no call.
  from (select coalesce(v_events_through > now() - interval '7 days', false) as is_told) e
  cross join lateral (
    select
      count(*) filter (where c.state = 'ringing') as ringing,
      count(*) filter (where c.state = 'in_progress') as in_progress,
      count(c.waiting_seconds) as queue_length,
      max(c.waiting_seconds) as longest_wait_seconds,
      min(c.since) filter (where c.waiting_seconds is not null) as oldest_waiting_since
    from public.live_calls c
    where c.org_id = any (v_org_ids) and (p_line_ids is null or c.line_id = any (p_line_ids))
  ) l
  cross join lateral (
    select
      count(*) filter (where c.started_at > now() - interval '5 minutes') as last_5,
      count(*) as last_60
    from public.calls c
    where c.org_id = any (v_org_ids) and c.started_at > now() - interval '1 hour' and c.started_at <= now()
      and c.direction = 'inbound' and c.deleted_at is null and (p_line_ids is null or c.line_id = any (p_line_ids))
  ) r
  cross join lateral (
    select
      count(*) filter (where not t.is_on_call and t.kind = 'available') as available,
      count(*) filter (where t.is_on_call or t.kind = 'busy') as busy,
      count(*) filter (where not t.is_on_call and t.kind = 'away') as away,
      count(*) filter (where not t.is_on_call and t.kind is null) as unknown
    from (
      -- Somebody with two extensions is one person.
      select
        bool_or(n.is_on_call) as is_on_call,
        case
          when bool_or(private.status_kind(n.status) = 'busy') then 'busy'
          when bool_or(private.status_kind(n.status) = 'available') then 'available'
          else min(private.status_kind(n.status))
        end as kind
      from private.team_now(v_org_ids) n
      group by n.org_id, coalesce(n.member_id::text, n.integration_id || ' ' || n.extension)
    ) t
  ) a;
end
$$;
comment on function public.live_summary(uuid, uuid[]) is
'What is going on now among the calls the caller may see: ringing, in progress, waiting, and how many calls came in a minute.

p_org_id null: every organization the caller reads in full. Figures of now are null where no event came for seven days: the history alone does not tell of calls while they last.
Agents are the whole team''s, and unknown where the provider does not tell somebody''s status.
Errors: organization_not_found, scope_missing.';
grant execute on function public.live_summary(uuid, uuid[]) to authenticated, api_reader;
