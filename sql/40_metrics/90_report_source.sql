create function private.local_time(p_at timestamptz, p_time_zone text) returns text
language sql stable parallel safe set search_path = '' as $$
  select to_char(p_at at time zone p_time_zone, 'YYYY-MM-DD HH24:MI')
$$;
comment on function private.local_time(timestamptz, text) is 'An instant as the clock on the wall showed it.';
grant execute on function private.local_time(timestamptz, text) to authenticated;

create function private.report_section(p_org_id uuid, p_report text, p_asked private.report_parameters) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'report', p_report, 'title', private.report_title(p_report),
    'columns', (
      select jsonb_agg(jsonb_build_object('name', c.name, 'title', c.title, 'unit', c.unit) order by c.n)
      from private.report_columns(p_report) c
    ),
    'rows', (
      select coalesce(jsonb_agg(r.row order by r.n), '[]')
      from private.report_rows(p_org_id, p_report, p_asked, 2000) with ordinality as r (row, n)
    )
  )
$$;
comment on function private.report_section(uuid, text, private.report_parameters) is 'A table of a document: headings and rows.';
grant execute on function private.report_section(uuid, text, private.report_parameters) to authenticated;

create function private.report_chart(p_org_id uuid, p_time_zone text, p_asked private.report_parameters) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_grain constant text := case
    when p_asked.ends_at <= p_asked.starts_at + interval '49 hours' then 'hour'
    when p_asked.ends_at <= p_asked.starts_at + interval '63 days' then 'day'
    when p_asked.ends_at <= p_asked.starts_at + interval '400 days' then 'week'
    else 'month'
  end;
begin
  return (
    select jsonb_build_object('grain', v_grain, 'buckets', coalesce(jsonb_agg(
      jsonb_build_object(
        'starts_at', private.local_time(b.bucket_start, p_time_zone), 'answered', k.answered, 'voicemail', k.voicemail,
        'missed', k.missed, 'service_level', k.service_level
      ) order by b.bucket_start
    ), '[]'))
    from private.buckets(p_asked.starts_at, p_asked.ends_at, p_time_zone, v_grain) b
    left join private.count_calls(
      array[p_org_id], p_asked.starts_at, p_asked.ends_at, p_asked.line_ids, p_asked.member_ids, v_grain, p_time_zone, p_asked.in_hours
    ) c on c.bucket_start = b.bucket_start
    cross join lateral private.kpi_columns(c.counts) k
  );
end
$$;
comment on function private.report_chart(uuid, text, private.report_parameters) is
'The course of the calls over a document''s period: by hour, day, week or month, whichever can be looked at.';
grant execute on function private.report_chart(uuid, text, private.report_parameters) to authenticated;

create function private.report_source(p_org_id uuid, p_report text, p_parameters jsonb) returns jsonb
language plpgsql stable set search_path = '' set timezone = 'UTC' as $$
declare
  v_asked constant private.report_parameters := private.report_parameters(p_report, p_parameters);
  v_organization public.organizations;
  v_previous record;
  v_data_through timestamptz;
begin
  perform private.kpi_scope(p_org_id, v_asked.starts_at, v_asked.ends_at, v_asked.in_hours);
  select o.* into v_organization from public.organizations o where o.id = p_org_id;
  v_data_through := private.data_through(array[p_org_id]);
  v_previous := private.previous_range(v_asked.starts_at, v_asked.ends_at, v_organization.time_zone, now());
  return jsonb_build_object(
    'report', p_report, 'title', private.report_title(p_report), 'organization', v_organization.name,
    'time_zone', v_organization.time_zone,
    'from', private.local_time(v_asked.starts_at, v_organization.time_zone),
    'to', private.local_time(v_asked.ends_at, v_organization.time_zone),
    'previous_from', private.local_time(v_previous.previous_from, v_organization.time_zone),
    'previous_to', private.local_time(v_previous.previous_to, v_organization.time_zone),
    'data_through', private.local_time(v_data_through, v_organization.time_zone),
    'made_at', private.local_time(now(), v_organization.time_zone),
    'is_unfinished', v_asked.ends_at > now(),
    'filters', jsonb_strip_nulls(p_parameters - array['from', 'to', 'line_ids', 'member_ids']) || jsonb_strip_nulls(jsonb_build_object(
      'lines', (
        select jsonb_agg(coalesce(nullif(l.label, ''), l.e164, 'a line that is not yours') order by i.n)
        from unnest(v_asked.line_ids) with ordinality as i (id, n)
        left join public.lines l on l.id = i.id and l.org_id = p_org_id
      ),
      'members', (
        select jsonb_agg(coalesce(p.full_name, p.email, 'somebody of the team') order by i.n)
        from unnest(v_asked.member_ids) with ordinality as i (id, n)
        left join public.org_members m on m.id = i.id and m.org_id = p_org_id
        left join public.profiles p on p.user_id = m.user_id
      )
    )),
    'kpis', case when p_report <> 'calls' then (
      select jsonb_agg(to_jsonb(k))
      from public.kpi_summary(p_org_id, v_asked.starts_at, v_asked.ends_at, v_asked.line_ids, v_asked.member_ids, v_asked.in_hours) k
    ) end,
    'chart', case when p_report <> 'calls' then private.report_chart(p_org_id, v_organization.time_zone, v_asked) end,
    'sections', (
      select jsonb_agg(private.report_section(p_org_id, s.report, v_asked) order by s.n)
      from unnest(case p_report when 'summary' then array['summary', 'lines', 'members'] else array[p_report] end)
        with ordinality as s (report, n)
    ),
    'definitions', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'kpi', d.kpi, 'name', d.name, 'formula', d.formula, 'unit', d.unit, 'direction', d.direction, 'version', d.version
      ) order by d.name), '[]')
      from public.kpi_definitions d
    )
  );
end
$$;
comment on function private.report_source(uuid, text, jsonb) is
'All that a document says, as the caller may see it: the tables are the rows of the report functions, the figures those of kpi_summary.';
grant execute on function private.report_source(uuid, text, jsonb) to authenticated;

-- Runs as the role that people's requests run as, so that their row-level security applies to what a program makes for
-- them. It trusts the claims that document_source has set, and so may be executed by nobody else.
create function private.report_as_owner(p_org_id uuid, p_report text, p_parameters jsonb, p_is_csv boolean) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_is_csv then
    return to_jsonb(private.report_csv(p_org_id, p_report, p_parameters, 50000));
  end if;
  return private.report_source(p_org_id, p_report, p_parameters);
end
$$;
comment on function private.report_as_owner(uuid, text, jsonb, boolean) is
'What goes into a document, seen with the rights of role authenticated, which owns it, and the claims of the moment: the CSV as a JSON string, or the source.';
grant create on schema private to authenticated;
alter function private.report_as_owner(uuid, text, jsonb, boolean) owner to authenticated;
revoke create on schema private from authenticated;
revoke all on function private.report_as_owner(uuid, text, jsonb, boolean) from authenticated;
grant execute on function private.report_as_owner(uuid, text, jsonb, boolean) to postgres;
