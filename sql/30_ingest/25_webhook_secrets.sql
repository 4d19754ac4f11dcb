create function private.webhook_secrets(p_integration_id uuid)
returns table (organization text, mode text, key_id text, sealed bytea)
language sql stable security definer set search_path = '' as $$
  select private.sealing_context(i.org_id), i.webhook_mode, c.key_id, c.sealed
  from public.integrations i
  left join private.integration_credentials c
    on c.integration_id = i.id and c.purpose = 'webhook_secret' and (c.valid_until is null or c.valid_until > now())
  where i.id = p_integration_id
$$;
comment on function private.webhook_secrets(uuid) is
'How deliveries of an integration are authenticated: one row per secret valid now, one without a secret where there is none, no row for an unknown integration.';
grant execute on function private.webhook_secrets(uuid) to webhooks;
