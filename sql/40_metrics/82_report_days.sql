create function public.report_days(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (
  day date,
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
  from private.begin_report(p_org_id, p_from, p_to, p_in_hours, 'day') s;
  return query
  select (b.bucket_start at time zone v_time_zone)::date, k.*
  from private.buckets(p_from, p_to, v_time_zone, 'day') b
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'day', v_time_zone, p_in_hours) c
    on c.bucket_start = b.bucket_start
  cross join lateral private.kpi_columns(c.counts) k
  order by b.bucket_start;
end
$$;
comment on function public.report_days(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'The KPIs of each local day of [p_from, p_to) over the calls the caller may see, days without a call included.

Rates are shares, durations seconds; null is not measurable. known_waits: over how many calls the service level is.
Errors: range_reversed, range_out_of_bounds, grain_unfit, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';
grant execute on function public.report_days(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated, api_reader;

create function public.report_hours(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (
  starts_at timestamptz, day date, hour text,
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
  from private.begin_report(p_org_id, p_from, p_to, p_in_hours, 'hour') s;
  return query
  select b.bucket_start, l.clock::date, to_char(l.clock, 'HH24:00'), k.*
  from private.buckets(p_from, p_to, v_time_zone, 'hour') b
  cross join lateral private.hour_shown(b.bucket_start, v_time_zone) as l (clock)
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'hour', v_time_zone, p_in_hours) c
    on c.bucket_start = b.bucket_start
  cross join lateral private.kpi_columns(c.counts) k
  order by b.bucket_start;
end
$$;
comment on function public.report_hours(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'The KPIs of each local hour of [p_from, p_to), at most 62 days, over the calls the caller may see; hours without a call included.

An hour that comes twice in autumn is told apart by starts_at. Columns as of report_days.
Errors: range_reversed, range_out_of_bounds, grain_unfit, organization_not_found, scope_missing, business_hours_missing, csv_is_exported.';
grant execute on function public.report_hours(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated, api_reader;
