create function public.kpi_series(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_grain text default 'day'
)
returns table (bucket_start timestamptz, kpi text, value numeric, known bigint, total bigint)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_grain(p_from, p_to, p_grain);

  return query
  select b.bucket_start, k.kpi, k.value, k.known, k.total
  from private.buckets(p_from, p_to, v_time_zone, p_grain) b
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_grain, v_time_zone, p_in_hours) c
    on c.bucket_start = b.bucket_start
  cross join lateral private.kpi_values(
    coalesce(c.counts, private.no_calls()), private.elapsed_minutes(b.starts_at, b.ends_at)
  ) k
  order by b.bucket_start, k.kpi;
end
$$;
comment on function public.kpi_series(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text) is
'The KPIs of a range per local hour, day, week (from Monday) or month, empty buckets included.

Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, grain_unfit.';
grant execute on function public.kpi_series(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text) to authenticated, api_reader;
