create function private.queue_test(p_integration_id uuid, p_kind text)
returns table (job_id uuid, state text, created_at timestamptz)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_integration constant public.integrations := private.lock_my_integration(p_integration_id);
  v_job_id uuid;
begin
  if v_integration.disabled_at is not null then
    raise exception 'The integration is disabled.'
      using errcode = 'PT409', detail = 'integration_disabled', hint = 'Enable it first.';
  end if;
  if p_kind = 'test_delivery' and exists (select from public.platform_settings s where s.webhooks_url is null) then
    raise exception 'It is not known where the webhook app is reached from outside.'
      using errcode = 'PT409', detail = 'webhooks_url_missing', hint = 'A platform admin writes it into platform_settings.webhooks_url.';
  end if;
  -- Asking again while one waits, or has just been done, is asking once.
  select j.id into v_job_id
  from public.sync_jobs j
  where j.integration_id = p_integration_id and j.kind = p_kind
    and (j.state in ('queued', 'running') or j.created_at > now() - interval '10 seconds')
  order by j.created_at desc
  limit 1;
  if not found then
    v_job_id := private.queue_sync_job(
      p_integration_id, case p_kind when 'test' then 'phone_numbers' else 'calls' end, p_kind, null, null, null, now()
    );
  end if;
  return query select j.id, j.state, j.created_at from public.sync_jobs j where j.id = v_job_id;
end
$$;
comment on function private.queue_test(uuid, text) is 'Queues a test of an integration; the caller''s right is checked inside.';
grant execute on function private.queue_test(uuid, text) to authenticated;

create function public.test_integration(p_integration_id uuid) returns table (job_id uuid, state text, created_at timestamptz)
language sql set search_path = '' as $$
  select * from private.queue_test(p_integration_id, 'test')
$$;
comment on function public.test_integration(uuid) is
'Tries the keys of a MightyCall account: the job, followed in sync_jobs, ends as done, or as failed with what MightyCall said (org admins, platform admins).

Errors: integration_not_found, integration_disabled.';

create function public.test_webhook(p_integration_id uuid) returns table (job_id uuid, state text, created_at timestamptz)
language sql set search_path = '' as $$
  select * from private.queue_test(p_integration_id, 'test_delivery')
$$;
comment on function public.test_webhook(uuid) is
'Sends a delivery to this account''s own webhook address, from outside, authenticated as its deliveries have to be: it arrives in webhook_events with the type TestDelivery (org admins, platform admins).

Errors: integration_not_found, integration_disabled, webhooks_url_missing.';
grant execute on function public.test_integration(uuid), public.test_webhook(uuid) to authenticated;

create function private.test_delivery_target(p_job_id uuid, p_worker text, p_now timestamptz)
returns table (url text, mode text, token text, key_id text, sealed bytea, organization text)
language plpgsql security definer set search_path = '' as $$
declare
  v_integration public.integrations;
  v_token text;
begin
  select i.* into v_integration
  from public.sync_jobs j
  join public.integrations i on i.id = j.integration_id
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running' and j.kind = 'test_delivery';
  if not found then
    return;
  end if;
  if v_integration.webhook_mode = 'token' then
    -- Only hashes of the real ones are known.
    v_token := private.new_secret();
    insert into private.webhook_tokens (token_hash, org_id, integration_id, valid_until)
    values (sha256(convert_to(v_token, 'UTF8')), v_integration.org_id, v_integration.id, p_now + interval '2 minutes');
  end if;
  return query
  select
    s.webhooks_url || private.webhook_path(v_integration.id, v_token), v_integration.webhook_mode, v_token, c.key_id, c.sealed,
    private.sealing_context(v_integration.org_id)
  from public.platform_settings s
  left join lateral (
    select k.key_id, k.sealed
    from private.integration_credentials k
    where k.integration_id = v_integration.id and k.purpose = 'webhook_secret' and v_integration.webhook_mode = 'signed'
      and (k.valid_until is null or k.valid_until > p_now)
    order by k.valid_until desc nulls first, k.created_at desc
    limit 1
  ) c on true;
end
$$;
comment on function private.test_delivery_target(uuid, text, timestamptz) is
'Where and how the test delivery of this worker''s job is sent: by token with one made for it, signed with the newest secret, sealed (null: there is none).';
grant execute on function private.test_delivery_target(uuid, text, timestamptz) to sync;
