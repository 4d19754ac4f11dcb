create function private.integration_figures()
returns table (
  integration_id uuid, requests_used_today integer, requests_per_day integer, next_run_at timestamptz, last_event_at timestamptz,
  failed_events bigint, kept_events bigint, rejected_items bigint, has_api_key boolean, has_user_key boolean, webhook_secrets bigint,
  webhook_tokens bigint, webhook_url text
)
language sql stable security definer set search_path = '' as $$
  select
    i.id, coalesce(q.used, 0), coalesce(q.quota, 2500),
    (select min(c.next_run_at) from private.sync_cursors c where c.integration_id = i.id and i.disabled_at is null),
    (select max(e.received_at) from private.webhook_events e where e.integration_id = i.id and e.org_id = i.org_id),
    (select count(*) from private.webhook_events e where e.integration_id = i.id and e.status = 'failed'),
    (select count(*) from private.webhook_events e where e.integration_id = i.id and e.status = 'kept'),
    (select count(*) from private.rejected_items r where r.org_id = i.org_id and r.integration_id = i.id),
    coalesce(k.has_api_key, false), coalesce(k.has_user_key, false), coalesce(k.webhook_secrets, 0),
    (
      select count(*) from private.webhook_tokens t
      where t.integration_id = i.id and (t.valid_until is null or t.valid_until > now())
    ),
    s.webhooks_url || private.webhook_path(i.id, case i.webhook_mode when 'token' then '<token>' end)
  from public.integrations i
  cross join public.platform_settings s
  left join private.integration_requests u on u.integration_id = i.id and u.day = (now() at time zone 'UTC')::date
  left join private.provider_quota q on q.api_key_hash = u.api_key_hash and q.day = u.day
  left join lateral (
    select
      bool_or(c.purpose = 'api_key') as has_api_key, bool_or(c.purpose = 'user_key') as has_user_key,
      count(*) filter (where c.purpose = 'webhook_secret' and (c.valid_until is null or c.valid_until > now())) as webhook_secrets
    from private.integration_credentials c
    where c.integration_id = i.id
  ) k on true
  where i.org_id = any (array(select private.my_org_ids('manager', 'org_admin')))
$$;
comment on function private.integration_figures() is
'How the integrations stand that the caller manages or administers: requests, deliveries, what they have of credentials, never a credential.';
grant execute on function private.integration_figures() to authenticated;

create view public.integration_status with (security_invoker = true) as
select
  i.id, i.org_id, i.name,
  case when i.removed_at is not null then 'removed' when i.disabled_at is not null then 'disabled' else 'enabled' end as state,
  f.requests_used_today, f.requests_per_day, f.next_run_at, i.last_success_at, i.last_error, i.last_error_at, f.last_event_at,
  f.failed_events, f.kept_events, f.rejected_items, f.has_api_key, f.has_user_key, f.webhook_secrets, f.webhook_tokens, f.webhook_url
from public.integrations i
join private.integration_figures() f on f.integration_id = i.id;
comment on view public.integration_status is 'How each MightyCall account stands: its requests of today, its next pull, its last error, its deliveries.';
comment on column public.integration_status.state is 'enabled, disabled or removed.';
comment on column public.integration_status.requests_used_today is 'Of its API key, since midnight UTC, by all accounts that use this key.';
comment on column public.integration_status.requests_per_day is 'What the provider allows a key.';
comment on column public.integration_status.next_run_at is 'When something is due next by itself; null while it is disabled.';
comment on column public.integration_status.last_error is 'What went wrong last, in words; null when all went well since.';
comment on column public.integration_status.failed_events is 'Deliveries that could not be applied; see webhook_events.';
comment on column public.integration_status.kept_events is 'Deliveries that wait for the integration to be enabled.';
comment on column public.integration_status.rejected_items is 'Pulled items that could not be used; see rejected_items.';
comment on column public.integration_status.webhook_secrets is 'How many are valid now.';
comment on column public.integration_status.webhook_tokens is 'How many are valid now.';
comment on column public.integration_status.webhook_url is 'Where MightyCall has to deliver; null where the operator has not said where the webhook app is reached.';
grant select on public.integration_status to authenticated;

create trigger tg_integration_status__refuse_writes instead of insert or update or delete on public.integration_status
for each row execute function private.tg_refuse__writes();

create function private.cursors_of_mine()
returns table (
  integration_id uuid, resource text, watermark timestamptz, next_run_at timestamptz, last_success_at timestamptz, failures integer,
  last_error text
)
language sql stable security definer set search_path = '' as $$
  select c.integration_id, c.resource, c.watermark, c.next_run_at, c.last_success_at, c.failures, c.last_error
  from private.sync_cursors c
  join public.integrations i on i.id = c.integration_id
  where i.org_id = any (array(select private.my_org_ids('manager', 'org_admin')))
$$;
comment on function private.cursors_of_mine() is 'How far the integrations have been read that the caller manages or administers.';
grant execute on function private.cursors_of_mine() to authenticated;

create view public.sync_resources with (security_invoker = true) as
select i.org_id, c.integration_id, c.resource, c.watermark, c.next_run_at, c.last_success_at, c.failures, c.last_error
from private.cursors_of_mine() c
join public.integrations i on i.id = c.integration_id;
comment on view public.sync_resources is 'What is pulled from each MightyCall account, how far it has been read and when it is due again.';
comment on column public.sync_resources.watermark is 'Everything before this has been read; null for what is read whole each time.';
comment on column public.sync_resources.failures is 'Failed pulls since the last success.';
comment on column public.sync_resources.last_error is 'What went wrong in the last pull, in words; null when it went well.';
grant select on public.sync_resources to authenticated;

create trigger tg_sync_resources__refuse_writes instead of insert or update or delete on public.sync_resources
for each row execute function private.tg_refuse__writes();
