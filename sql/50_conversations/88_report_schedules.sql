create function private.are_recipients(p_recipients text[]) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return cardinality(p_recipients) <= 20
    and not exists (select from unnest(p_recipients) r (address) where private.is_email(r.address) is not true)
    and (select count(*) = count(distinct lower(r.address)) from unnest(p_recipients) r (address));
end
$$;
comment on function private.are_recipients(text[]) is 'Whether these are up to twenty e-mail addresses, each once.';
grant execute on function private.are_recipients(text[]) to authenticated;

create table public.report_schedules (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete cascade,
  owner_id uuid default auth.uid() references public.profiles (user_id) on delete set null,
  name text not null,
  report text not null,
  parameters jsonb not null default '{}',
  formats text[] not null default '{pdf}',
  frequency text not null,
  weekday smallint,
  day_of_month smallint,
  local_time time not null default '07:00',
  recipients text[] not null default '{}',
  enabled boolean not null default true,
  next_run_at timestamptz,
  stopped_at timestamptz,
  stopped_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint name_is_short_and_not_blank check (not private.is_blank(name) and char_length(name) <= 200),
  constraint parameters_are_an_object_of_moderate_size check (
    jsonb_typeof(parameters) = 'object' and octet_length(parameters::text) <= 10000
  ),
  constraint formats_are_known check (
    formats <@ array['pdf', 'csv'] and array_position(formats, null) is null and cardinality(formats) between 1 and 2
    and (cardinality(formats) = 1 or formats[1] <> formats[2])
  ),
  constraint frequency_is_known check (frequency in ('daily', 'weekly', 'monthly')),
  constraint weekly_schedule_has_a_weekday check (
    (frequency = 'weekly') = (weekday is not null) and (weekday is null or weekday between 1 and 7)
  ),
  constraint monthly_schedule_has_a_day check (
    (frequency = 'monthly') = (day_of_month is not null) and (day_of_month is null or day_of_month between 1 and 31)
  ),
  constraint local_time_is_a_minute_of_the_day check (local_time < '24:00' and extract(second from local_time) = 0),
  constraint recipients_are_up_to_twenty_addresses check (private.are_recipients(recipients)),
  constraint enabled_schedule_has_a_next_run check (enabled = (next_run_at is not null)),
  constraint stopped_schedule_says_why check ((stopped_at is null) = (stopped_reason is null) and (stopped_at is null or not enabled)),
  unique (org_id, id)
);
comment on table public.report_schedules is
'Reports that are made and sent again and again, each as its owner may see the figures then, once for every period.

Managers have their own, admins work with all of their organization. What came of each is in report_runs. Setting enabled to true
starts one that was stopped. Errors: report_unknown, parameters_invalid.';
comment on column public.report_schedules.owner_id is 'Whose visibility the report has; null once the person''s account is gone.';
comment on column public.report_schedules.report is 'As in documents: summary, days, hours, lines, members, sla or calls.';
comment on column public.report_schedules.parameters is 'Filters, as create_document takes them, without from and to: the period gives these.';
comment on column public.report_schedules.formats is 'pdf, csv or both: a document of each is made and attached.';
comment on column public.report_schedules.frequency is
'daily tells of the day before, weekly of the last whole week from Monday, monthly of the last whole month.';
comment on column public.report_schedules.weekday is 'On which weekday a weekly report is made; 1 is Monday.';
comment on column public.report_schedules.day_of_month is 'On which day a monthly report is made; the last one where a month is shorter.';
comment on column public.report_schedules.local_time is
'By the organization''s clock. A time that the clock skips is the first instant after; one that comes twice is the first of the two.';
comment on column public.report_schedules.recipients is
'Up to twenty e-mail addresses; each gets a letter of its own. With none the documents are made, and kept.';
comment on column public.report_schedules.next_run_at is 'When it is made next; null while it is not enabled.';
comment on column public.report_schedules.stopped_at is 'When the product stopped it by itself, and in stopped_reason why.';
create index report_schedules_owner_idx on public.report_schedules (owner_id);
create index report_schedules_due_idx on public.report_schedules (next_run_at) where enabled;

alter table public.report_schedules enable row level security;
grant select, delete on public.report_schedules to authenticated;
grant insert (
  org_id, name, report, parameters, formats, frequency, weekday, day_of_month, local_time, recipients, enabled
) on public.report_schedules to authenticated;
grant update (
  name, report, parameters, formats, frequency, weekday, day_of_month, local_time, recipients, enabled
) on public.report_schedules to authenticated;

create policy report_schedules_select_owner on public.report_schedules for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager'))))
);
comment on policy report_schedules_select_owner on public.report_schedules is 'Managers read their own, admins all of their organization.';

