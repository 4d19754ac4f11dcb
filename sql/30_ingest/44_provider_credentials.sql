create function private.sync_credentials(p_integration_id uuid)
returns table (organization text, purpose text, key_id text, sealed bytea, valid_until timestamptz)
language sql stable security definer set search_path = '' as $$
  select private.sealing_context(c.org_id), c.purpose, c.key_id, c.sealed, c.valid_until
  from private.integration_credentials c
  where c.integration_id = p_integration_id and c.purpose <> 'webhook_secret'
$$;
comment on function private.sync_credentials(uuid) is 'The sealed keys and tokens with which an integration''s account is read.';

create function private.store_provider_token(
  p_integration_id uuid, p_purpose text, p_key_id text, p_sealed bytea, p_valid_until timestamptz
) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if p_purpose not in ('access_token', 'refresh_token') then
    raise exception 'Only tokens are stored here.' using errcode = 'PT422', detail = 'not_a_token';
  end if;
  insert into private.integration_credentials as c (org_id, integration_id, purpose, key_id, sealed, valid_until)
  select i.org_id, i.id, p_purpose, p_key_id, p_sealed, p_valid_until from public.integrations i where i.id = p_integration_id
  on conflict (integration_id, purpose) where purpose <> 'webhook_secret'
  do update set key_id = excluded.key_id, sealed = excluded.sealed, valid_until = excluded.valid_until, created_at = now();
end
$$;
comment on function private.store_provider_token(uuid, text, text, bytea, timestamptz) is
'Shares a sealed access or refresh token among all workers.';

create function private.credentials_not_sealed_with(p_key_id text)
returns table (credential_id uuid, organization text, integration_id uuid, purpose text, key_id text, sealed bytea)
language sql stable security definer set search_path = '' as $$
  select c.id, private.sealing_context(c.org_id), c.integration_id, c.purpose, c.key_id, c.sealed
  from private.integration_credentials c
  where c.key_id <> p_key_id
  order by c.id
$$;
comment on function private.credentials_not_sealed_with(text) is 'Credentials still sealed to another key: what a rotation has left to do.';

create function private.replace_sealed(p_credential_id uuid, p_expected bytea, p_key_id text, p_sealed bytea) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  update private.integration_credentials set key_id = p_key_id, sealed = p_sealed
  where id = p_credential_id and sealed = p_expected;
  return found;
end
$$;
comment on function private.replace_sealed(uuid, bytea, text, bytea) is
'Puts a credential sealed anew in place of the one read; false when it changed meanwhile.';

grant execute on function
  private.sync_credentials(uuid), private.store_provider_token(uuid, text, text, bytea, timestamptz),
  private.credentials_not_sealed_with(text), private.replace_sealed(uuid, bytea, text, bytea)
to sync;
