create function private.extend_lease(p_job_id uuid, p_worker text, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  update public.sync_jobs set lease_until = p_now + interval '2 minutes'
  where id = p_job_id and worker = p_worker and state = 'running';
  return found;
end
$$;
comment on function private.extend_lease(uuid, text, timestamptz) is 'Keeps the job for two more minutes; false when it is no longer this worker''s.';

create function private.finish_sync_job(
  p_job_id uuid, p_worker text, p_error text, p_retry_at timestamptz, p_now timestamptz
) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_job public.sync_jobs;
begin
  update public.sync_jobs set
    state = case when p_error is null then 'done' else 'failed' end,
    error = left(p_error, 2000), finished_at = p_now, worker = null, lease_until = null
  where id = p_job_id and worker = p_worker and state = 'running'
  returning * into v_job;
  if not found then
    return;
  end if;

  if v_job.kind = 'scheduled' then
    update private.sync_cursors c set
      failures = case when p_error is null then 0 else c.failures + 1 end,
      next_run_at = case when p_error is null then c.next_run_at else greatest(c.next_run_at, coalesce(p_retry_at, c.next_run_at)) end
    where c.integration_id = v_job.integration_id and c.resource = v_job.resource;
  end if;

  update public.integrations i set
    last_success_at = case when p_error is null then p_now else i.last_success_at end,
    last_error = case when p_error is null then null else left(p_error, 2000) end,
    last_error_at = case when p_error is null then null else p_now end
  where i.id = v_job.integration_id;
end
$$;
comment on function private.finish_sync_job(uuid, text, text, timestamptz, timestamptz) is
'Ends a job: done without an error, failed with one. A failed scheduled resource is not due again before p_retry_at.';

grant execute on function
  private.extend_lease(uuid, text, timestamptz), private.finish_sync_job(uuid, text, text, timestamptz, timestamptz)
to sync;
