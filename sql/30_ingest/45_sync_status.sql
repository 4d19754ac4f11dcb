create function private.sync_status(p_now timestamptz)
returns table (
  integration_id uuid, integration text, organization text, resource text, watermark timestamptz, next_run_at timestamptz,
  last_success_at timestamptz, last_error text, requests_used_today integer
)
language sql stable security definer set search_path = '' as $$
  select
    i.id, i.name, o.name, c.resource, c.watermark, c.next_run_at, c.last_success_at, c.last_error,
    (select sum(q.used)::int from private.provider_quota q where q.day = (p_now at time zone 'UTC')::date)
  from public.integrations i
  join public.organizations o on o.id = i.org_id
  join private.sync_cursors c on c.integration_id = i.id
  order by o.name, i.name, c.resource
$$;
comment on function private.sync_status(timestamptz) is 'How far each resource has been read, for operators. Requests are those of all keys together.';
grant execute on function private.sync_status(timestamptz) to sync;
