create function private.team_time(p_org_ids uuid[], p_from timestamptz, p_to timestamptz)
returns table (
  org_id uuid, agent text, member_id uuid, extensions text[], known_seconds numeric, available_seconds numeric, busy_seconds numeric,
  is_account_user_only boolean
)
language sql stable security definer set search_path = '' as $$
  with readable as (
    select o.org_id
    from unnest(p_org_ids) as o (org_id)
    where o.org_id = any (array(
      select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') union all select private.api_org_ids('members:read')
    ))
  ),
  status as (
    select
      s.org_id, coalesce(s.member_id::text, s.integration_id || ' ' || s.extension) as agent, s.member_id,
      array_agg(distinct s.extension order by s.extension) as extensions,
      bool_and(s.is_account_user_only) as is_account_user_only,
      range_agg(r.period) as known,
      coalesce(range_agg(r.period) filter (where private.status_kind(s.status) = 'available'), '{}') as available,
      coalesce(range_agg(r.period) filter (where private.status_kind(s.status) = 'busy'), '{}') as busy
    from public.agent_statuses s
    cross join lateral (select tstzrange(greatest(s.since, p_from), least(s.observed_through, p_to)) as period) r
    where s.org_id in (select t.org_id from readable t) and s.since < p_to and s.observed_through > p_from
    group by s.org_id, agent, s.member_id
  ),
  phone as (
    select
      l.org_id, coalesce(l.member_id::text, c.integration_id || ' ' || l.extension) as agent,
      bool_and(l.answered_at is not null and u.ended_at is not null) as is_timed,
      coalesce(range_agg(tstzrange(l.answered_at, u.ended_at)) filter (where l.answered_at <= u.ended_at), '{}') as talking
    from public.calls c
    join public.legs l on l.org_id = c.org_id and l.call_id = c.id and l.is_connected
    cross join lateral (
      -- Until now only while the call is in progress: of one whose end was lost nobody knows when it was.
      select coalesce(
        l.ended_at, c.ended_at, case when c.outcome is null and c.started_at > now() - interval '12 hours' then now() end
      ) as ended_at
    ) u
    -- A call that began before the range may last into it.
    where c.org_id in (select t.org_id from readable t)
      and c.started_at >= p_from - interval '12 hours' and c.started_at < p_to and c.deleted_at is null
      and coalesce(u.ended_at, 'infinity') > p_from
    group by l.org_id, agent
  )
  select
    s.org_id, s.agent, s.member_id, s.extensions, k.seconds, a.seconds,
    -- Whoever spoke at times that nobody told was busy for nobody knows how long.
    case when coalesce(p.is_timed, true) then b.seconds end,
    s.is_account_user_only
  from status s
  left join phone p on p.org_id = s.org_id and p.agent = s.agent
  cross join lateral (select s.busy + (s.known * coalesce(p.talking, '{}')) as busy) v
  cross join lateral (select coalesce(sum(extract(epoch from upper(u) - lower(u))), 0) as seconds from unnest(s.known) u) k
  cross join lateral (select coalesce(sum(extract(epoch from upper(u) - lower(u))), 0) as seconds from unnest(s.available - v.busy) u) a
  cross join lateral (select coalesce(sum(extract(epoch from upper(u) - lower(u))), 0) as seconds from unnest(v.busy) u) b
$$;
comment on function private.team_time(uuid[], timestamptz, timestamptz) is
'For how long each agent''s status was known in a range, and for how long they were available and busy: in a status that says so, or on the phone. Without names.';
grant execute on function private.team_time(uuid[], timestamptz, timestamptz) to authenticated, api_reader;

create function public.team_availability(p_org_id uuid, p_from timestamptz default null, p_to timestamptz default null)
returns table (
  org_id uuid, member_id uuid, full_name text, extensions text[], status text, status_kind text, since timestamptz,
  observed_through timestamptz, is_account_user_only boolean, is_on_call boolean,
  known_seconds numeric, available_seconds numeric, busy_seconds numeric, availability numeric, occupancy numeric
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_to constant timestamptz := coalesce(p_to, now());
  v_from constant timestamptz := coalesce(p_from, v_to - interval '24 hours');
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, v_from, v_to, null, 'members:read') s;
  perform private.require_days(v_from, v_to, v_time_zone, 31);

  return query
  with now_in as (
    select
      n.org_id, coalesce(n.member_id::text, n.integration_id || ' ' || n.extension) as agent, n.member_id,
      array_agg(n.extension order by n.extension) as extensions,
      -- Of somebody with two extensions, what was seen last.
      (array_agg(n.status order by n.observed_through desc nulls last, n.since desc))[1] as status,
      (array_agg(n.since order by n.observed_through desc nulls last, n.since desc))[1] as since,
      max(n.observed_through) as observed_through,
      bool_and(n.is_account_user_only) as is_account_user_only,
      bool_or(n.is_on_call) as is_on_call
    from private.team_now(v_org_ids) n
    group by n.org_id, 2, n.member_id
  )
  select
    coalesce(n.org_id, t.org_id), coalesce(n.member_id, t.member_id), p.full_name, coalesce(n.extensions, t.extensions),
    n.status, private.status_kind(n.status), n.since, n.observed_through,
    coalesce(n.is_account_user_only, t.is_account_user_only), coalesce(n.is_on_call, false),
    coalesce(t.known_seconds, 0), t.available_seconds, t.busy_seconds,
    trim_scale(round((t.busy_seconds + t.available_seconds) / nullif(t.known_seconds, 0), 6)),
    trim_scale(round(t.busy_seconds / nullif(t.busy_seconds + t.available_seconds, 0), 6))
  from now_in n
  full join private.team_time(v_org_ids, v_from, v_to) t on t.org_id = n.org_id and t.agent = n.agent
  left join public.org_members m on m.id = coalesce(n.member_id, t.member_id)
  left join public.profiles p on p.user_id = m.user_id;
end
$$;
comment on function public.team_availability(uuid, timestamptz, timestamptz) is
'Who of the team is in which status now, and for how long they were available and busy in a range (the last 24 hours; at most 31 days).

availability = (busy + available) / known status time, occupancy = busy / (busy + available); busy is a status that says so, or time on the phone. null: not measurable.
Names are told to those who read their colleagues. Where is_account_user_only, the provider tells the status of the account''s own user and of nobody else.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing.';
grant execute on function public.team_availability(uuid, timestamptz, timestamptz) to authenticated, api_reader;
