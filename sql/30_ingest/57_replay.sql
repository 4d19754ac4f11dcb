create function private.replay_webhook_event(p_event_id bigint) returns table (status text, error text)
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
begin
  perform from private.webhook_events e
  where e.id = p_event_id and e.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    raise exception 'There is no such event.'
      using errcode = 'PT404', detail = 'webhook_event_not_found', hint = 'See webhook_events for those of your organization.';
  end if;
  perform private.replay_webhook_events(array[p_event_id]);
  return query select e.status, e.error from private.webhook_events e where e.id = p_event_id;
end
$$;
comment on function private.replay_webhook_event(bigint) is 'Applies one event again; the caller''s right is checked inside.';

create function public.replay_webhook_event(p_event_id bigint) returns table (status text, error text)
language sql set search_path = '' as $$
  select * from private.replay_webhook_event(p_event_id)
$$;
comment on function public.replay_webhook_event(bigint) is
'Reads one delivery again and applies it, whatever became of it before, and tells what became of it now (org admins). It never does harm: calls are made of all that is known.

Errors: webhook_event_not_found.';

create function private.queue_replay_job(
  p_integration_id uuid, p_from timestamptz, p_to timestamptz, p_status text, p_now timestamptz
) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_job_id uuid;
begin
  insert into public.sync_jobs (
    org_id, integration_id, resource, kind, range_from, range_to, replay_status, requested_by, run_after, created_at
  )
  select i.org_id, i.id, 'calls', 'replay', p_from, coalesce(p_to, p_now), p_status, auth.uid(), p_now, p_now
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
comment on function private.queue_replay_job(uuid, timestamptz, timestamptz, text, timestamptz) is
'Puts the replay of an integration''s events of a period and a status (null: any) in the queue and wakes the workers.';
grant execute on function private.queue_replay_job(uuid, timestamptz, timestamptz, text, timestamptz) to sync;

create function private.queue_replay(p_integration_id uuid, p_from timestamptz, p_to timestamptz, p_status text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_integration constant public.integrations := private.lock_my_integration(p_integration_id);
begin
  if p_status is not null and p_status not in ('applied', 'ignored', 'failed', 'kept') then
    raise exception 'There is no status %.', left(p_status, 100)
      using errcode = 'PT422', detail = 'status_unknown', hint = 'Choose failed, applied, ignored or kept, or null for all.';
  end if;
  if p_from >= p_to then
    raise exception 'The period must run forward.'
      using errcode = 'PT422', detail = 'period_reversed', hint = 'Send p_from earlier than p_to, or leave one out.';
  end if;
  if v_integration.disabled_at is not null then
    raise exception 'The integration is disabled.'
      using errcode = 'PT409', detail = 'integration_disabled', hint = 'Its deliveries are applied when it is enabled.';
  end if;
  return private.queue_replay_job(p_integration_id, p_from, p_to, p_status, now());
end
$$;
comment on function private.queue_replay(uuid, timestamptz, timestamptz, text) is
'Queues the replay of an integration''s events; the caller''s right is checked inside.';

create function public.replay_webhook_events(
  p_integration_id uuid, p_from timestamptz default null, p_to timestamptz default null, p_status text default 'failed'
) returns uuid
language sql set search_path = '' as $$
  select private.queue_replay(p_integration_id, p_from, p_to, p_status)
$$;
comment on function public.replay_webhook_events(uuid, timestamptz, timestamptz, text) is
'Reads the deliveries of an account again that arrived in [p_from, p_to), the failed ones or those of another status (null: all), and returns the job, which is followed in sync_jobs (org admins, platform admins).

Errors: integration_not_found, status_unknown, period_reversed, integration_disabled.';

grant execute on function
  private.replay_webhook_event(bigint), private.queue_replay(uuid, timestamptz, timestamptz, text)
to authenticated;
grant execute on function
  public.replay_webhook_event(bigint), public.replay_webhook_events(uuid, timestamptz, timestamptz, text)
to authenticated;

create function private.replay_next_events(p_job_id uuid, p_worker text, p_limit integer, p_now timestamptz) returns integer
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
declare
  v_job public.sync_jobs;
  v_event_ids bigint[];
begin
  select * into v_job
  from public.sync_jobs j
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running' and j.kind = 'replay'
  for update;
  if not found then
    raise exception 'Job % is no longer this worker''s.', p_job_id using errcode = 'PT409', detail = 'lease_lost';
  end if;
  v_event_ids := array(
    select e.id
    from private.webhook_events e
    where e.integration_id = v_job.integration_id and e.id > coalesce(v_job.replayed_through, 0)
      and (v_job.replay_status is null or e.status = v_job.replay_status)
      and (v_job.range_from is null or e.received_at >= v_job.range_from)
      and e.received_at < coalesce(v_job.range_to, v_job.created_at)
    order by e.id
    limit p_limit
  );
  if cardinality(v_event_ids) > 0 then
    perform private.replay_webhook_events(v_event_ids);
  end if;
  update public.sync_jobs j set
    replayed_through = greatest(j.replayed_through, v_event_ids[cardinality(v_event_ids)]),
    items_changed = j.items_changed + (
      select count(*) from private.webhook_events e where e.id = any (v_event_ids) and e.status in ('applied', 'ignored')
    ),
    items_rejected = j.items_rejected + (
      select count(*) from private.webhook_events e where e.id = any (v_event_ids) and e.status in ('failed', 'kept')
    ),
    lease_until = p_now + interval '2 minutes'
  where j.id = p_job_id;
  return cardinality(v_event_ids);
end
$$;
comment on function private.replay_next_events(uuid, text, integer, timestamptz) is
'Applies the next events of a replay again, oldest first, and returns how many there were; 0 means that it is done.';
grant execute on function private.replay_next_events(uuid, text, integer, timestamptz) to sync;
