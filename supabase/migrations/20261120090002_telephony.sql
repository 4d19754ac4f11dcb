set lock_timeout = '5s';

create table public.integrations (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  provider text not null default 'mightycall',
  name text not null,
  account_type text not null default 'call_center',
  webhook_mode text not null default 'signed',
  disabled_at timestamptz,
  last_success_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint name_is_short_and_not_blank check (btrim(name) <> '' and char_length(name) <= 200),
  constraint provider_is_known check (provider in ('mightycall')),
  constraint account_type_is_known check (account_type in ('call_center', 'classic')),
  constraint webhook_mode_is_known check (webhook_mode in ('signed', 'token')),
  unique (org_id, id)
);
comment on table public.integrations is
'A MightyCall account. The holding organization owns platform-wide ones, which serve numbers of many organizations.';
comment on column public.integrations.account_type is 'call_center or classic: which of the provider''s hosts answers.';
comment on column public.integrations.webhook_mode is
'signed: HMAC over the raw body. token: a secret in the path. A signed integration never accepts an unsigned delivery.';
comment on column public.integrations.disabled_at is 'Since when nothing is pulled; deliveries are kept and applied on enable.';

alter table public.integrations enable row level security;
grant select on public.integrations to authenticated;

create policy integrations_select_managers on public.integrations for select to authenticated
using (org_id = any (array(select private.my_org_ids('manager', 'org_admin'))));
comment on policy integrations_select_managers on public.integrations is 'Managers and admins read the status; nobody reads a credential.';

create trigger tg_integrations__touch before update on public.integrations
for each row execute function private.tg_touch__updated_at();

create table private.integration_credentials (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  integration_id uuid not null,
  purpose text not null,
  key_id text not null,
  sealed bytea not null,
  valid_until timestamptz,
  created_at timestamptz not null default now(),
  constraint purpose_is_known check (purpose in ('api_key', 'user_key', 'webhook_secret', 'access_token', 'refresh_token')),
  constraint key_id_is_short_and_not_blank check (btrim(key_id) <> '' and char_length(key_id) <= 64),
  constraint sealed_is_an_hpke_message check (octet_length(sealed) between 49 and 8192),
  constraint integration_credentials_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete cascade
);
comment on table private.integration_credentials is
'Secrets of an integration, sealed with HPKE to the key named; only the processes that hold the private key can open them.';
comment on column private.integration_credentials.valid_until is
'Until when the secret counts: a rotated webhook secret for a while beside its successor, a token until it expires.';

create index integration_credentials_integration_idx on private.integration_credentials (integration_id, purpose);
create index integration_credentials_org_integration_idx on private.integration_credentials (org_id, integration_id);
create unique index integration_credentials_single_idx on private.integration_credentials (integration_id, purpose)
where purpose <> 'webhook_secret';

alter table private.integration_credentials enable row level security;

create function private.sealing_context(p_org_id uuid) returns text
language sql immutable parallel safe set search_path = '' as $$
  select case when p_org_id = private.holding_org_id() then 'platform' else p_org_id::text end
$$;
comment on function private.sealing_context(uuid) is 'How the owner of a credential is named in what it is sealed with.';

create table public.phone_numbers (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  integration_id uuid not null,
  e164 text collate "C" not null,
  provider_number_id text,
  label text,
  is_enabled boolean,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint e164_is_a_phone_number check (e164 ~ '^\+?[0-9]{3,15}$'),
  constraint label_is_short check (char_length(label) <= 200),
  constraint phone_numbers_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete restrict,
  constraint number_is_listed_once_per_integration unique (integration_id, e164),
  unique (id, e164)
);
comment on table public.phone_numbers is
'A number of a MightyCall account, in the platform''s inventory. An organization has it through a line, for a period.';
comment on column public.phone_numbers.org_id is 'The integration''s owner.';
comment on column public.phone_numbers.is_enabled is 'As the provider says; null when it never listed the number, which then was met in calls.';
create index phone_numbers_org_integration_idx on public.phone_numbers (org_id, integration_id);

