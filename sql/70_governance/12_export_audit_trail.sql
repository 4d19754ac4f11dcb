create function private.csv_text(p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Spreadsheets run what begins like a formula; they take a phone number's plus for one only with more than digits behind it.
  return case when p_text ~ '^[=+\-@\t\r\n＝＋－＠]' and p_text !~ '^\+[0-9]+$' then '''' || p_text else p_text end;
end
$$;
comment on function private.csv_text(text) is 'A text that a spreadsheet takes for a text.';
grant execute on function private.csv_text(text) to authenticated;

create function private.record_export(p_org_id uuid, p_resource text, p_details jsonb) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_role(p_org_id, 'org_admin');
  perform private.record_audit(p_org_id, 'export', p_resource, null, p_details);
end
$$;
comment on function private.record_export(uuid, text, jsonb) is 'Notes that the caller takes data of an organization away; the caller''s right is checked inside.';
grant execute on function private.record_export(uuid, text, jsonb) to authenticated;

create function public.export_audit_trail(p_org_id uuid, p_from timestamptz, p_to timestamptz)
returns table (
  id bigint, at timestamptz, actor_kind text, actor text, action text, resource text, row_key text, details text, ip_address text
)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
  if p_from is null or p_to is null or p_from >= p_to then
    raise exception 'The range must run forward.'
      using errcode = 'PT422', detail = 'range_reversed', hint = 'Send p_from earlier than p_to; the end is not included.';
  end if;
  perform private.record_export(p_org_id, 'audit_entries', jsonb_build_object('from', p_from, 'to', p_to));
  return query
  select
    e.id, e.at, e.actor_kind, private.csv_text(e.actor), e.action, e.resource, e.row_key::text, e.details::text, host(e.ip_address)
  from public.audit_entries e
  where e.org_id = p_org_id and e.at >= p_from and e.at < p_to
  order by e.id;
end
$$;
comment on function public.export_audit_trail(uuid, timestamptz, timestamptz) is
'The audit trail of [p_from, p_to) for a spreadsheet (org admins): ask with "Accept: text/csv". That it was taken is an entry itself.

Errors: range_reversed, organization_not_found, role_not_sufficient.';
grant execute on function public.export_audit_trail(uuid, timestamptz, timestamptz) to authenticated;
