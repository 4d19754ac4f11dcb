create table public.retention_settings (
  org_id uuid primary key references public.organizations (id) on delete cascade,
  recording_days integer default 90,
  voicemail_days integer default 90,
  message_days integer,
  call_days integer,
  document_days integer default 365,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint recording_days_are_sensible check (recording_days between 1 and 3650),
  constraint voicemail_days_are_sensible check (voicemail_days between 1 and 3650),
  constraint message_days_are_sensible check (message_days between 1 and 3650),
  constraint call_days_are_sensible check (call_days between 30 and 3650),
  constraint document_days_are_sensible check (document_days between 7 and 3650)
);
comment on table public.retention_settings is
'For how many days an organization wants each kind of data kept; null: without end.

Audio is deleted by recording_days and voicemail_days, the files of reports by document_days. The others are only written down so far.';
comment on column public.retention_settings.call_days is 'After these, who called is to be forgotten; the call itself stays, and with it every figure.';
comment on column public.retention_settings.document_days is 'From when the file was stored.';

alter table public.retention_settings enable row level security;
grant select on public.retention_settings to authenticated;
grant update (recording_days, voicemail_days, message_days, call_days, document_days) on public.retention_settings to authenticated;

create trigger tg_retention_settings__touch before update on public.retention_settings
for each row execute function private.tg_touch__updated_at();
create trigger tg_retention_settings__audit after insert or update or delete on public.retention_settings
for each row execute function private.tg_audit('org_id');

create function private.tg_organizations__settings() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.organization_settings (org_id, effective_from) values (new.id, '-infinity');
  insert into public.retention_settings (org_id) values (new.id);
  return null;
end
$$;
comment on function private.tg_organizations__settings() is 'A new organization begins with the default settings.';

create trigger tg_organizations__settings after insert on public.organizations
for each row execute function private.tg_organizations__settings();
