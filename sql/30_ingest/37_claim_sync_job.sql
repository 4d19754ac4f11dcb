create function private.claim_sync_job(p_worker text, p_now timestamptz)
returns table (
  job_id uuid, integration_id uuid, organization text, account_type text, resource text, kind text,
  range_from timestamptz, range_to timestamptz, provider_id text, attempt integer
)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_lost public.sync_jobs;
begin
  -- A worker that let its lease run out is gone; its job goes on where it stopped, three times at most.
  for v_lost in
    select * from public.sync_jobs j where j.state = 'running' and j.lease_until < p_now for update skip locked
  loop
    if v_lost.attempt < 3 then
      update public.sync_jobs j set state = 'queued', worker = null, lease_until = null where j.id = v_lost.id;
    else
      perform private.finish_sync_job(
        v_lost.id, v_lost.worker, 'The worker stopped three times in the middle of this job.', null, p_now
      );
    end if;
  end loop;

  -- What is due becomes a job. The cursor's lock keeps two workers from making the same one.
  with due as (
    select
      c.integration_id, c.resource, i.org_id, c.watermark, r.initial_history,
      greatest(r.overlap, (
        select max(b.depth)
        from private.sync_lookbacks b
        left join private.sync_lookback_runs k
          on k.integration_id = c.integration_id and k.resource = b.resource and k.depth = b.depth
        where b.resource = c.resource and (k.next_run_at is null or k.next_run_at <= p_now)
      )) as overlap
    from private.sync_cursors c
    join private.sync_resources r using (resource)
    join public.integrations i on i.id = c.integration_id
    join public.organizations o on o.id = i.org_id
    where c.next_run_at <= p_now and i.disabled_at is null and o.archived_at is null
      and not exists (
        select from public.sync_jobs j
        where j.integration_id = c.integration_id and j.resource = c.resource and j.kind = 'scheduled'
          and j.state in ('queued', 'running')
      )
    for update of c skip locked
  ),
  scheduled as (
    update private.sync_cursors c set next_run_at = p_now + private.planned_pause(c.integration_id, c.resource, p_now)
    from due
    where c.integration_id = due.integration_id and c.resource = due.resource
    returning due.*
  )
  insert into public.sync_jobs (org_id, integration_id, resource, kind, range_from, range_to, run_after, created_at)
  select
    s.org_id, s.integration_id, s.resource, 'scheduled',
    case when s.watermark is null then p_now - s.initial_history else least(s.watermark, p_now) - s.overlap end,
    case when s.initial_history is not null then p_now end,
    p_now, p_now
  from scheduled s
  on conflict do nothing;

  return query
  with next as (
    select
      j.id,
      -- Asked for without a range: what a pass that is due would read.
      case when j.kind = 'requested' and j.range_to is null and r.initial_history is not null
        then case when c.watermark is null then p_now - r.initial_history else least(c.watermark, p_now) - r.overlap end
      end as range_from
    from public.sync_jobs j
    join private.sync_resources r on r.resource = j.resource
    left join private.sync_cursors c on c.integration_id = j.integration_id and c.resource = j.resource
    join public.integrations i on i.id = j.integration_id and i.disabled_at is null
    join public.organizations o on o.id = i.org_id and o.archived_at is null
    where j.state = 'queued' and j.run_after <= p_now
    order by
      array_position(array['test', 'test_delivery', 'requested', 'one', 'scheduled', 'replay', 'backfill'], j.kind),
      -- The numbers and who has which extension first: calls then find their lines and people.
      array_position(array['phone_numbers', 'team', 'calls', 'messages', 'voicemails', 'agent_status', 'contacts'], j.resource),
      j.created_at, j.id
    limit 1
    for update of j skip locked
  )
  update public.sync_jobs j set
    state = 'running', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = j.attempt + 1,
    started_at = coalesce(j.started_at, p_now), error = null, note = null,
    range_from = coalesce(j.range_from, next.range_from), range_to = coalesce(j.range_to, case when next.range_from is not null then p_now end)
  from next, public.integrations i
  where j.id = next.id and i.id = j.integration_id
  returning
    j.id, j.integration_id, private.sealing_context(i.org_id), i.account_type, j.resource, j.kind,
    coalesce(j.read_through, j.range_from), j.range_to, j.provider_id, j.attempt;
end
$$;
comment on function private.claim_sync_job(text, timestamptz) is
'The next job for this worker, with a lease of two minutes: requested work first, then what is due, then backfills. No row: nothing to do.';
grant execute on function private.claim_sync_job(text, timestamptz) to sync;
