create table public.calls (
  id uuid primary key,
  org_id uuid not null references public.organizations (id) on delete restrict,
  integration_id uuid not null references public.integrations (id) on delete restrict,
  provider_call_id text collate "C" not null,
  phone_number_id uuid references public.phone_numbers (id) on delete restrict,
  line_id uuid,
  direction text not null,
  business_number text collate "C",
  external_number text collate "C",
  external_name text,
  started_at timestamptz not null,
  arrived_at timestamptz,
  rang_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  outcome text,
  is_dropped boolean not null default false,
  provider_status text,
  wait_seconds integer,
  talk_seconds integer,
  duration_seconds integer,
  transfer_count smallint not null default 0,
  member_ids uuid[] not null default '{}',
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint call_is_known_once_per_integration unique (integration_id, provider_call_id),
  constraint direction_is_known check (direction in ('inbound', 'outbound', 'internal', 'callback')),
  constraint outcome_is_known check (outcome in ('answered', 'voicemail', 'missed')),
  constraint wait_is_nonnegative check (wait_seconds >= 0),
  constraint talk_is_nonnegative check (talk_seconds >= 0),
  constraint duration_is_nonnegative check (duration_seconds >= 0),
  constraint transfer_count_is_nonnegative check (transfer_count >= 0),
  constraint calls_line_fkey foreign key (org_id, line_id)
  references public.lines (org_id, id) on update cascade on delete restrict,
  unique (org_id, id)
);
comment on table public.calls is
'One row per call, a function of every fact known about it: the provider''s snapshots and its events, in whatever order they came.';
comment on column public.calls.id is 'UUIDv5 of integration and provider id: rebuilding gives the same id.';
comment on column public.calls.line_id is 'Null while no organization has the number, or the number is unknown.';
comment on column public.calls.direction is 'inbound, outbound, internal, or callback (a call we made in return).';
comment on column public.calls.external_number is 'The outside party; null when withheld or internal.';
comment on column public.calls.arrived_at is 'From events alone; null when no event told it.';
comment on column public.calls.rang_at is 'First ring at an agent, from events alone.';
comment on column public.calls.answered_at is 'First answer by a person, from events alone.';
comment on column public.calls.outcome is 'answered (by a person), voicemail, or missed; null while the call is in progress.';
comment on column public.calls.is_dropped is 'Answered, then dropped.';
comment on column public.calls.wait_seconds is
'Whole seconds from arrival or first ring to the first answer or the hang-up; null where no event timestamps tell it.';
comment on column public.calls.talk_seconds is 'Whole seconds from answer to end, summed over legs; null where unknown.';
comment on column public.calls.duration_seconds is 'Whole seconds from start to end.';
comment on column public.calls.member_ids is 'Members with a leg in the call, in order.';
comment on column public.calls.deleted_at is 'When the provider was seen to list the call no more; it then counts in no figure.';

create index calls_org_started_idx on public.calls (org_id, started_at desc, id desc);
create index calls_line_started_idx on public.calls (line_id, started_at desc, id desc);
create index calls_phone_number_started_idx on public.calls (phone_number_id, started_at);
create index calls_unlisted_number_idx on public.calls (integration_id, business_number) where phone_number_id is null;
create index calls_org_external_idx on public.calls (org_id, external_number, started_at desc);
create index calls_members_idx on public.calls using gin (member_ids);
-- What is going on now, and who was missed of late, are looked at all day, among years of calls.
create index calls_in_progress_idx on public.calls (started_at) where outcome is null and deleted_at is null;
create index calls_missed_idx on public.calls (org_id, started_at) include (external_number, line_id, id)
where direction = 'inbound' and outcome = 'missed' and deleted_at is null and external_number is not null;

alter table public.calls enable row level security;
grant select on public.calls to authenticated, api_reader;

create policy calls_select_visible on public.calls for select to authenticated
using (
  org_id = any (array(select private.org_ids_read_in_full()))
  or line_id = any (array(select private.my_line_ids()))
  or member_ids && array(select private.my_member_ids())
);
comment on policy calls_select_visible on public.calls is
'Viewers and admins read all calls of their organization, agents and managers those of given lines and those they handled.';

create policy calls_select_api_keys on public.calls for select to api_reader
using (org_id = any (array(select private.api_org_ids('calls:read'))));
comment on policy calls_select_api_keys on public.calls is 'API keys with calls:read.';
