create function public.kpi_summary(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (
  kpi text, value numeric, previous numeric, numerator numeric, denominator numeric,
  known bigint, total bigint, data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_previous_from timestamptz;
  v_previous_to timestamptz;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  select r.previous_from, r.previous_to into v_previous_from, v_previous_to
  from private.previous_range(p_from, p_to, v_time_zone, now()) r;

  return query
  with counted as (
    select r.is_current, private.elapsed_minutes(r.starts_at, r.ends_at) as minutes, coalesce(c.counts, private.no_calls()) as counts
    from (values (true, p_from, p_to), (false, v_previous_from, v_previous_to)) as r (is_current, starts_at, ends_at)
    left join lateral private.count_calls(
      v_org_ids, r.starts_at, r.ends_at, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours
    ) c on true
  )
  select
    k.kpi, k.value, p.value, k.numerator, k.denominator, k.known, k.total, t.data_through, d.version
  from counted a
  cross join lateral private.kpi_values(a.counts, a.minutes) k
  join counted b on not b.is_current
  join lateral private.kpi_values(b.counts, b.minutes) p on p.kpi = k.kpi
  join public.kpi_definitions d on d.kpi = k.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  where a.is_current;
end
$$;
comment on function public.kpi_summary(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'The KPIs of a range [p_from, p_to) over the calls the caller may see, each with its value in the previous range.

p_org_id null: every organization the caller reads in full. value is null where it is not measurable; known and total say over how many calls it is.
p_in_hours: calls that started in business hours (true), outside of them (false), or all.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing.';
grant execute on function public.kpi_summary(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated, api_reader;
