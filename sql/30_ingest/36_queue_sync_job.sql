create function private.queue_sync_job(
  p_integration_id uuid, p_resource text, p_kind text, p_from timestamptz, p_to timestamptz, p_provider_id text, p_now timestamptz
) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_job_id uuid;
begin
  insert into public.sync_jobs (
    org_id, integration_id, resource, kind, range_from, range_to, provider_id, requested_by, run_after, created_at
  )
  select i.org_id, i.id, p_resource, p_kind, p_from, p_to, p_provider_id, auth.uid(), p_now, p_now
  from public.integrations i
  where i.id = p_integration_id and i.disabled_at is null
  returning id into v_job_id;
  if v_job_id is null then
    raise exception 'There is no enabled integration %.', p_integration_id
      using errcode = 'PT404', detail = 'integration_not_found', hint = 'See "python -m sync status" for the integrations there are.';
  end if;
  notify sync_jobs;
  return v_job_id;
end
$$;
comment on function private.queue_sync_job(uuid, text, text, timestamptz, timestamptz, text, timestamptz) is
'Puts a requested, backfill or one-call job in the queue and wakes the workers.';
grant execute on function private.queue_sync_job(uuid, text, text, timestamptz, timestamptz, text, timestamptz) to sync;
