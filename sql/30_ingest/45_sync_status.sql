create function private.sync_status(p_now timestamptz)
returns table (
  integration_id uuid, integration text, organization text, resource text, watermark timestamptz, next_run_at timestamptz,
  last_success_at timestamptz, last_error text, requests_used_today integer, requests_per_day integer
)
language sql stable security definer set search_path = '' as $$
  select
    i.id, i.name, o.name, c.resource, c.watermark, c.next_run_at, c.last_success_at, c.last_error,
    q.used, q.quota
  from public.integrations i
  join public.organizations o on o.id = i.org_id
  join private.sync_cursors c on c.integration_id = i.id
  left join private.integration_requests u on u.integration_id = i.id and u.day = (p_now at time zone 'UTC')::date
  left join private.provider_quota q on q.api_key_hash = u.api_key_hash and q.day = u.day
  order by o.name, i.name, c.resource
$$;
comment on function private.sync_status(timestamptz) is 'How far each resource has been read, for operators. Requests are those of the integration''s API key.';
grant execute on function private.sync_status(timestamptz) to sync;
