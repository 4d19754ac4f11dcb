create table public.documents (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  owner_id uuid not null references public.profiles (user_id) on delete cascade,
  report text not null,
  format text not null,
  parameters jsonb not null,
  state text not null default 'queued',
  reason text,
  title text not null,
  size_bytes bigint,
  sha256 bytea,
  stored_at timestamptz,
  run_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint report_is_known check (report in ('summary', 'days', 'hours', 'lines', 'members', 'sla', 'calls')),
  constraint format_is_known check (format in ('pdf', 'csv')),
  constraint parameters_are_an_object_of_moderate_size check (
    jsonb_typeof(parameters) = 'object' and octet_length(parameters::text) <= 10000
  ),
  constraint state_is_known check (state in ('queued', 'rendering', 'stored', 'failed', 'expired')),
  constraint failure_has_a_reason check (state <> 'failed' or reason is not null),
  constraint stored_document_is_described check (
    state <> 'stored' or (size_bytes > 0 and octet_length(sha256) = 32 and stored_at is not null)
  ),
  unique (org_id, id)
);
comment on table public.documents is
'Reports made into files, each as its owner could see the figures then. The file lies in Storage, in the bucket reports under the document''s id.

Made by create_document, removed by delete_document. Once it is stored: GET /storage/v1/object/authenticated/reports/<id>.';
comment on column public.documents.owner_id is 'Who asked for it, or whose schedule did; it shows what this person may see.';
comment on column public.documents.report is 'summary, days, hours, lines, members, sla or calls: the columns are those of the report function of that name.';
comment on column public.documents.parameters is 'from, to, line_ids, member_ids, in_hours, and for calls the filters of report_calls.';
comment on column public.documents.state is 'queued, rendering, stored, failed (see reason), or expired: its file was kept for as long as the organization wants.';
comment on column public.documents.reason is 'Why it failed or is gone, in words; while it is queued, what went wrong last.';
comment on column public.documents.title is 'The report''s name; a file name can be made of it.';
comment on column public.documents.size_bytes is 'Of the file as stored.';
comment on column public.documents.sha256 is 'Of the file as stored.';
comment on column public.documents.run_id is 'The run of a schedule that it belongs to; null when a person asked for it.';
create index documents_org_created_idx on public.documents (org_id, created_at desc, id desc);
create index documents_owner_created_idx on public.documents (owner_id, created_at desc, id desc);
create index documents_run_idx on public.documents (run_id) where run_id is not null;
create index documents_expiring_idx on public.documents (org_id, stored_at) where state = 'stored';

alter table public.documents enable row level security;
grant select on public.documents to authenticated;

create policy documents_select_owner on public.documents for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (owner_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))))
);
comment on policy documents_select_owner on public.documents is
'Who asked for them, while they are in the organization; admins all of their organization.';

create trigger tg_documents__touch before update on public.documents
for each row execute function private.tg_touch__updated_at();

create table private.document_files (
  document_id uuid primary key,
  has_object boolean not null default false,
  is_wanted boolean not null default true,
  attempt integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  worker text,
  lease_until timestamptz,
  constraint lease_names_its_worker check ((worker is null) = (lease_until is null))
);
comment on table private.document_files is
'The making and removing of a document''s file. A row outlives its document until Storage has removed the file; it goes with the file.';
comment on column private.document_files.has_object is 'Whether there may be an object in Storage: from the first attempt on, until it was removed.';
comment on column private.document_files.is_wanted is 'False once the document is gone, has expired or could not be made.';
create index document_files_due_idx on private.document_files (next_attempt_at);

alter table private.document_files enable row level security;

create function private.tg_documents__leave_file() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update private.document_files f set is_wanted = false, next_attempt_at = least(f.next_attempt_at, now())
  where f.document_id = old.id;
  return null;
end
$$;
comment on function private.tg_documents__leave_file() is 'What is left of a document that is removed, expired or could not be made is its file, for the sync script to remove from Storage.';

create trigger tg_documents__leave_file after delete on public.documents
for each row execute function private.tg_documents__leave_file();
create trigger tg_documents__leave_file_behind after update of state on public.documents
for each row when (new.state in ('failed', 'expired')) execute function private.tg_documents__leave_file();
