create function private.tell_changed(p_org_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
declare
  v_org_id uuid;
begin
  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is null then
    return;
  end if;
  foreach v_org_id in array p_org_ids loop
    execute 'select realtime.send($1, $2, $3, true)' using '{}'::jsonb, 'changed', 'org:' || v_org_id;
  end loop;
end
$$;
comment on function private.tell_changed(uuid[]) is
'Tells who listens to these organizations that something changed, and nothing else, since not everybody sees every row. Where there is no Realtime it does nothing.';

create function private.tg_tell_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.tell_changed(array(select distinct r.org_id from changed_rows r));
  return null;
end
$$;
comment on function private.tg_tell_changed() is 'Tells that rows of these organizations changed.';

create trigger tg_calls__tell_inserted after insert on public.calls
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_calls__tell_updated after update on public.calls
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_sync_jobs__tell_inserted after insert on public.sync_jobs
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_sync_jobs__tell_updated after update on public.sync_jobs
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_lines__tell_inserted after insert on public.lines
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_lines__tell_updated after update on public.lines
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_lines__tell_deleted after delete on public.lines
referencing old table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_org_members__tell_inserted after insert on public.org_members
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_org_members__tell_updated after update on public.org_members
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();

create trigger tg_recordings__tell_inserted after insert on public.recordings
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_recordings__tell_updated after update on public.recordings
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_voicemails__tell_inserted after insert on public.voicemails
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_voicemails__tell_updated after update on public.voicemails
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_call_notes__tell_inserted after insert on public.call_notes
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_call_notes__tell_updated after update on public.call_notes
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_call_notes__tell_deleted after delete on public.call_notes
referencing old table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_call_annotations__tell_inserted after insert on public.call_annotations
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_call_annotations__tell_updated after update on public.call_annotations
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_missed_caller_work__tell_inserted after insert on public.missed_caller_work
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_missed_caller_work__tell_updated after update on public.missed_caller_work
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_outcome_codes__tell_inserted after insert on public.outcome_codes
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_outcome_codes__tell_updated after update on public.outcome_codes
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_outcome_codes__tell_deleted after delete on public.outcome_codes
referencing old table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_extensions__tell_inserted after insert on public.extensions
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_extensions__tell_updated after update on public.extensions
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_agent_statuses__tell_inserted after insert on public.agent_statuses
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_contacts__tell_inserted after insert on public.contacts
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_contacts__tell_updated after update on public.contacts
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_contacts__tell_deleted after delete on public.contacts
referencing old table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_messages__tell_inserted after insert on public.messages
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_messages__tell_updated after update on public.messages
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_conversations__tell_inserted after insert on public.conversations
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_conversations__tell_updated after update on public.conversations
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_placed_calls__tell_inserted after insert on public.placed_calls
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_placed_calls__tell_updated after update on public.placed_calls
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_notifications__tell_inserted after insert on public.notifications
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_notifications__tell_updated after update on public.notifications
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_report_schedules__tell_inserted after insert on public.report_schedules
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_report_schedules__tell_updated after update on public.report_schedules
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_report_schedules__tell_deleted after delete on public.report_schedules
referencing old table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_report_runs__tell_inserted after insert on public.report_runs
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_report_runs__tell_updated after update on public.report_runs
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_alert_rules__tell_inserted after insert on public.alert_rules
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_alert_rules__tell_updated after update on public.alert_rules
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_alert_rules__tell_deleted after delete on public.alert_rules
referencing old table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_alerts__tell_inserted after insert on public.alerts
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();
create trigger tg_alerts__tell_updated after update on public.alerts
referencing new table as changed_rows for each statement execute function private.tg_tell_changed();

create function private.open_realtime() returns void
language plpgsql set search_path = '' as $$
begin
  if to_regclass('realtime.messages') is null or exists (
    select from pg_catalog.pg_policy p
    where p.polrelid = to_regclass('realtime.messages') and p.polname = 'messages_select_members'
  ) then
    return;
  end if;
  execute $policy$
    create policy messages_select_members on realtime.messages for select to authenticated
    using (
      extension = 'broadcast'
      and (select realtime.topic()) = any (
        array(select 'org:' || org_id from private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') org_id)
      )
    )
  $policy$;
end
$$;
comment on function private.open_realtime() is
'Lets members listen to their organization''s topic; does nothing where there is no Realtime, or where it is done.';

select private.open_realtime();
