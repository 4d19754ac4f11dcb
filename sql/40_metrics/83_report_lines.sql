create function public.report_lines(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (
  line_id uuid, line text, number text,
  offered bigint, answered bigint, voicemail bigint, missed bigint, answer_rate numeric, abandonment_rate numeric,
  service_level numeric, known_waits bigint, average_speed_of_answer numeric, average_abandon_wait numeric, longest_wait bigint,
  average_handle_time numeric, total_talk bigint, average_duration numeric, dropped_rate numeric, transferred_rate numeric,
  very_short_rate numeric, outbound bigint, outbound_connected_rate numeric, outbound_talk bigint
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone
  from private.begin_report(p_org_id, p_from, p_to, p_in_hours, null) s;
  return query
  with counted as (
    select c.line_id, c.counts
    from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours, 'line') c
  ),
  listed as (
    select l.id, l.label, l.e164
    from public.lines l
    where l.org_id = any (v_org_ids)
      and (l.period && tstzrange(p_from, p_to) and (p_line_ids is null or l.id = any (p_line_ids)) or l.id in (select c.line_id from counted c))
  )
  select coalesce(l.id, c.line_id), coalesce(nullif(l.label, ''), l.e164), l.e164, k.*
  from listed l
  full join counted c on c.line_id = l.id
  cross join lateral private.kpi_columns(c.counts) k
  order by k.offered desc, k.outbound desc, l.e164, coalesce(l.id, c.line_id);
end
$$;
comment on function public.report_lines(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'The KPIs of [p_from, p_to) line by line over the calls the caller may see, lines without a call included, busiest first.

line_id null: calls on a number that is no line. A line that the caller handled calls on but is not given has no name. Columns as of report_days.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';
grant execute on function public.report_lines(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated, api_reader;
