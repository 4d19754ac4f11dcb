create table public.report_runs (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete cascade,
  schedule_id uuid,
  owner_id uuid references public.profiles (user_id) on delete set null,
  name text not null,
  period_start timestamptz,
  period_end timestamptz,
  is_manual boolean not null default false,
  recipients text[] not null,
  document_ids uuid[] not null default '{}',
  state text not null default 'rendering',
  error text,
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint state_is_known check (state in ('rendering', 'sending', 'sent', 'failed')),
  constraint failure_has_a_reason check (state <> 'failed' or error is not null),
  constraint scheduled_run_has_a_period check (
    (period_start is null) = (period_end is null) and (period_start < period_end or (schedule_id is null and is_manual))
  ),
  constraint report_runs_schedule_fkey foreign key (org_id, schedule_id)
  references public.report_schedules (org_id, id) on update cascade on delete cascade,
  unique (org_id, id)
);
comment on table public.report_runs is
'What came of schedules, a row for each period, and of documents sent by hand. A schedule runs once for a period, whatever happens.';
comment on column public.report_runs.schedule_id is 'Null where somebody sent a document by email_document.';
comment on column public.report_runs.owner_id is 'As whose visibility it was made.';
comment on column public.report_runs.period_start is 'What the report is about: [period_start, period_end).';
comment on column public.report_runs.is_manual is 'Whether somebody asked for it then, by send_report_now or email_document.';
comment on column public.report_runs.document_ids is 'The documents made, see documents; one may have been deleted since.';
comment on column public.report_runs.state is
'rendering (its documents are made), sending (its letters are under way, see report_deliveries), sent (to all that could be reached), or failed.';
comment on column public.report_runs.error is 'What went wrong, in words: also where it was sent, but not all of it or not to everybody.';
comment on column public.report_runs.sent_at is 'When the last letter had left; when the documents were there, where it has no recipients.';
create index report_runs_schedule_idx on public.report_runs (schedule_id, created_at desc) where schedule_id is not null;
create unique index report_runs_period_idx on public.report_runs (schedule_id, period_start, period_end) where not is_manual;
create index report_runs_org_created_idx on public.report_runs (org_id, created_at desc, id desc);
create index report_runs_owner_idx on public.report_runs (owner_id);
create index report_runs_rendering_idx on public.report_runs (created_at) where state = 'rendering';

alter table public.report_runs enable row level security;
grant select on public.report_runs to authenticated;

create policy report_runs_select_owner on public.report_runs for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager'))))
);
comment on policy report_runs_select_owner on public.report_runs is 'Managers read their own, admins all of their organization.';

create trigger tg_report_runs__touch before update on public.report_runs
for each row execute function private.tg_touch__updated_at();

create table public.report_deliveries (
  run_id uuid not null,
  org_id uuid not null,
  recipient text not null,
  mail_id uuid references private.outbox_mails (id) on delete set null,
  state text not null default 'queued',
  error text,
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (run_id, recipient),
  constraint state_is_known check (state in ('queued', 'sent', 'failed')),
  constraint failure_has_a_reason check (state <> 'failed' or error is not null),
  constraint report_deliveries_run_fkey foreign key (org_id, run_id)
  references public.report_runs (org_id, id) on update cascade on delete cascade
);
comment on table public.report_deliveries is 'The letters of a run, one to each recipient: sent once the mail server has taken it, or failed with its answer. What is sent back later is not known here.';
comment on column public.report_deliveries.mail_id is 'The letter in the outbox, while it is kept there.';
comment on column public.report_deliveries.error is 'The mail server''s last answer that was not a yes.';
create index report_deliveries_org_run_idx on public.report_deliveries (org_id, run_id);
create index report_deliveries_mail_idx on public.report_deliveries (mail_id);

alter table public.report_deliveries enable row level security;
grant select on public.report_deliveries to authenticated;

create policy report_deliveries_select_owner on public.report_deliveries for select to authenticated
using (run_id in (select r.id from public.report_runs r));
comment on policy report_deliveries_select_owner on public.report_deliveries is 'Who reads the run.';

alter table public.documents add constraint documents_run_fkey foreign key (org_id, run_id)
references public.report_runs (org_id, id) on delete set null (run_id);

create function private.fail_report_run(p_run_id uuid, p_error text, p_now timestamptz) returns void
language plpgsql set search_path = '' as $$
declare
  v_run public.report_runs;
begin
  update public.report_runs r set state = 'failed', error = left(p_error, 2000) where r.id = p_run_id returning * into v_run;
  perform private.notify_people(
    array[v_run.owner_id], v_run.org_id, 'report_failed', 'report_failed', format('The report “%s” was not sent', v_run.name), v_run.error,
    '/reports/runs?run=' || v_run.id, null, p_now, p_now
  );
end
$$;
comment on function private.fail_report_run(uuid, text, timestamptz) is 'Ends a run that came to nothing, and tells its owner why.';

create function private.start_report_run(
  p_schedule public.report_schedules, p_period_start timestamptz, p_period_end timestamptz, p_is_manual boolean, p_now timestamptz
) returns uuid
language plpgsql set search_path = '' as $$
declare
  v_run_id uuid;
