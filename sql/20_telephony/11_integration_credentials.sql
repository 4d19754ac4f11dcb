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

create trigger tg_integration_credentials__audit after insert or update on private.integration_credentials
for each row when (new.purpose not in ('access_token', 'refresh_token')) execute function private.tg_audit('id', 'sealed');
create trigger tg_integration_credentials__audit_removal after delete on private.integration_credentials
for each row when (old.purpose not in ('access_token', 'refresh_token')) execute function private.tg_audit('id', 'sealed');