alter table public.phone_numbers enable row level security;
grant select on public.phone_numbers to authenticated;

create policy phone_numbers_select_platform on public.phone_numbers for select to authenticated
using ((select private.is_platform_admin()));
comment on policy phone_numbers_select_platform on public.phone_numbers is 'The inventory is the operator''s; organizations read lines.';

create trigger tg_phone_numbers__touch before update on public.phone_numbers
for each row execute function private.tg_touch__updated_at();

create table public.lines (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  phone_number_id uuid not null,
  e164 text collate "C" not null,
  period tstzrange not null default tstzrange(now(), null),
  label text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint label_is_short check (char_length(label) <= 200),
  constraint period_is_half_open check (period = tstzrange(lower(period), upper(period), '[)') and not isempty(period)),
  constraint number_is_in_one_organization_at_a_time exclude using gist (phone_number_id with =, period with &&),
  constraint lines_phone_number_fkey foreign key (phone_number_id, e164)
  references public.phone_numbers (id, e164) on update cascade on delete restrict,
  unique (org_id, id)
);
comment on table public.lines is
'A phone number in one organization''s hands for a period: what a call belongs to and what members are given.';
comment on column public.lines.period is 'Calls that start in it belong to this line.';
create index lines_phone_number_idx on public.lines (phone_number_id, e164);

alter table public.lines enable row level security;
grant select on public.lines to authenticated;
grant update (label) on public.lines to authenticated;

create policy lines_select_given on public.lines for select to authenticated
using (
  org_id = any (array(select private.org_ids_read_in_full()))
  or id = any (array(select private.my_line_ids()))
);
comment on policy lines_select_given on public.lines is 'Viewers and admins read all of their organization, agents and managers the lines given to them.';

create policy lines_update_managers on public.lines for update to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (
    org_id = any (array(select private.my_org_ids('manager')))
    and id = any (array(select private.my_line_ids()))
  )
);
comment on policy lines_update_managers on public.lines is 'Admins label any line of their organization, managers those given to them.';

create trigger tg_lines__touch before update on public.lines
for each row execute function private.tg_touch__updated_at();

create table public.member_lines (
  org_id uuid not null,
  member_id uuid not null,
  line_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (member_id, line_id),
  constraint member_lines_member_fkey foreign key (org_id, member_id)
  references public.org_members (org_id, id) on update cascade on delete cascade,
  constraint member_lines_line_fkey foreign key (org_id, line_id)
  references public.lines (org_id, id) on update cascade on delete cascade
);
comment on table public.member_lines is 'Lines given to members: agents and managers read the calls of theirs.';
create index member_lines_org_member_idx on public.member_lines (org_id, member_id);
create index member_lines_org_line_idx on public.member_lines (org_id, line_id);

alter table public.member_lines enable row level security;
grant select, delete on public.member_lines to authenticated;
grant insert (org_id, member_id, line_id) on public.member_lines to authenticated;

create policy member_lines_select_colleagues on public.member_lines for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or line_id = any (array(select private.my_line_ids()))
);
comment on policy member_lines_select_colleagues on public.member_lines is
'Admins read who has which line; agents and managers for the lines they have.';

create function private.my_agent_ids() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return query
  select m.id
  from public.org_members m
  where m.role = 'agent' and m.org_id = any (array(select private.my_org_ids('manager')));
end
$$;
comment on function private.my_agent_ids() is 'Agents of the organizations in which the caller is a manager.';
grant execute on function private.my_agent_ids() to authenticated;

create policy member_lines_insert_managers on public.member_lines for insert to authenticated
with check (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (
    line_id = any (array(select private.my_line_ids()))
    and member_id = any (array(select private.my_agent_ids()))
  )
);
comment on policy member_lines_insert_managers on public.member_lines is 'Admins give any line to any member, managers their own lines to agents.';