create policy report_schedules_insert_owner on public.report_schedules for insert to authenticated
with check (
  owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager', 'org_admin')))
  and org_id <> (select private.holding_org_id())
);
comment on policy report_schedules_insert_owner on public.report_schedules is 'Managers and admins make them for themselves.';

create policy report_schedules_update_owner on public.report_schedules for update to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager'))))
);
comment on policy report_schedules_update_owner on public.report_schedules is 'Managers change their own, admins all of their organization.';

create policy report_schedules_delete_owner on public.report_schedules for delete to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager'))))
);
comment on policy report_schedules_delete_owner on public.report_schedules is 'Managers remove their own, admins all of their organization.';

create function private.next_run_at(p_schedule public.report_schedules, p_time_zone text, p_after timestamptz) returns timestamptz
language plpgsql stable set search_path = '' as $$
declare
  v_today constant date := (p_after at time zone p_time_zone)::date;
begin
  return (
    select min(t.runs_at)
    from private.run_times(
      p_schedule.frequency, p_schedule.weekday, p_schedule.day_of_month, p_schedule.local_time, p_time_zone, v_today - 2, v_today + 65
    ) t
    where t.runs_at > p_after
  );
end
$$;
comment on function private.next_run_at(public.report_schedules, text, timestamptz) is 'When a schedule runs next after an instant.';
grant execute on function private.next_run_at(public.report_schedules, text, timestamptz) to authenticated;
grant execute on function
  private.run_times(text, integer, integer, time, text, date, date), private.instant_at(timestamp, text)
to authenticated;

create function private.last_run(
  p_schedule public.report_schedules, p_time_zone text, p_now timestamptz, out day date, out runs_at timestamptz
)
language plpgsql stable set search_path = '' as $$
declare
  v_today constant date := (p_now at time zone p_time_zone)::date;
begin
  select t.day, t.runs_at into day, runs_at
  from private.run_times(
    p_schedule.frequency, p_schedule.weekday, p_schedule.day_of_month, p_schedule.local_time, p_time_zone, v_today - 65, v_today + 1
  ) t
  where t.runs_at <= p_now
  order by t.day desc
  limit 1;
end
$$;
comment on function private.last_run(public.report_schedules, text, timestamptz) is
'When a schedule should have run last, and on which local day.';

create trigger tg_report_schedules__touch before update on public.report_schedules
for each row execute function private.tg_touch__updated_at();
create trigger tg_report_schedules__audit after insert or update or delete on public.report_schedules
for each row execute function private.tg_audit('id', 'next_run_at');

create function private.tg_report_schedules__check() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.report is null or private.report_title(new.report) is null then
    raise exception 'There is no report %.', coalesce(left(new.report, 100), 'null')
      using errcode = 'PT422', detail = 'report_unknown', hint = 'Choose summary, days, hours, lines, members, sla or calls.';
  end if;
  if new.parameters ?| array['from', 'to'] then
    raise exception 'The period of a schedule''s report follows from its frequency.'
      using errcode = 'PT422', detail = 'parameters_invalid', hint = 'Leave out from and to.';
  end if;
  perform private.report_parameters(
    new.report, new.parameters || jsonb_build_object('from', now() - interval '1 day', 'to', now())
  );
  return new;
end
$$;
comment on function private.tg_report_schedules__check() is 'Refuses a report that could never be made.';

create trigger tg_report_schedules__check before insert or update of report, parameters on public.report_schedules
for each row execute function private.tg_report_schedules__check();

create function private.tg_report_schedules__plan() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_time_zone constant text := (select o.time_zone from public.organizations o where o.id = new.org_id);
begin
  new.next_run_at := case when new.enabled then private.next_run_at(new, v_time_zone, now()) end;
  if new.enabled then
    new.stopped_at := null;
    new.stopped_reason := null;
  end if;
  return new;
end
$$;
comment on function private.tg_report_schedules__plan() is 'Reckons when a schedule runs next, whenever that may have changed.';

create trigger tg_report_schedules__plan before insert or update of enabled, frequency, weekday, day_of_month, local_time
on public.report_schedules
for each row execute function private.tg_report_schedules__plan();

create function private.tg_organizations__schedules() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- What is due already is still made.
  update public.report_schedules s set next_run_at = private.next_run_at(s, new.time_zone, now())
  where s.org_id = new.id and s.enabled and s.next_run_at > now();
  return null;
end
$$;
comment on function private.tg_organizations__schedules() is 'Schedules follow their organization''s clock.';

create trigger tg_organizations__schedules after update of time_zone on public.organizations
for each row when (new.time_zone is distinct from old.time_zone) execute function private.tg_organizations__schedules();
