create function private.lock_my_integration(p_integration_id uuid, variadic p_roles text[] default array['org_admin'])
returns public.integrations
language plpgsql set search_path = '' as $$
declare
  v_integration public.integrations;
begin
  -- Deliveries on their way, which hold it "for key share", are over before anything is changed, or see the change.
  select * into v_integration
  from public.integrations i
  where i.id = p_integration_id and i.removed_at is null and i.org_id = any (array(select private.my_org_ids(variadic p_roles)))
  for update;
  if not found then
    raise exception 'There is no such integration.'
      using errcode = 'PT404', detail = 'integration_not_found', hint = 'See integrations for those of your organizations; most needs an admin.';
  end if;
  return v_integration;
end
$$;
comment on function private.lock_my_integration(uuid, text[]) is
'The integration, locked, if the caller has one of these roles in its organization, or is a platform admin. Refuses otherwise.';

create function private.change_integration(
  p_integration_id uuid, p_name text, p_account_type text, p_webhook_mode text, p_key_id text, p_credentials jsonb
) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_before constant public.integrations := private.lock_my_integration(p_integration_id);
begin
  perform private.check_integration(
    coalesce(p_name, v_before.name), coalesce(p_account_type, v_before.account_type), coalesce(p_webhook_mode, v_before.webhook_mode)
  );
  update public.integrations i set
    name = coalesce(p_name, i.name), account_type = coalesce(p_account_type, i.account_type),
    webhook_mode = coalesce(p_webhook_mode, i.webhook_mode)
  where i.id = p_integration_id;

  if p_credentials is not null then
    if jsonb_typeof(p_credentials) <> 'object' or p_credentials - array['api_key', 'user_key'] <> '{}' then
      raise exception 'Only api_key and user_key are changed here.'
        using errcode = 'PT422', detail = 'credential_unknown', hint = 'A webhook secret is replaced by rotate_webhook_secret.';
    end if;
    perform private.keep_credentials(p_integration_id, p_key_id, p_credentials);
  end if;
  if p_credentials is not null or coalesce(p_account_type, v_before.account_type) <> v_before.account_type then
    -- Tokens are of the old keys, or of the other host.
    delete from private.integration_credentials c
    where c.integration_id = p_integration_id and c.purpose in ('access_token', 'refresh_token');
    update private.sync_cursors c set next_run_at = now(), failures = 0 where c.integration_id = p_integration_id;
    notify sync_jobs;
  end if;
end
$$;
comment on function private.change_integration(uuid, text, text, text, text, jsonb) is
'Changes an integration, what is left out stays; the caller''s right is checked inside.';

create function public.change_integration(
  p_integration_id uuid, p_name text default null, p_account_type text default null, p_webhook_mode text default null,
  p_key_id text default null, p_credentials jsonb default null
) returns void
language sql set search_path = '' as $$
  select private.change_integration(p_integration_id, p_name, p_account_type, p_webhook_mode, p_key_id, p_credentials)
$$;
comment on function public.change_integration(uuid, text, text, text, text, jsonb) is
'Changes the name, the account type, the webhook mode or the keys of a MightyCall account; what is left out stays as it is (org admins, platform admins).

p_credentials holds api_key, user_key or both, sealed to the key p_key_id names, in base64. The next pull begins at once with them.
Errors: integration_not_found, name_invalid, account_type_unknown, webhook_mode_unknown, credential_unknown, credential_not_sealed.';

create function private.check_overlap(p_overlap interval) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if p_overlap is null or p_overlap < interval '0' or p_overlap > interval '30 days' then
    raise exception 'The old one may count for at most 30 days more.'
      using errcode = 'PT422', detail = 'overlap_invalid', hint = 'Choose the time that changing it at MightyCall takes, like 1 hour.';
  end if;
end
$$;
comment on function private.check_overlap(interval) is 'Refuses a time for which two secrets may be valid side by side that makes no sense.';

