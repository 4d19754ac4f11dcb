create function public.staffing(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_target numeric default null, p_within_seconds numeric default null, p_shrinkage numeric default 0.3, p_wrap_seconds numeric default 0
)
returns table (
  weekday integer, hour integer, hours bigint, offered bigint, mean_offered numeric, handle_seconds numeric,
  agents_on_calls integer, agents integer, service_level numeric, occupancy numeric, target numeric, within_seconds numeric,
  known bigint, total bigint, data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_target numeric := p_target;
  v_within numeric := p_within_seconds;
  v_handle numeric;
  v_known bigint;
  v_total bigint;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 366);
  -- Staffing looks ahead: what counts is what the organization wants now.
  select coalesce(v_target, s.service_level_target), coalesce(v_within, s.answer_within_seconds) into v_target, v_within
  from (values (true)) one
  left join lateral (
    select o.service_level_target, o.answer_within_seconds
    from public.organization_settings o
    where o.org_id = p_org_id and o.effective_from <= (now() at time zone v_time_zone)::date
    order by o.effective_from desc
    limit 1
  ) s on true;
  v_target := coalesce(v_target, 0.8);
  v_within := coalesce(v_within, 20);
  perform private.require_staffing(v_target, v_within, p_shrinkage, p_wrap_seconds);

  select k.value, k.known, k.total into v_handle, v_known, v_total
  from (values (true)) one
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours) c on true
  cross join lateral private.kpi_values(coalesce(c.counts, private.no_calls()), 0) k
  where k.kpi = 'average_handle_time';
  v_handle := v_handle + p_wrap_seconds;

  return query
  with begun as (
    select
      extract(isodow from l.clock)::integer as weekday, extract(hour from l.clock)::integer as hour,
      count(*) as hours, sum(coalesce((c.counts).offered, 0))::bigint as offered
    from private.buckets(p_from, p_to, v_time_zone, 'hour') b
    left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'hour', v_time_zone, p_in_hours) c
      on c.bucket_start = b.bucket_start
    cross join lateral private.hour_shown(b.bucket_start, v_time_zone) as l (clock)
    where b.starts_at <= now()
    group by 1, 2
  ),
  needed as (
    select
      d.weekday, h.hour, coalesce(g.hours, 0) as hours, coalesce(g.offered, 0) as offered, g.offered::numeric / g.hours as mean_offered,
      private.agents_needed(
        (g.offered::numeric / g.hours * v_handle / 3600)::double precision, v_handle::double precision, v_target::double precision,
        v_within::double precision
      ) as agents
    from generate_series(1, 7) as d (weekday)
    cross join generate_series(0, 23) as h (hour)
    left join begun g on g.weekday = d.weekday and g.hour = h.hour
  )
  select
    n.weekday, n.hour, n.hours, n.offered, trim_scale(round(n.mean_offered, 6)), trim_scale(round(v_handle, 6)),
    n.agents, ceil(round(n.agents / (1 - p_shrinkage), 9))::integer,
    trim_scale(round(e.service_level, 6)), trim_scale(round(e.occupancy, 6)), v_target, v_within,
    v_known, v_total, t.data_through, f.version
  from needed n
  -- A function is called before what a join asks is looked at.
  left join lateral public.erlang_c(coalesce(n.mean_offered, 0), coalesce(v_handle, 0), coalesce(n.agents, 0), v_within) e
    on n.mean_offered > 0 and n.agents is not null
  join public.kpi_definitions f on f.kpi = 'agents_needed'
  cross join private.data_through(v_org_ids) as t (data_through)
  order by n.weekday, n.hour;
end
$$;
comment on function public.staffing(
  uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, numeric, numeric, numeric, numeric
) is
'How many agents each hour of the week needs, from the calls of a range (at most 366 days) that the caller may see: Erlang C.

mean_offered: calls per local weekday-hour, over the hours of that name that have begun. handle_seconds: mean talk over the range, and p_wrap_seconds.
agents_on_calls: the fewest who answer the target''s share of calls in time; agents: ÷ (1 − p_shrinkage), rounded up. The organization''s target and threshold of today, unless said otherwise. null: not measurable.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, staffing_invalid.';
grant execute on function public.staffing(
  uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, numeric, numeric, numeric, numeric
) to authenticated, api_reader;
