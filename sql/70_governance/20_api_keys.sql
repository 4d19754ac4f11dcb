create function private.api_scopes() returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return array[
    'audit:read', 'calls:read', 'contacts:read', 'members:read', 'messages:read', 'messages:send', 'recordings:read', 'sync:read',
    'sync:request'
  ];
end
$$;
comment on function private.api_scopes() is 'What an API key can be made for.';

create table private.api_keys (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete cascade,
  name text not null,
  prefix text not null,
  secret_hash bytea not null unique,
  scopes text[] not null,
  created_by uuid references public.profiles (user_id) on delete set null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  constraint name_is_short_and_not_blank check (btrim(name) <> '' and char_length(name) <= 200),
  constraint secret_hash_is_sha256 check (octet_length(secret_hash) = 32),
  constraint scopes_are_known check (scopes <@ private.api_scopes() and cardinality(scopes) > 0)
);
comment on table private.api_keys is 'Keys with which programs read an organization; the holding organization''s read all of them.';
create index api_keys_org_idx on private.api_keys (org_id);
create index api_keys_created_by_idx on private.api_keys (created_by);

alter table private.api_keys enable row level security;
grant select (id, org_id, name, prefix, scopes, created_by, created_at, expires_at, revoked_at, last_used_at)
on private.api_keys to authenticated;

create policy api_keys_select_admins on private.api_keys for select to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy api_keys_select_admins on private.api_keys is 'Admins their organization''s, platform admins all; never the secret''s hash.';

create trigger tg_api_keys__audit after insert or delete or update of name, scopes, expires_at, revoked_at on private.api_keys
for each row execute function private.tg_audit('id', 'secret_hash,last_used_at');

create view public.api_keys with (security_invoker = true) as
select
  k.id, nullif(k.org_id, private.holding_org_id()) as org_id, k.name, k.prefix, k.scopes, k.created_by, k.created_at,
  k.expires_at, k.revoked_at, k.last_used_at,
  case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired' else 'active' end as state
from private.api_keys k;
comment on view public.api_keys is 'API keys, without their secrets.';
comment on column public.api_keys.org_id is 'Null for a platform-wide key, which reads every organization.';
comment on column public.api_keys.prefix is 'How the secret begins.';
comment on column public.api_keys.last_used_at is 'To the minute.';
comment on column public.api_keys.state is 'active, expired or revoked.';
grant select on public.api_keys to authenticated;

create table private.api_key_minutes (
  api_key_id uuid not null references private.api_keys (id) on delete cascade,
  minute timestamptz not null,
  used integer not null,
  primary key (api_key_id, minute),
  constraint used_is_within_the_limit check (used between 1 and 1000)
);
comment on table private.api_key_minutes is 'Requests of each API key in each calendar minute.';

alter table private.api_key_minutes enable row level security;

create unlogged table private.api_grants (
  grant_hash bytea primary key,
  api_key_id uuid not null references private.api_keys (id) on delete cascade,
  expires_at timestamptz not null
);
comment on table private.api_grants is 'What lets one request through PostgREST with an API key''s rights, for a minute; by hash.';
create index api_grants_key_idx on private.api_grants (api_key_id);
create index api_grants_expires_idx on private.api_grants (expires_at);

alter table private.api_grants enable row level security;