create function private.rotate_webhook_secret(p_integration_id uuid, p_key_id text, p_sealed text, p_overlap interval) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform private.lock_my_integration(p_integration_id);
  perform private.check_overlap(p_overlap);
  update private.integration_credentials c set valid_until = least(c.valid_until, now() + p_overlap)
  where c.integration_id = p_integration_id and c.purpose = 'webhook_secret';
  delete from private.integration_credentials c
  where c.integration_id = p_integration_id and c.purpose = 'webhook_secret' and c.valid_until <= now();
  perform private.keep_credential(p_integration_id, 'webhook_secret', p_key_id, p_sealed);
end
$$;
comment on function private.rotate_webhook_secret(uuid, text, text, interval) is
'Adds a webhook secret and lets those before it run out; the caller''s right is checked inside.';

create function public.rotate_webhook_secret(
  p_integration_id uuid, p_key_id text, p_sealed text, p_overlap interval default interval '1 day'
) returns void
language sql set search_path = '' as $$
  select private.rotate_webhook_secret(p_integration_id, p_key_id, p_sealed, p_overlap)
$$;
comment on function public.rotate_webhook_secret(uuid, text, text, interval) is
'Gives a MightyCall account a new webhook secret, sealed, in base64; the one before counts for p_overlap more, so that no delivery is lost (org admins, platform admins).

Errors: integration_not_found, overlap_invalid, credential_not_sealed.';

create function private.webhook_path(p_integration_id uuid, p_token text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return '/webhooks/mightycall/' || p_integration_id || coalesce('/' || p_token, '');
end
$$;
comment on function private.webhook_path(uuid, text) is 'Where an integration''s deliveries arrive at our webhook app.';

create function private.rotate_webhook_token(p_integration_id uuid, p_overlap interval)
returns table (token text, path text, url text)
language plpgsql security definer set search_path = '' as $$
declare
  v_integration constant public.integrations := private.lock_my_integration(p_integration_id);
  v_token constant text := private.new_secret();
begin
  perform private.check_overlap(p_overlap);
  update private.webhook_tokens t set valid_until = least(t.valid_until, now() + p_overlap) where t.integration_id = p_integration_id;
  delete from private.webhook_tokens t where t.integration_id = p_integration_id and t.valid_until <= now();
  insert into private.webhook_tokens (token_hash, org_id, integration_id)
  values (sha256(convert_to(v_token, 'UTF8')), v_integration.org_id, p_integration_id);
  return query
  select v_token, private.webhook_path(p_integration_id, v_token), s.webhooks_url || private.webhook_path(p_integration_id, v_token)
  from public.platform_settings s;
end
$$;
comment on function private.rotate_webhook_token(uuid, interval) is
'Makes a webhook token and lets those before it run out; the caller''s right is checked inside.';

create function public.rotate_webhook_token(p_integration_id uuid, p_overlap interval default interval '1 day')
returns table (token text, path text, url text)
language sql set search_path = '' as $$
  select * from private.rotate_webhook_token(p_integration_id, p_overlap)
$$;
comment on function public.rotate_webhook_token(uuid, interval) is
'Makes the address to which an account delivers that cannot sign: a token in the path, told here, once. The one before counts for p_overlap more (org admins, platform admins).

url is null where the operator has not said where the webhook app is reached (platform_settings.webhooks_url); path stays the same.
Errors: integration_not_found, overlap_invalid.';

create trigger tg_webhook_tokens__audit after insert or update or delete on private.webhook_tokens
for each row execute function private.tg_audit('integration_id', 'token_hash');

grant execute on function
  private.change_integration(uuid, text, text, text, text, jsonb), private.rotate_webhook_secret(uuid, text, text, interval),
  private.rotate_webhook_token(uuid, interval)
to authenticated;
grant execute on function
  public.change_integration(uuid, text, text, text, text, jsonb), public.rotate_webhook_secret(uuid, text, text, interval),
  public.rotate_webhook_token(uuid, interval)
to authenticated;
