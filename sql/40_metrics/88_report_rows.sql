create function private.report_rows(
  p_org_id uuid, p_report text, p_asked private.report_parameters, p_most_calls integer
) returns setof jsonb
language plpgsql stable set search_path = '' set timezone = 'UTC' as $$
declare
  v_from constant timestamptz := p_asked.starts_at;
  v_to constant timestamptz := p_asked.ends_at;
  v_org_ids uuid[];
  v_calls bigint;
begin
  case p_report
    when 'summary' then
      return query select to_jsonb(r) from public.kpi_summary(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'days' then
      return query select to_jsonb(r) from public.report_days(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'hours' then
      return query select to_jsonb(r) from public.report_hours(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'lines' then
      return query select to_jsonb(r) from public.report_lines(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'members' then
      return query select to_jsonb(r) from public.report_members(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'sla' then
      return query select to_jsonb(r) from public.report_sla(p_org_id, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours) r;
    when 'calls' then
      select s.org_ids into v_org_ids from private.begin_report(p_org_id, v_from, v_to, p_asked.in_hours, null) s;
      return query
      select to_jsonb(r)
      from private.call_list(
        v_org_ids, v_from, v_to, p_asked.line_ids, p_asked.member_ids, p_asked.in_hours, p_asked.directions, p_asked.outcomes,
        p_asked.min_duration, p_asked.max_duration, p_asked.tag, p_asked.outcome_code, p_asked.number, null, null, p_most_calls + 1
      ) r;
      get diagnostics v_calls = row_count;
      -- Not the first so many: a report that leaves out what it does not say is worse than none.
      if v_calls > p_most_calls then
        raise exception 'There are more than % calls.', p_most_calls
          using errcode = 'PT422', detail = 'report_too_large', hint = 'Choose a shorter range or more filters; export_report gives 20,000 calls, a document 50,000 as CSV and 2,000 as PDF.';
      end if;
    else
      raise exception 'There is no report %.', coalesce(p_report, 'null')
        using errcode = 'PT422', detail = 'report_unknown', hint = 'Choose summary, days, hours, lines, members, sla or calls.';
  end case;
end
$$;
comment on function private.report_rows(uuid, text, private.report_parameters, integer) is
'The rows of a report as its function answers them, in its order: one source for the screen, the CSV, the PDF and the e-mail.';
grant execute on function private.report_rows(uuid, text, private.report_parameters, integer) to authenticated;
