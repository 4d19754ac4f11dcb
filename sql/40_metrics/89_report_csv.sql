create function private.csv_cell(p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_text text;
begin
  if p_text is null then
    return '';
  elsif p_text !~ '[",\s=+@＝＋－＠-]' then
    return p_text;
  end if;
  v_text := private.csv_text(p_text);
  return case when v_text ~ '[",\r\n]|^\s|\s$' then '"' || replace(v_text, '"', '""') || '"' else v_text end;
end
$$;
comment on function private.csv_cell(text) is 'A text as a cell of a CSV: a text to spreadsheets too, in quotes where it needs them.';
grant execute on function private.csv_cell(text) to authenticated;

create function private.report_csv(p_org_id uuid, p_report text, p_parameters jsonb, p_most_calls integer) returns text
language plpgsql stable set search_path = '' as $$
declare
  v_asked constant private.report_parameters := private.report_parameters(p_report, p_parameters);
  v_header text;
  v_line text;
  v_lines text;
begin
  select
    string_agg(c.name, ',' order by c.n),
    -- One expression for the whole line: putting it together column by column takes longer than finding the calls.
    string_agg(
      format(case c.unit when 'text' then 'private.csv_cell(r.row ->> %L)' else 'coalesce(r.row ->> %L, '''')' end, c.name),
      ' || '','' || ' order by c.n
    )
  into v_header, v_line
  from private.report_columns(p_report) c;
  execute format(
    'select string_agg(%s || e''\r\n'', '''' order by r.n) from private.report_rows($1, $2, $3, $4) with ordinality as r (row, n)',
    coalesce(v_line, '''''')
  )
  into v_lines using p_org_id, p_report, v_asked, p_most_calls;
  return concat(v_header, e'\r\n', v_lines);
end
$$;
comment on function private.report_csv(uuid, text, jsonb, integer) is
'A report as CSV (RFC 4180): the rows and columns of its function, texts made safe for spreadsheets, nothing for null.';
grant execute on function private.report_csv(uuid, text, jsonb, integer) to authenticated;
