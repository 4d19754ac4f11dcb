create table public.integrations (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  provider text not null default 'mightycall',
  name text not null,
  account_type text not null default 'call_center',
  webhook_mode text not null default 'signed',
  disabled_at timestamptz,
  removed_at timestamptz,
  last_success_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint name_is_short_and_not_blank check (btrim(name) <> '' and char_length(name) <= 200),
  constraint provider_is_known check (provider in ('mightycall')),
  constraint account_type_is_known check (account_type in ('call_center', 'classic')),
  constraint webhook_mode_is_known check (webhook_mode in ('signed', 'token')),
  constraint removed_means_disabled check (removed_at is null or disabled_at is not null),
  unique (org_id, id)
);
comment on table public.integrations is
'A MightyCall account. The holding organization owns platform-wide ones, which serve numbers of many organizations.';
comment on column public.integrations.account_type is 'call_center or classic: which of the provider''s hosts answers.';
comment on column public.integrations.webhook_mode is
'signed: HMAC over the raw body. token: a secret in the path. A signed integration never accepts an unsigned delivery.';
comment on column public.integrations.removed_at is
'Since when the account is no longer ours to read: its credentials are gone, its history stays.';
comment on column public.integrations.disabled_at is 'Since when nothing is pulled; deliveries are kept and applied on enable.';

alter table public.integrations enable row level security;
grant select on public.integrations to authenticated, api_reader;

create policy integrations_select_managers on public.integrations for select to authenticated
using (org_id = any (array(select private.my_org_ids('manager', 'org_admin'))));
comment on policy integrations_select_managers on public.integrations is 'Managers and admins read the status; nobody reads a credential.';

create trigger tg_integrations__touch before update on public.integrations
for each row execute function private.tg_touch__updated_at();

create policy integrations_select_api_keys on public.integrations for select to api_reader
using (org_id = any (array(select private.api_org_ids('sync:read'))));
comment on policy integrations_select_api_keys on public.integrations is 'API keys with sync:read.';

create trigger tg_integrations__audit
after insert or delete or update of org_id, name, account_type, webhook_mode, disabled_at, removed_at on public.integrations
for each row execute function private.tg_audit('id', 'last_success_at,last_error,last_error_at');