create policy member_lines_delete_managers on public.member_lines for delete to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (
    line_id = any (array(select private.my_line_ids()))
    and member_id = any (array(select private.my_agent_ids()))
  )
);
comment on policy member_lines_delete_managers on public.member_lines is 'Who may give a line may take it back.';

create table public.member_extensions (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  member_id uuid not null,
  integration_id uuid not null references public.integrations (id) on delete cascade,
  extension text not null,
  period tstzrange not null default tstzrange(null, null),
  created_at timestamptz not null default now(),
  constraint extension_is_short_and_not_blank check (btrim(extension) <> '' and char_length(extension) <= 40),
  constraint period_is_half_open check (period = tstzrange(lower(period), upper(period), '[)') and not isempty(period)),
  constraint extension_has_one_holder_at_a_time exclude using gist (integration_id with =, extension with =, period with &&),
  constraint member_extensions_member_fkey foreign key (org_id, member_id)
  references public.org_members (org_id, id) on update cascade on delete cascade
);
comment on table public.member_extensions is 'Who held which extension of a MightyCall account, and when: what ties a leg to a member.';
create index member_extensions_org_member_idx on public.member_extensions (org_id, member_id);

alter table public.member_extensions enable row level security;
grant select on public.member_extensions to authenticated;
grant insert (org_id, member_id, integration_id, extension, period) on public.member_extensions to authenticated;

create policy member_extensions_select_colleagues on public.member_extensions for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin')))
  or member_id in (select m.id from public.org_members m where m.user_id = (select auth.uid()))
);
comment on policy member_extensions_select_colleagues on public.member_extensions is 'Read by whoever reads the member.';

create policy member_extensions_insert_admins on public.member_extensions for insert to authenticated
with check (
  (select private.is_platform_admin())
  or (
    org_id = any (array(select private.my_org_ids('org_admin')))
    and integration_id in (select i.id from public.integrations i where i.org_id = member_extensions.org_id)
  )
);
comment on policy member_extensions_insert_admins on public.member_extensions is
'Admins for their organization''s own accounts; on a platform-wide account the operator decides.';

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
create index calls_members_idx on public.calls using gin (member_ids);

alter table public.calls enable row level security;
grant select on public.calls to authenticated;

create policy calls_select_visible on public.calls for select to authenticated
using (
  org_id = any (array(select private.org_ids_read_in_full()))
  or line_id = any (array(select private.my_line_ids()))
  or member_ids && array(select private.my_member_ids())
);
comment on policy calls_select_visible on public.calls is
'Viewers and admins read all calls of their organization, agents and managers those of given lines and those they handled.';

create table public.legs (
  id uuid primary key,
  org_id uuid not null,
  call_id uuid not null,
  extension text not null,
  member_id uuid,
  name text,
  is_connected boolean not null default false,
  rang_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  talk_seconds integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint talk_is_nonnegative check (talk_seconds >= 0),
  constraint legs_call_fkey foreign key (org_id, call_id)
  references public.calls (org_id, id) on update cascade on delete cascade,
  constraint legs_member_fkey foreign key (org_id, member_id)
  references public.org_members (org_id, id) on update cascade on delete set null (member_id),
  constraint extension_has_one_leg_per_call unique (call_id, extension)
);
comment on table public.legs is 'One agent''s part in a call.';
comment on column public.legs.id is 'UUIDv5 of call and extension.';
comment on column public.legs.member_id is 'Who held the extension when the call started; null where nobody of the organization did.';
comment on column public.legs.name is 'As the provider names the agent.';
comment on column public.legs.is_connected is 'Whether this agent spoke.';

create index legs_org_call_idx on public.legs (org_id, call_id);
create index legs_org_member_idx on public.legs (org_id, member_id);

alter table public.legs enable row level security;
grant select on public.legs to authenticated;

create policy legs_select_visible on public.legs for select to authenticated
using (
  org_id = any (array(select private.org_ids_read_in_full()))
  or exists (select from public.calls c where c.org_id = legs.org_id and c.id = legs.call_id)
);
comment on policy legs_select_visible on public.legs is 'A leg is read by whoever reads its call.';
