create function private.report_csv(p_org_id uuid, p_report text, p_parameters jsonb) returns text
language plpgsql stable set search_path = '' as $$
begin
  return (
    with header as materialized (
      select c.n, c.name, c.unit = 'text' as is_text from private.report_columns(p_report) c
    )
    select string_agg(t.line || e'\r\n', '' order by t.n)
    from (
      select 0::bigint as n, string_agg(h.name, ',' order by h.n) as line
      from header h
      union all
      select r.ordinality, cells.line
      from private.report_rows(p_org_id, p_report, private.report_parameters(p_report, p_parameters), 50000)
        with ordinality as r (row, ordinality)
      cross join lateral (
        select string_agg(
          case when v.cell ~ '[",\r\n]|^\s|\s$' then '"' || replace(v.cell, '"', '""') || '"' else v.cell end,
          ',' order by h.n
        ) as line
        from header h
        cross join lateral (
          select coalesce(case when h.is_text then private.csv_text(r.row ->> h.name) else r.row ->> h.name end, '') as cell
        ) v
      ) cells
    ) t
  );
end
$$;
comment on function private.report_csv(uuid, text, jsonb) is
'A report as CSV (RFC 4180): the rows and columns of its function, texts made safe for spreadsheets, nothing for null.';
grant execute on function private.report_csv(uuid, text, jsonb) to authenticated;
