create function private.my_report_schedule(p_schedule_id uuid) returns public.report_schedules
language plpgsql set search_path = '' as $$
declare
  v_schedule public.report_schedules;
begin
  select * into v_schedule
  from public.report_schedules s
  where s.id = p_schedule_id and (
    s.org_id = any (array(select private.my_org_ids('org_admin')))
    or (s.owner_id = auth.uid() and s.org_id = any (array(select private.my_org_ids('manager'))))
  )
  for no key update;
  if not found then
    raise exception 'There is no such schedule.'
      using errcode = 'PT404', detail = 'schedule_not_found', hint = 'See report_schedules for those you may read.';
  end if;
  return v_schedule;
end
$$;
comment on function private.my_report_schedule(uuid) is 'Locks a schedule that the caller may work with, or says that there is none.';

create function private.require_unarchived(p_org_id uuid) returns void
language plpgsql stable set search_path = '' as $$
begin
  if exists (select from public.organizations o where o.id = p_org_id and o.archived_at is not null) then
    raise exception 'The organization is closed.'
      using errcode = 'PT409', detail = 'organization_archived', hint = 'A platform admin can open it again.';
  end if;
end
$$;
comment on function private.require_unarchived(uuid) is 'Refuses what is not done for a closed organization.';

create function private.send_report_now(p_schedule_id uuid) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_schedule constant public.report_schedules := private.my_report_schedule(p_schedule_id);
  v_time_zone constant text := (select o.time_zone from public.organizations o where o.id = v_schedule.org_id);
  v_problem constant text := private.owner_problem(v_schedule.owner_id, v_schedule.org_id);
  v_last record;
  v_period record;
begin
  perform private.require_unarchived(v_schedule.org_id);
  if v_problem is not null then
    raise exception 'The schedule has nobody whose figures it could show. %', v_problem
      using errcode = 'PT409', detail = 'schedule_without_owner', hint = 'An admin can take it over.';
  end if;
  if exists (
    select from public.report_runs r
    where r.schedule_id = p_schedule_id and (r.state = 'rendering' or (r.is_manual and r.created_at > now() - interval '1 minute'))
  ) then
    raise exception 'The report is being made, or has just been.'
      using errcode = 'PT429', detail = 'report_just_sent', hint = 'See report_runs; wait a minute before sending another.';
  end if;
  v_last := private.last_run(v_schedule, v_time_zone, now());
  v_period := private.report_period(v_schedule.frequency, v_last.day, v_time_zone);
  return private.start_report_run(v_schedule, v_period.period_start, v_period.period_end, true, now());
end
$$;
comment on function private.send_report_now(uuid) is 'Runs a schedule for its last period, whether it has run or not; the caller''s right is checked inside.';
grant execute on function private.send_report_now(uuid) to authenticated;

create function public.send_report_now(p_schedule_id uuid) returns uuid
language sql set search_path = '' as $$
  select private.send_report_now(p_schedule_id)
$$;
comment on function public.send_report_now(uuid) is
'Makes and sends the report of a schedule for its last period now, beside the run that comes of itself; returns the run, which is followed in report_runs (its owner, org admins).

Errors: schedule_not_found, organization_archived, schedule_without_owner, report_just_sent.';
grant execute on function public.send_report_now(uuid) to authenticated;

create function private.take_over_report_schedule(p_schedule_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_schedule constant public.report_schedules := private.my_report_schedule(p_schedule_id);
begin
  perform private.require_role(v_schedule.org_id, 'org_admin');
  update public.report_schedules s set owner_id = auth.uid(), enabled = true where s.id = p_schedule_id;
end
$$;
comment on function private.take_over_report_schedule(uuid) is 'Makes a schedule the caller''s own and starts it; org admins, checked inside.';
grant execute on function private.take_over_report_schedule(uuid) to authenticated;

create function public.take_over_report_schedule(p_schedule_id uuid) returns void
language sql set search_path = '' as $$
  select private.take_over_report_schedule(p_schedule_id)
$$;
comment on function public.take_over_report_schedule(uuid) is
'Makes a schedule one''s own and starts it, so that it goes on with one''s own visibility (org admins).

Errors: schedule_not_found, role_not_sufficient.';
grant execute on function public.take_over_report_schedule(uuid) to authenticated;

create function private.email_document(p_document_id uuid, p_recipients text[]) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_document public.documents;
  v_run_id uuid;
begin
  select * into v_document
  from public.documents d
  where d.id = p_document_id and (
    d.org_id = any (array(select private.my_org_ids('org_admin')))
    or (d.owner_id = auth.uid() and d.org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))))
  );
  if not found then
    raise exception 'There is no such document.'
      using errcode = 'PT404', detail = 'document_not_found', hint = 'See documents for those you may read.';
  end if;
  perform private.require_role(v_document.org_id, 'manager', 'org_admin');
  perform private.require_unarchived(v_document.org_id);
  if coalesce(cardinality(p_recipients), 0) = 0 then
    raise exception 'There is nobody to send it to.'
      using errcode = 'PT422', detail = 'recipient_missing', hint = 'Name at least one e-mail address.';
  end if;
  if not private.are_recipients(p_recipients) then
    raise exception 'These are not up to twenty e-mail addresses, each once.'
      using errcode = 'PT422', detail = 'email_invalid', hint = 'Check their spelling.';
  end if;
  if v_document.state <> 'stored' then
    raise exception 'The document is not there: it is %.', v_document.state
      using errcode = 'PT409', detail = 'document_not_stored', hint = 'Its state and reason are told in documents.';
  end if;
  perform from public.profiles p where p.user_id = auth.uid() for no key update;
  if (
    select count(*) >= 20 from public.report_runs r
    where r.owner_id = auth.uid() and r.schedule_id is null and r.created_at > now() - interval '1 hour'
  ) then
    raise exception 'You have sent twenty documents within the hour.'
      using errcode = 'PT429', detail = 'report_just_sent', hint = 'Wait a little, or make a schedule.';
  end if;
  insert into public.report_runs (org_id, owner_id, name, period_start, period_end, is_manual, recipients, document_ids)
  values (
    v_document.org_id, auth.uid(), v_document.title, (v_document.parameters ->> 'from')::timestamptz,
    (v_document.parameters ->> 'to')::timestamptz, true, p_recipients, array[p_document_id]
  )
  returning id into v_run_id;
  perform private.record_audit(
    v_document.org_id, 'export', 'documents', jsonb_build_object('id', p_document_id), jsonb_build_object('sent_to', p_recipients)
  );
  perform private.send_report_run(v_run_id, now());
  return v_run_id;
end
$$;
comment on function private.email_document(uuid, text[]) is
'Queues letters with a document and writes that into the audit trail; the caller''s right is checked inside.';
grant execute on function private.email_document(uuid, text[]) to authenticated;

create function public.email_document(p_document_id uuid, p_recipients text[]) returns uuid
language sql set search_path = '' as $$
  select private.email_document(p_document_id, p_recipients)
$$;
comment on function public.email_document(uuid, text[]) is
'Sends a stored document by e-mail to up to twenty addresses, a letter each; returns the run, which is followed in report_runs and report_deliveries (managers their own documents, org admins). It is in the audit trail.

Errors: document_not_found, role_not_sufficient, organization_archived, recipient_missing, email_invalid, document_not_stored, report_just_sent.';
grant execute on function public.email_document(uuid, text[]) to authenticated;
