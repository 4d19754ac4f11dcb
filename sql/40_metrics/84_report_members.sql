create function public.report_members(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (
  member_id uuid, member text, role text,
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
  select c.member_id, coalesce(p.full_name, p.email), m.role, k.*
  from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours, 'member') c
  left join public.org_members m on m.id = c.member_id
  left join public.profiles p on p.user_id = m.user_id
  cross join lateral private.kpi_columns(c.counts) k
  order by c.member_id is null, k.answered desc, k.outbound desc, coalesce(p.full_name, p.email), c.member_id;
end
$$;
comment on function public.report_members(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'The KPIs of [p_from, p_to) for each member with a part in a call that the caller may see. A call with several members counts for each.

member_id null: calls in which nobody of the team had a part. member is null for those who read no colleagues. Columns as of report_days.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';
grant execute on function public.report_members(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated, api_reader;
