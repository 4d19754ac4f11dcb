create table public.agent_statuses (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  integration_id uuid not null references public.integrations (id) on delete cascade,
  extension text collate "C" not null,
  member_id uuid,
  status text not null,
  since timestamptz not null,
  observed_through timestamptz not null,
  is_account_user_only boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint status_is_short_and_not_blank check (btrim(status) <> '' and char_length(status) <= 40),
  constraint observation_runs_forward check (since <= observed_through),
  constraint agent_has_one_status_at_a_time exclude using gist (
    integration_id with =, extension with =, tstzrange(since, observed_through, '[]') with &&
  ),
  constraint agent_statuses_member_fkey foreign key (org_id, member_id)
  references public.org_members (org_id, id) on update cascade on delete set null (member_id)
);
comment on table public.agent_statuses is
'Which status an extension was seen in, and for how long: an interval while every look, less than 30 minutes after the last, found the same.';
comment on column public.agent_statuses.org_id is 'Of who held the extension, else the integration''s owner.';
comment on column public.agent_statuses.member_id is 'Who held the extension when the interval began; null where nobody did.';
comment on column public.agent_statuses.status is 'As the provider says, in lower case: available, dnd, offline, …';
comment on column public.agent_statuses.since is 'The first look that found it. It began somewhere between the look before and this.';
comment on column public.agent_statuses.observed_through is 'The last look that found it.';
comment on column public.agent_statuses.is_account_user_only is
'Whether the provider told it of the account''s own user alone, as it does where it lists nobody else''s status.';
create index agent_statuses_org_since_idx on public.agent_statuses (org_id, since desc);
create index agent_statuses_org_member_idx on public.agent_statuses (org_id, member_id);
create index agent_statuses_extension_idx on public.agent_statuses (integration_id, extension, since desc);

alter table public.agent_statuses enable row level security;
grant select on public.agent_statuses to authenticated, api_reader;

create policy agent_statuses_select_colleagues on public.agent_statuses for select to authenticated
using (org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin'))));
comment on policy agent_statuses_select_colleagues on public.agent_statuses is
'Agents, managers and admins read those of their organization, platform admins all.';

create policy agent_statuses_select_api_keys on public.agent_statuses for select to api_reader
using (org_id = any (array(select private.api_org_ids('members:read'))));
comment on policy agent_statuses_select_api_keys on public.agent_statuses is 'API keys with members:read.';

create trigger tg_agent_statuses__touch before update on public.agent_statuses
for each row execute function private.tg_touch__updated_at();

create view public.current_agent_status with (security_invoker = true) as
select distinct on (s.org_id, s.integration_id, s.extension)
  s.org_id, s.integration_id, s.extension, s.member_id, s.status, s.since, s.observed_through, s.is_account_user_only
from public.agent_statuses s
where s.observed_through > now() - interval '30 minutes'
order by s.org_id asc, s.integration_id asc, s.extension asc, s.since desc;
comment on view public.current_agent_status is
'The status each extension is in, as last seen; who was not looked at for 30 minutes is in no known status and not here.';
comment on column public.current_agent_status.is_account_user_only is 'As in agent_statuses.';
grant select on public.current_agent_status to authenticated, api_reader;

create trigger tg_current_agent_status__refuse_writes instead of insert or update or delete on public.current_agent_status
for each row execute function private.tg_refuse__writes();
