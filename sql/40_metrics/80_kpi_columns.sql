create type private.kpi_columns as (
  offered bigint,
  answered bigint,
  voicemail bigint,
  missed bigint,
  answer_rate numeric,
  abandonment_rate numeric,
  service_level numeric,
  known_waits bigint,
  average_speed_of_answer numeric,
  average_abandon_wait numeric,
  longest_wait bigint,
  average_handle_time numeric,
  total_talk bigint,
  average_duration numeric,
  dropped_rate numeric,
  transferred_rate numeric,
  very_short_rate numeric,
  outbound bigint,
  outbound_connected_rate numeric,
  outbound_talk bigint
);
comment on type private.kpi_columns is 'The KPIs of one row of a report, beside each other. known_waits: over how many calls the service level is.';

create function private.kpi_columns(p_counts private.call_counts) returns private.kpi_columns
language sql immutable parallel safe set search_path = '' as $$
  select row(
    max(k.value) filter (where k.kpi = 'offered'),
    max(k.value) filter (where k.kpi = 'answered'),
    max(k.value) filter (where k.kpi = 'voicemail'),
    max(k.value) filter (where k.kpi = 'missed'),
    max(k.value) filter (where k.kpi = 'answer_rate'),
    max(k.value) filter (where k.kpi = 'abandonment_rate'),
    max(k.value) filter (where k.kpi = 'service_level'),
    max(k.known) filter (where k.kpi = 'service_level'),
    max(k.value) filter (where k.kpi = 'average_speed_of_answer'),
    max(k.value) filter (where k.kpi = 'average_abandon_wait'),
    max(k.value) filter (where k.kpi = 'longest_wait'),
    max(k.value) filter (where k.kpi = 'average_handle_time'),
    max(k.value) filter (where k.kpi = 'total_talk'),
    max(k.value) filter (where k.kpi = 'average_duration'),
    max(k.value) filter (where k.kpi = 'dropped_rate'),
    max(k.value) filter (where k.kpi = 'transferred_rate'),
    max(k.value) filter (where k.kpi = 'very_short_rate'),
    max(k.value) filter (where k.kpi = 'outbound'),
    max(k.value) filter (where k.kpi = 'outbound_connected_rate'),
    max(k.value) filter (where k.kpi = 'outbound_talk')
  )::private.kpi_columns
  from private.kpi_values(coalesce(p_counts, private.no_calls()), null) k
$$;
comment on function private.kpi_columns(private.call_counts) is 'The values of kpi_values as columns; without counts, those of no calls.';
grant execute on function private.kpi_columns(private.call_counts) to authenticated, api_reader;

create function private.begin_report(
  p_org_id uuid, p_from timestamptz, p_to timestamptz, p_in_hours boolean, p_grain text, out org_ids uuid[], out time_zone text
)
language plpgsql stable set search_path = '' as $$
begin
  if nullif(current_setting('request.headers', true), '')::json ->> 'accept' ~ 'text/csv'
    and nullif(current_setting('request.path', true), '') ~ '/report_' then
    raise exception 'Reports leave as CSV through export_report.'
      using errcode = 'PT406', detail = 'csv_is_exported',
        hint = 'Call export_report with the same report: it makes cells safe for spreadsheets and notes the export.';
  end if;
  select s.org_ids, s.time_zone into org_ids, time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  if p_grain is not null then
    perform private.require_grain(p_from, p_to, p_grain);
  end if;
end
$$;
comment on function private.begin_report(uuid, timestamptz, timestamptz, boolean, text) is
'Checks what every report is asked, and tells the organizations and the time zone it is about.';
grant execute on function private.begin_report(uuid, timestamptz, timestamptz, boolean, text) to authenticated, api_reader;
