create function private.queue_document(
  p_org_id uuid, p_owner_id uuid, p_report text, p_format text, p_parameters jsonb, p_run_id uuid
) returns uuid
language plpgsql set search_path = '' as $$
declare
  v_id uuid;
begin
  insert into public.documents (org_id, owner_id, report, format, parameters, title, run_id)
  values (p_org_id, p_owner_id, p_report, p_format, p_parameters, private.report_title(p_report), p_run_id)
  returning id into v_id;
  insert into private.document_files (document_id) values (v_id);
  notify sync_jobs;
  return v_id;
end
$$;
comment on function private.queue_document(uuid, uuid, text, text, jsonb, uuid) is
'A document to be made with the eyes of its owner, for a run of a schedule or, with null, for a person; returns its id.';

create function private.create_document(p_org_id uuid, p_report text, p_format text, p_parameters jsonb) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_asked private.report_parameters;
  v_id uuid;
begin
  perform private.require_role(p_org_id, 'viewer', 'agent', 'manager', 'org_admin');
  if private.report_title(p_report) is null then
    raise exception 'There is no report %.', coalesce(p_report, 'null')
      using errcode = 'PT422', detail = 'report_unknown', hint = 'Choose summary, days, hours, lines, members, sla or calls.';
  end if;
  if p_format is null or p_format not in ('pdf', 'csv') then
    raise exception 'There is no format %.', coalesce(p_format, 'null')
      using errcode = 'PT422', detail = 'format_unknown', hint = 'Choose pdf or csv.';
  end if;
  v_asked := private.report_parameters(p_report, p_parameters);
  perform private.begin_report(
    p_org_id, v_asked.starts_at, v_asked.ends_at, v_asked.in_hours,
    case p_report when 'hours' then 'hour' when 'days' then 'day' when 'sla' then 'day' end
  );
  -- One after the other, or several at once would each count the others out.
  perform from public.profiles p where p.user_id = auth.uid() for no key update;
  if (
    select count(*) >= 20 from public.documents d where d.owner_id = auth.uid() and d.run_id is null and d.state in ('queued', 'rendering')
  ) then
    raise exception 'Twenty documents of yours are waiting to be made.'
      using errcode = 'PT429', detail = 'documents_waiting', hint = 'Wait until they are there, or delete some.';
  end if;
  v_id := private.queue_document(p_org_id, auth.uid(), p_report, p_format, p_parameters, null);
  perform private.record_audit(
    p_org_id, 'export', 'documents', jsonb_build_object('id', v_id),
    jsonb_build_object('report', p_report, 'format', p_format, 'parameters', p_parameters)
  );
  return v_id;
end
$$;
comment on function private.create_document(uuid, text, text, jsonb) is
'Queues a document for the caller and writes that into the audit trail; the caller''s right is checked inside.';
grant execute on function private.create_document(uuid, text, text, jsonb) to authenticated;

create function public.create_document(p_org_id uuid, p_report text, p_format text, p_parameters jsonb) returns uuid
language sql set search_path = '' as $$
  select private.create_document(p_org_id, p_report, p_format, p_parameters)
$$;
comment on function public.create_document(uuid, text, text, jsonb) is
'Has a report made into a file, pdf or csv, as the caller may see its figures; returns the document''s id. Its progress is in documents.

p_report: summary, days, hours, lines, members, sla or calls. p_parameters: from and to (instants; to is not included), line_ids, member_ids, in_hours; for calls also directions, outcomes, min_duration, max_duration, tag, outcome_code and number.
Errors: organization_not_found, report_unknown, format_unknown, parameters_invalid, range_reversed, range_out_of_bounds, grain_unfit, business_hours_missing, number_invalid, documents_waiting.';
grant execute on function public.create_document(uuid, text, text, jsonb) to authenticated;

create function private.delete_document(p_document_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_document public.documents;
begin
  delete from public.documents d
  where d.id = p_document_id and (
    d.org_id = any (array(select private.my_org_ids('org_admin')))
    or (d.owner_id = auth.uid() and d.org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))))
  )
  returning * into v_document;
  if not found then
    raise exception 'There is no such document.'
      using errcode = 'PT404', detail = 'document_not_found', hint = 'See documents for those you may read.';
  end if;
  perform private.record_audit(
    v_document.org_id, 'delete', 'documents', jsonb_build_object('id', p_document_id),
    jsonb_build_object('before', jsonb_build_object('report', v_document.report, 'format', v_document.format, 'owner_id', v_document.owner_id))
  );
  if v_document.run_id is not null and v_document.state in ('queued', 'rendering') then
    perform private.advance_report_run(v_document.run_id, now());
  end if;
  notify sync_jobs;
end
$$;
comment on function private.delete_document(uuid) is
'Removes a document, and leaves its file for the sync script to remove; the caller''s right is checked inside.';
grant execute on function private.delete_document(uuid) to authenticated;

create function public.delete_document(p_document_id uuid) returns void
language sql set search_path = '' as $$
  select private.delete_document(p_document_id)
$$;
comment on function public.delete_document(uuid) is
'Deletes a document and its file for good: one''s own, or as an admin any of the organization.

Errors: document_not_found.';
grant execute on function public.delete_document(uuid) to authenticated;
