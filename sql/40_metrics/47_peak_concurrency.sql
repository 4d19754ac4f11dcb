create function public.peak_concurrency(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (
  kpi text, value numeric, known bigint, total bigint, peak_at timestamptz, data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 31);

  return query
  with asked as materialized (
    select t.started_at, t.over_at
    from public.counted_calls t
    left join private.settings_in_force(v_org_ids, p_from - interval '24 hours', p_to, true) s
      on p_in_hours is not null and s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    -- Nothing is taken to last longer than a day.
    where t.org_id = any (v_org_ids) and t.started_at >= p_from - interval '24 hours' and t.started_at < p_to
      and t.direction = 'inbound'
      and (t.started_at >= p_from or t.over_at > p_from)
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
  ),
  step as (
    select greatest(a.started_at, p_from) as at, 1 as change from asked a where a.over_at is not null
    union all
    select a.over_at, -1 from asked a where a.over_at is not null
  ),
  -- Those that end go before those that begin at the same instant.
  running as (
    select s.at, sum(s.change) over (order by s.at, s.change rows unbounded preceding) as calls from step s
  ),
  peak as (
    select r.at, r.calls from running r where r.at < p_to order by r.calls desc, r.at limit 1
  )
  select
    d.kpi, case when c.known > 0 or c.total = 0 then coalesce(p.calls, 0)::numeric end, c.known, c.total,
    case when p.calls > 0 then p.at end, t.data_through, d.version
  from (select count(a.over_at) as known, count(*) as total from asked a) c
  left join peak p on true
  join public.kpi_definitions d on d.kpi = 'peak_concurrency'
  cross join private.data_through(v_org_ids) as t (data_through);
end
$$;
comment on function public.peak_concurrency(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'The most inbound calls that were in progress at once, and when they first were, in a range of at most 31 days.

Calls that began before the range count while they last; nothing is taken to last longer than a day. Calls of which no end is known are in total alone.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing.';
grant execute on function public.peak_concurrency(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated, api_reader;