begin
  insert into public.report_runs (
    org_id, schedule_id, owner_id, name, period_start, period_end, is_manual, recipients, created_at
  )
  values (
    p_schedule.org_id, p_schedule.id, p_schedule.owner_id, p_schedule.name, p_period_start, p_period_end, p_is_manual,
    p_schedule.recipients, p_now
  )
  on conflict (schedule_id, period_start, period_end) where not is_manual do nothing
  returning id into v_run_id;
  if v_run_id is null then
    return null;
  end if;
  begin
    update public.report_runs r set document_ids = array(
      select private.queue_document(
        p_schedule.org_id, p_schedule.owner_id, p_schedule.report, f.format,
        p_schedule.parameters || jsonb_build_object('from', p_period_start, 'to', p_period_end), v_run_id
      )
      from unnest(p_schedule.formats) f (format)
    )
    where r.id = v_run_id;
  exception when others then
    -- One schedule that cannot be carried out must not stop those behind it.
    perform private.fail_report_run(v_run_id, 'Its documents could not be asked for: ' || sqlerrm, p_now);
  end;
  return v_run_id;
end
$$;
comment on function private.start_report_run(public.report_schedules, timestamptz, timestamptz, boolean, timestamptz) is
'Begins a run: its documents are queued. Null where the schedule has run for this period already.';

create function private.send_report_run(p_run_id uuid, p_now timestamptz) returns void
language plpgsql set search_path = '' as $$
declare
  v_run public.report_runs;
  v_details jsonb;
  v_recipient text;
begin
  select * into v_run from public.report_runs r where r.id = p_run_id;
  if v_run.recipients = '{}' then
    update public.report_runs r set state = 'sent', sent_at = p_now where r.id = p_run_id;
    return;
  end if;
  update public.report_runs r set state = 'sending' where r.id = p_run_id;
  select jsonb_build_object(
    'name', v_run.name, 'period', private.period_name(v_run.period_start, v_run.period_end, o.time_zone), 'time_zone', o.time_zone,
    'sender', case when v_run.schedule_id is null then coalesce(p.full_name, p.email) end, 'problem', v_run.error, 'link', '/reports/documents?run=' || v_run.id
  ) into v_details
  from public.organizations o
  left join public.profiles p on p.user_id = v_run.owner_id
  where o.id = v_run.org_id;
  foreach v_recipient in array v_run.recipients loop
    insert into public.report_deliveries (run_id, org_id, recipient, mail_id, created_at)
    values (
      v_run.id, v_run.org_id, v_recipient, private.queue_letter('report', v_recipient, v_run.org_id, null, v_details, p_now), p_now
    );
  end loop;
end
$$;
comment on function private.send_report_run(uuid, timestamptz) is 'Puts a run''s letters in the outbox, one for each recipient.';

create function private.advance_report_run(p_run_id uuid, p_now timestamptz) returns void
language plpgsql set search_path = '' as $$
declare
  v_run public.report_runs;
  v_open bigint;
  v_stored bigint;
  v_problem text;
begin
  -- The last two documents may be finished at one moment: one of them waits here, and then sees the other.
  select * into v_run from public.report_runs r where r.id = p_run_id and r.state = 'rendering' for no key update;
  if not found then
    return;
  end if;
  select
    count(*) filter (where d.state in ('queued', 'rendering')), count(*) filter (where d.state = 'stored'),
    string_agg(format('The %s could not be made: %s.', upper(d.format), rtrim(d.reason, '.')), ' ' order by d.format desc)
      filter (where d.state = 'failed')
  into v_open, v_stored, v_problem
  from public.documents d
  where d.id = any (v_run.document_ids);
  if v_open > 0 then
    return;
  end if;
  if v_stored = 0 then
    perform private.fail_report_run(p_run_id, coalesce(v_problem, 'Its documents were deleted.'), p_now);
  else
    update public.report_runs r set error = left(v_problem, 2000) where r.id = p_run_id;
    perform private.send_report_run(p_run_id, p_now);
  end if;
end
$$;
comment on function private.advance_report_run(uuid, timestamptz) is
'Sends a run''s documents once the last of them is stored or has failed; till then it does nothing.';

create function private.settle_report_run(p_run_id uuid, p_now timestamptz) returns void
language plpgsql set search_path = '' as $$
declare
  v_run public.report_runs;
  v_open bigint;
  v_sent bigint;
  v_problem text;
begin
  select * into v_run from public.report_runs r where r.id = p_run_id and r.state = 'sending' for no key update;
  if not found then
    return;
  end if;
  select
    count(*) filter (where d.state = 'queued'), count(*) filter (where d.state = 'sent'),
    'It did not reach ' || string_agg(format('%s (%s)', d.recipient, d.error), ', ' order by d.recipient) filter (where d.state = 'failed') || '.'
  into v_open, v_sent, v_problem
  from public.report_deliveries d
  where d.run_id = p_run_id;
  if v_open > 0 then
    return;
  end if;
  v_problem := concat_ws(' ', v_run.error, v_problem);
  if v_sent = 0 then
    perform private.fail_report_run(p_run_id, v_problem, p_now);
    return;
  end if;
  update public.report_runs r set state = 'sent', sent_at = p_now, error = nullif(left(v_problem, 2000), '') where r.id = p_run_id;
  if v_problem <> '' then
    perform private.notify_people(
      array[v_run.owner_id], v_run.org_id, 'report_failed', 'report_failed', format('The report “%s” was not sent to everybody', v_run.name),
      left(v_problem, 2000), '/reports/runs?run=' || v_run.id, null, p_now, p_now
    );
  end if;
end
$$;
comment on function private.settle_report_run(uuid, timestamptz) is
'Ends a run once none of its letters is under way any more, and tells its owner whom it did not reach.';
