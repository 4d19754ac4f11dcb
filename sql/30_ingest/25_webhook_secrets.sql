create table private.webhook_tokens (
  token_hash bytea primary key,
  org_id uuid not null,
  integration_id uuid not null,
  valid_until timestamptz,
  created_at timestamptz not null default now(),
  constraint token_hash_is_sha256 check (octet_length(token_hash) = 32),
  constraint webhook_tokens_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete cascade
);
comment on table private.webhook_tokens is
'What stands in the path of deliveries of an account that cannot sign, by hash. A rotated one is good for a while beside its successor.';
create index webhook_tokens_org_integration_idx on private.webhook_tokens (org_id, integration_id);
create index webhook_tokens_integration_idx on private.webhook_tokens (integration_id);

alter table private.webhook_tokens enable row level security;

create function private.webhook_secrets(p_integration_id uuid)
returns table (organization text, mode text, purpose text, key_id text, sealed bytea, token_hash bytea)
language sql stable security definer set search_path = '' as $$
  select private.sealing_context(i.org_id), i.webhook_mode, s.purpose, s.key_id, s.sealed, s.token_hash
  from public.integrations i
  left join lateral (
    select c.purpose, c.key_id, c.sealed, null::bytea as token_hash
    from private.integration_credentials c
    where c.integration_id = i.id and (c.valid_until is null or c.valid_until > now())
      and c.purpose = case i.webhook_mode when 'signed' then 'webhook_secret' else 'api_key' end
    union all
    select 'token', null, null, t.token_hash
    from private.webhook_tokens t
    where t.integration_id = i.id and i.webhook_mode = 'token' and (t.valid_until is null or t.valid_until > now())
  ) s on true
  where i.id = p_integration_id and i.removed_at is null
$$;
comment on function private.webhook_secrets(uuid) is
'How deliveries of an integration are authenticated. Signed: its secrets valid now. By token: the hashes of tokens valid now, and the API key that a payload has to name. One row of nulls where there is nothing, none for an unknown integration.';
grant execute on function private.webhook_secrets(uuid) to webhooks;
