create table public.missed_caller_work (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  external_number text collate "C" not null,
  missed_at timestamptz not null,
  owner_id uuid,
  note text,
  outcome_code text,
  snoozed_until timestamptz,
  snoozed_at timestamptz,
  closed_at timestamptz,
  closed_by uuid references public.profiles (user_id) on delete set null,
  updated_by uuid references public.profiles (user_id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint note_is_short_and_not_blank check (not private.is_blank(note) and char_length(note) <= 2000),
  constraint snooze_says_since_when check ((snoozed_until is null) = (snoozed_at is null)),
  constraint caller_is_worked_on_once_per_miss unique (org_id, external_number, missed_at),
  constraint missed_caller_work_owner_fkey foreign key (org_id, owner_id)
  references public.org_members (org_id, id) on update cascade on delete set null (owner_id),
  constraint missed_caller_work_outcome_code_fkey foreign key (org_id, outcome_code)
  references public.outcome_codes (org_id, code) on update cascade on delete restrict
);
comment on table public.missed_caller_work is
'What people do about a missed caller, from a miss on until the caller is reached; whom there is to reach is in missed_callers.';
comment on column public.missed_caller_work.missed_at is 'Start of the first missed call it is about.';
comment on column public.missed_caller_work.owner_id is 'The member who looks after it.';
comment on column public.missed_caller_work.outcome_code is 'What came of it, one of the organization''s outcome codes.';
comment on column public.missed_caller_work.snoozed_until is 'Until when nobody needs to look, unless the caller is missed again.';
comment on column public.missed_caller_work.snoozed_at is 'When that was said.';
comment on column public.missed_caller_work.closed_at is 'When somebody closed it without having reached the caller; a later miss opens a new one.';
comment on column public.missed_caller_work.updated_by is 'The user who changed it last.';
create index missed_caller_work_org_owner_idx on public.missed_caller_work (org_id, owner_id);
create index missed_caller_work_org_outcome_code_idx on public.missed_caller_work (org_id, outcome_code);
create index missed_caller_work_closed_by_idx on public.missed_caller_work (closed_by);
create index missed_caller_work_updated_by_idx on public.missed_caller_work (updated_by);

alter table public.missed_caller_work enable row level security;
grant select on public.missed_caller_work to authenticated;

create policy missed_caller_work_select_workers on public.missed_caller_work for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or exists (
    select from public.calls c
    where c.org_id = missed_caller_work.org_id and c.external_number = missed_caller_work.external_number
      and c.line_id = any (array(select private.my_line_ids()))
      and c.direction = 'inbound' and c.outcome = 'missed' and c.deleted_at is null
  )
);
comment on policy missed_caller_work_select_workers on public.missed_caller_work is
'Admins read all of their organization, agents and managers what is done about callers missed on given lines, viewers nothing.';

create trigger tg_missed_caller_work__touch before update on public.missed_caller_work
for each row execute function private.tg_touch__updated_at();
create trigger tg_missed_caller_work__audit after insert or update or delete on public.missed_caller_work
for each row execute function private.tg_audit('id');
