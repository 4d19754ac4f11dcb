create domain public."text/csv" as text;
comment on domain public."text/csv" is 'A CSV as it is, for PostgREST to send with this media type.';

create function private.record_report_export(p_org_id uuid, p_report text, p_parameters jsonb) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if p_org_id is not null then
    perform private.require_role(p_org_id, 'viewer', 'agent', 'manager', 'org_admin');
  end if;
  perform private.record_audit(o.id, 'export', 'reports', null, jsonb_build_object('report', p_report, 'parameters', p_parameters))
  from unnest(case
    when p_org_id is not null then array[p_org_id]
    when private.is_platform_admin() then array[private.holding_org_id()]
    else array(select private.org_ids_read_in_full())
  end) as o (id);
end
$$;
comment on function private.record_report_export(uuid, text, jsonb) is
'Notes that the caller takes a report away; the caller''s right is checked inside.';
grant execute on function private.record_report_export(uuid, text, jsonb) to authenticated;

create function public.export_report(p_org_id uuid, p_report text, p_parameters jsonb) returns public."text/csv"
language plpgsql set search_path = '' as $$
begin
  perform private.record_report_export(p_org_id, p_report, p_parameters);
  return private.report_csv(p_org_id, p_report, p_parameters, 20000);
end
$$;
comment on function public.export_report(uuid, text, jsonb) is
'A report as CSV, exactly the rows and columns of its function: ask with "Accept: text/csv". That it was taken is in the audit trail.

p_report: summary, days, hours, lines, members, sla or calls. p_parameters: from, to, line_ids, member_ids, in_hours; for calls also directions, outcomes, min_duration, max_duration, tag, outcome_code and number. At most 20,000 calls; a document holds 50,000.
Errors: organization_not_found, report_unknown, parameters_invalid, range_reversed, range_out_of_bounds, grain_unfit, business_hours_missing, number_invalid, report_too_large.';
grant execute on function public.export_report(uuid, text, jsonb) to authenticated;
