create function private.check_integration(p_name text, p_account_type text, p_webhook_mode text) returns void
language plpgsql stable set search_path = '' as $$
begin
  if p_name is null or private.is_blank(p_name) or char_length(p_name) > 200 then
    raise exception 'The name has to be of 1 to 200 characters.'
      using errcode = 'PT422', detail = 'name_invalid', hint = 'Choose a name that people will recognise.';
  end if;
  if p_account_type is null or p_account_type not in ('call_center', 'classic') then
    raise exception 'There is no account type %.', left(p_account_type, 100)
      using errcode = 'PT422', detail = 'account_type_unknown', hint = 'Choose call_center or classic, as MightyCall calls your account.';
  end if;
  if p_webhook_mode is null or p_webhook_mode not in ('signed', 'token') then
    raise exception 'There is no webhook mode %.', left(p_webhook_mode, 100)
      using errcode = 'PT422', detail = 'webhook_mode_unknown', hint = 'Choose signed, or token for an account that cannot sign its deliveries.';
  end if;
end
$$;
comment on function private.check_integration(text, text, text) is 'Refuses a name, an account type or a webhook mode that cannot be.';

create function private.keep_credential(p_integration_id uuid, p_purpose text, p_key_id text, p_sealed text) returns void
language plpgsql set search_path = '' as $$
begin
  insert into private.integration_credentials as c (org_id, integration_id, purpose, key_id, sealed)
  select i.org_id, i.id, p_purpose, p_key_id, decode(p_sealed, 'base64') from public.integrations i where i.id = p_integration_id
  on conflict (integration_id, purpose) where purpose <> 'webhook_secret'
  do update set key_id = excluded.key_id, sealed = excluded.sealed, created_at = now();
exception when data_exception or check_violation or not_null_violation then
  raise exception 'The % is not a sealed value in base64.', p_purpose
    using errcode = 'PT422', detail = 'credential_not_sealed', hint = 'Seal it with the platform''s public key.';
end
$$;
comment on function private.keep_credential(uuid, text, text, text) is
'Stores a sealed credential, a key in place of the one before, a webhook secret beside it.';

create function private.keep_credentials(p_integration_id uuid, p_key_id text, p_credentials jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_credential record;
begin
  for v_credential in select key as purpose, value as sealed from jsonb_each_text(p_credentials) order by key loop
    if v_credential.purpose not in ('api_key', 'user_key', 'webhook_secret') then
      raise exception 'There is no credential of the kind %.', left(v_credential.purpose, 100)
        using errcode = 'PT422', detail = 'credential_unknown', hint = 'Send api_key, user_key and webhook_secret.';
    end if;
    perform private.keep_credential(p_integration_id, v_credential.purpose, p_key_id, v_credential.sealed);
  end loop;
end
$$;
comment on function private.keep_credentials(uuid, text, jsonb) is 'Stores sealed credentials, base64 by purpose.';

create function private.create_integration(
  p_org_id uuid, p_name text, p_account_type text, p_webhook_mode text, p_key_id text, p_credentials jsonb, p_id uuid
) returns uuid
language plpgsql security definer set search_path = '' as $$
begin
  if p_org_id is null then
    perform private.require_platform_admin();
  else
    perform private.require_role(p_org_id, 'org_admin');
  end if;
  perform private.check_integration(p_name, p_account_type, p_webhook_mode);
  if jsonb_typeof(p_credentials) is distinct from 'object' or not p_credentials ?& array['api_key', 'user_key'] then
    raise exception 'An integration needs its api_key and user_key, sealed.'
      using errcode = 'PT422', detail = 'credentials_missing', hint = 'Seal each with the platform''s public key and send it in base64.';
  end if;
  insert into public.integrations (id, org_id, name, account_type, webhook_mode)
  values (p_id, coalesce(p_org_id, private.holding_org_id()), p_name, p_account_type, p_webhook_mode);
  perform private.keep_credentials(p_id, p_key_id, p_credentials);
  return p_id;
exception when unique_violation then
  raise exception 'An integration with this id exists already.'
    using errcode = 'PT409', detail = 'integration_exists', hint = 'Choose a new random id and seal the credentials for it.';
end
$$;
comment on function private.create_integration(uuid, text, text, text, text, jsonb, uuid) is
'Adds an integration with its sealed credentials; the caller''s right is checked inside.';
grant execute on function private.create_integration(uuid, text, text, text, text, jsonb, uuid) to authenticated;

create function public.create_integration(
  p_org_id uuid, p_name text, p_account_type text, p_webhook_mode text, p_key_id text, p_credentials jsonb, p_id uuid
) returns uuid
language sql set search_path = '' as $$
  select private.create_integration(p_org_id, p_name, p_account_type, p_webhook_mode, p_key_id, p_credentials, p_id)
$$;
comment on function public.create_integration(uuid, text, text, text, text, jsonb, uuid) is
'Adds a MightyCall account to an organization (org admins), or platform-wide with p_org_id null (platform admins).

p_id is chosen by the client, because the credentials (base64 of HPKE messages: api_key, user_key, webhook_secret) are sealed for it.
p_webhook_mode is signed, or token for an account that cannot sign: rotate_webhook_token then tells the address to deliver to.
Errors: platform_admin_required, organization_not_found, role_not_sufficient, name_invalid, account_type_unknown, webhook_mode_unknown, credentials_missing, credential_unknown, credential_not_sealed, integration_exists.';
grant execute on function public.create_integration(uuid, text, text, text, text, jsonb, uuid) to authenticated;
