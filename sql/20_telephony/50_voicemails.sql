create table public.voicemails (
  id uuid primary key,
  org_id uuid not null references public.organizations (id) on delete restrict,
  integration_id uuid not null references public.integrations (id) on delete restrict,
  provider_voicemail_id text collate "C" not null,
  phone_number_id uuid references public.phone_numbers (id) on delete restrict,
  line_id uuid,
  call_id uuid,
  member_ids uuid[] not null default '{}',
  business_number text collate "C",
  external_number text collate "C",
  external_name text,
  extension text,
  received_at timestamptz not null,
  duration_seconds integer,
  transcription text,
  heard_at timestamptz,
  heard_by uuid references public.profiles (user_id) on delete set null,
  unlisted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint voicemail_is_known_once_per_integration unique (integration_id, provider_voicemail_id),
  constraint duration_is_nonnegative check (duration_seconds >= 0),
  constraint voicemails_line_fkey foreign key (org_id, line_id)
  references public.lines (org_id, id) on update cascade on delete set null (line_id),
  constraint voicemails_call_fkey foreign key (org_id, call_id)
  references public.calls (org_id, id) on update cascade on delete set null (call_id),
  unique (org_id, id)
);
comment on table public.voicemails is
'Messages left by callers: a function of what the provider lists, of the calls they were left in, and of who had line and extension then. Their audio is in recordings.';
comment on column public.voicemails.id is 'UUIDv5 of integration and provider id: reading it again gives the same id.';
comment on column public.voicemails.org_id is 'That of its call; where no call is known, of who had the number when it was received.';
comment on column public.voicemails.line_id is 'Null while no organization has the number, or the number is unknown.';
comment on column public.voicemails.call_id is
'The call it was left in: the one that the provider names, else the nearest of this caller to this number that went to voicemail at that time.';
comment on column public.voicemails.member_ids is 'Members with a leg in the call, and who held the mailbox''s extension, in order.';
comment on column public.voicemails.extension is 'Whose mailbox it is, where the provider says so.';
comment on column public.voicemails.external_number is 'The caller; null when withheld.';
comment on column public.voicemails.transcription is 'As the provider gives it.';
comment on column public.voicemails.heard_at is
'When somebody of the organization first marked it as heard. Set it to any time to mark it, to null to take that back.';
comment on column public.voicemails.heard_by is 'The user who marked it.';
comment on column public.voicemails.unlisted_at is 'When a complete list was first seen without it; null while it is listed.';

create index voicemails_org_received_idx on public.voicemails (org_id, received_at desc, id desc);
create index voicemails_line_received_idx on public.voicemails (line_id, received_at desc, id desc);
create index voicemails_members_idx on public.voicemails using gin (member_ids);
create index voicemails_org_external_idx on public.voicemails (org_id, external_number, received_at desc);
create index voicemails_integration_received_idx on public.voicemails (integration_id, received_at);
create index voicemails_phone_number_idx on public.voicemails (phone_number_id);
create index voicemails_org_call_idx on public.voicemails (org_id, call_id);
create index voicemails_heard_by_idx on public.voicemails (heard_by);

alter table public.voicemails enable row level security;
grant select on public.voicemails to authenticated, api_reader;
grant update (heard_at) on public.voicemails to authenticated;

create policy voicemails_select_visible on public.voicemails for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or line_id = any (array(select private.my_line_ids()))
  or member_ids && array(select private.my_member_ids())
);
comment on policy voicemails_select_visible on public.voicemails is
'Admins read all of their organization, agents and managers those of given lines and of calls they handled, viewers none.';

create policy voicemails_update_visible on public.voicemails for update to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or line_id = any (array(select private.my_line_ids()))
  or member_ids && array(select private.my_member_ids())
);
comment on policy voicemails_update_visible on public.voicemails is 'Who reads one may mark it as heard.';

create policy voicemails_select_api_keys on public.voicemails for select to api_reader
using (org_id = any (array(select private.api_org_ids('recordings:read'))));
comment on policy voicemails_select_api_keys on public.voicemails is 'API keys with recordings:read.';

create trigger tg_voicemails__touch before update on public.voicemails
for each row execute function private.tg_touch__updated_at();

create function private.tg_voicemails__heard() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.heard_at is null then
    new.heard_by := null;
  elsif old.heard_at is not null then
    -- Who hears it again is not who heard it first.
    new.heard_at := old.heard_at;
  else
    new.heard_at := now();
    new.heard_by := auth.uid();
  end if;
  return new;
end
$$;
comment on function private.tg_voicemails__heard() is 'Says who marked a voicemail as heard, and when, whatever time was sent.';

create trigger tg_voicemails__heard before update of heard_at on public.voicemails
for each row execute function private.tg_voicemails__heard();
