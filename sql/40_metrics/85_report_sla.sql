create function public.report_sla(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (day date, calls bigint, known_waits bigint, service_level numeric, target numeric, is_missed boolean)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone
  from private.begin_report(p_org_id, p_from, p_to, p_in_hours, 'day') s;
  return query
  with counted as (
    select (c.bucket_start at time zone v_time_zone)::date as day, (c.counts).offered - (c.counts).short_abandons as calls, k.known_waits, k.service_level
    from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'day', v_time_zone, p_in_hours) c
    cross join lateral private.kpi_columns(c.counts) k
  ),
  targeted as (
    select
      c.*, (
        -- Organizations that aim at different levels have none in common.
        select case when min(t.service_level_target) = max(t.service_level_target) then trim_scale(min(t.service_level_target)) end
        from unnest(v_org_ids) as o (org_id)
        cross join lateral (
          select s.service_level_target
          from public.organization_settings s
          where s.org_id = o.org_id and s.effective_from <= c.day
          order by s.effective_from desc
          limit 1
        ) t
      ) as target
    from counted c
    where c.calls > 0
  )
  select t.day, t.calls, t.known_waits, t.service_level, t.target, t.service_level < t.target
  from targeted t
  order by t.day;
end
$$;
comment on function public.report_sla(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'For each local day of [p_from, p_to) with calls to be judged: the service level, the target that was in force, and whether it was missed.

calls: those offered but for short abandons; known_waits: those of known wait. service_level and is_missed are null where no wait is known.
Errors: range_reversed, range_out_of_bounds, grain_unfit, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';
grant execute on function public.report_sla(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated, api_reader;
