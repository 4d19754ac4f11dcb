create function private.kpis_by(
  p_org_id uuid, p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean,
  p_kpis text[], p_by text
)
returns table (
  org_id uuid, line_id uuid, member_id uuid, kpi text, value numeric, numerator numeric, denominator numeric,
  known bigint, total bigint, data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_kpis(p_kpis);

  return query
  select
    c.org_id, c.line_id, c.member_id, k.kpi, k.value, k.numerator, k.denominator, k.known, k.total, t.data_through, d.version
  from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours, p_by) c
  cross join lateral private.kpi_values(c.counts, private.elapsed_minutes(p_from, p_to)) k
  join public.kpi_definitions d on d.kpi = k.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  where p_kpis is null or k.kpi = any (p_kpis);
end
$$;
comment on function private.kpis_by(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[], text) is
'The KPIs of a range for each organization, line or member that has calls in it.';
grant execute on function private.kpis_by(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[], text)
to authenticated, api_reader;

create function public.kpi_by_organization(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_kpis text[] default null
)
returns table (
  org_id uuid, kpi text, value numeric, numerator numeric, denominator numeric,
  known bigint, total bigint, data_through timestamptz, definition_version integer
)
language sql stable set search_path = '' as $$
  select
    k.org_id, k.kpi, k.value, k.numerator, k.denominator, k.known, k.total, k.data_through, k.definition_version
  from private.kpis_by(p_org_id, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, p_kpis, 'organization') k
  order by k.org_id, k.kpi
$$;
comment on function public.kpi_by_organization(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[]) is
'The KPIs of a range for each organization that has calls in it, of those the caller reads in full (p_org_id null) or one.

p_kpis chooses, as ''{offered,answer_rate}''.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, kpi_unknown.';
grant execute on function public.kpi_by_organization(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[])
to authenticated, api_reader;

create function public.kpi_by_line(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_kpis text[] default null
)
returns table (
  org_id uuid, line_id uuid, kpi text, value numeric, numerator numeric, denominator numeric,
  known bigint, total bigint, data_through timestamptz, definition_version integer
)
language sql stable set search_path = '' as $$
  select
    k.org_id, k.line_id, k.kpi, k.value, k.numerator, k.denominator, k.known, k.total, k.data_through, k.definition_version
  from private.kpis_by(p_org_id, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, p_kpis, 'line') k
  order by k.org_id, k.line_id, k.kpi
$$;
comment on function public.kpi_by_line(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[]) is
'The KPIs of a range for each line that has calls in it.

line_id null: the calls on no line. p_kpis chooses, as ''{offered,answer_rate}''.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, kpi_unknown.';
grant execute on function public.kpi_by_line(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[])
to authenticated, api_reader;

create function public.kpi_by_member(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_kpis text[] default null
)
returns table (
  org_id uuid, member_id uuid, kpi text, value numeric, numerator numeric, denominator numeric,
  known bigint, total bigint, data_through timestamptz, definition_version integer
)
language sql stable set search_path = '' as $$
  select
    k.org_id, k.member_id, k.kpi, k.value, k.numerator, k.denominator, k.known, k.total, k.data_through, k.definition_version
  from private.kpis_by(p_org_id, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, p_kpis, 'member') k
  order by k.org_id, k.member_id, k.kpi
$$;
comment on function public.kpi_by_member(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[]) is
'The KPIs of a range for each member with a leg in its calls.

member_id null: the calls in which no member has a leg. A call of two members counts for both, so that members add up to more than the range.
p_kpis chooses, as ''{answered,average_handle_time}''.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, kpi_unknown.';
grant execute on function public.kpi_by_member(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[])
to authenticated, api_reader;
