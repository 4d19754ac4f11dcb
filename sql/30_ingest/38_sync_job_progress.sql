create function private.extend_lease(p_job_id uuid, p_worker text, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  update public.sync_jobs set lease_until = p_now + interval '2 minutes'
  where id = p_job_id and worker = p_worker and state = 'running';
  return found;
end
$$;
comment on function private.extend_lease(uuid, text, timestamptz) is 'Keeps the job for two more minutes; false when it is no longer this worker''s.';

create function private.release_sync_job(p_job_id uuid, p_worker text, p_now timestamptz) returns void
language sql security definer set search_path = '' as $$
  update public.sync_jobs set state = 'queued', worker = null, lease_until = null, attempt = attempt - 1, run_after = p_now
  where id = p_job_id and worker = p_worker and state = 'running'
$$;
comment on function private.release_sync_job(uuid, text, timestamptz) is
'Gives a job back that its worker was asked to leave, to go on where it stopped; the attempt does not count.';

create function private.postpone_sync_job(p_job_id uuid, p_worker text, p_run_after timestamptz, p_note text, p_now timestamptz)
returns void
language sql security definer set search_path = '' as $$
  update public.sync_jobs set
    state = 'queued', worker = null, lease_until = null, attempt = attempt - 1, run_after = greatest(p_run_after, p_now),
    note = left(p_note, 2000)
  where id = p_job_id and worker = p_worker and state = 'running'
$$;
comment on function private.postpone_sync_job(uuid, text, timestamptz, text, timestamptz) is
'Puts a job back until later, with the reason for people to read, to go on where it stopped; the attempt does not count.';

create function private.retry_sync_job(p_job_id uuid, p_worker text, p_run_after timestamptz, p_note text, p_now timestamptz)
returns void
language sql security definer set search_path = '' as $$
  update public.sync_jobs set
    state = 'queued', worker = null, lease_until = null, run_after = greatest(p_run_after, p_now), note = left(p_note, 2000)
  where id = p_job_id and worker = p_worker and state = 'running'
$$;
comment on function private.retry_sync_job(uuid, text, timestamptz, text, timestamptz) is
'Puts a job back that failed for a reason which passes by itself, to go on where it stopped; the attempt counts.';

create function private.has_due_work(p_now timestamptz) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.sync_jobs j
    join public.integrations i on i.id = j.integration_id and i.disabled_at is null
    join public.organizations o on o.id = i.org_id and o.archived_at is null
    where j.state = 'queued' and j.run_after <= p_now and j.kind not in ('backfill', 'replay')
  ) or exists (
    select from private.sync_cursors c
    join public.integrations i on i.id = c.integration_id and i.disabled_at is null
    join public.organizations o on o.id = i.org_id and o.archived_at is null
    where c.next_run_at <= p_now and not exists (
      select from public.sync_jobs j
      where j.integration_id = c.integration_id and j.resource = c.resource and j.kind = 'scheduled' and j.state in ('queued', 'running')
    )
  );
end
$$;
comment on function private.has_due_work(timestamptz) is 'Whether something waits that is more urgent than a backfill or a replay.';

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

  if v_job.kind in ('test_delivery', 'replay') then
    return;
  end if;
  if v_job.kind = 'scheduled' then
    update private.sync_cursors c set
      failures = case when p_error is null then 0 else c.failures + 1 end,
      last_success_at = case when p_error is null then p_now else c.last_success_at end,
      last_error = left(p_error, 2000),
      pages = case when p_error is null then greatest(v_job.pages_read, 1) else c.pages end,
      next_run_at = case when p_error is null then c.next_run_at else coalesce(p_retry_at, c.next_run_at) end
    where c.integration_id = v_job.integration_id and c.resource = v_job.resource;
    if p_error is null then
      insert into private.sync_lookback_runs as k (integration_id, resource, depth, next_run_at)
      select v_job.integration_id, b.resource, b.depth, p_now + b.every
      from private.sync_lookbacks b
      where b.resource = v_job.resource and b.depth <= v_job.range_to - v_job.range_from
      on conflict (integration_id, resource, depth) do update set next_run_at = excluded.next_run_at;
      if v_job.resource = 'messages' then
        perform private.settle_unconfirmed(v_job.integration_id, v_job.read_through);
      end if;
    end if;
  end if;

  update public.integrations i set
    last_success_at = case when p_error is null then p_now else i.last_success_at end,
    last_error = c.last_error,
    last_error_at = case when p_error is null and c.last_error is null then null when p_error is null then i.last_error_at else p_now end
  from (
    -- One resource that reads well does not hide another that does not.
    select coalesce(left(p_error, 2000), min(cursor.last_error)) as last_error
    from private.sync_cursors cursor
    where cursor.integration_id = v_job.integration_id
  ) c
  where i.id = v_job.integration_id;
end
$$;
comment on function private.finish_sync_job(uuid, text, text, timestamptz, timestamptz) is
'Ends a job: done without an error, failed with one. A failed scheduled resource is not due again before p_retry_at.';

create function private.sync_job_outcome(p_job_id uuid)
returns table (
  state text, error text, items_new integer, items_changed integer, items_unchanged integer, items_rejected integer, note text,
  run_after timestamptz
)
language sql stable security definer set search_path = '' as $$
  select j.state, j.error, j.items_new, j.items_changed, j.items_unchanged, j.items_rejected, j.note, j.run_after
  from public.sync_jobs j
  where j.id = p_job_id
$$;
comment on function private.sync_job_outcome(uuid) is 'How far a job is, for the one who queued it and waits for its end.';

grant execute on function
  private.extend_lease(uuid, text, timestamptz), private.release_sync_job(uuid, text, timestamptz),
  private.postpone_sync_job(uuid, text, timestamptz, text, timestamptz),
  private.retry_sync_job(uuid, text, timestamptz, text, timestamptz), private.has_due_work(timestamptz),
  private.finish_sync_job(uuid, text, text, timestamptz, timestamptz), private.sync_job_outcome(uuid)
to sync;
