create function private.unlisted_calls(
  p_job_id uuid, p_worker text, p_from timestamptz, p_to timestamptz, p_since timestamptz, p_limit integer
) returns setof text
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_integration public.integrations;
begin
  select i.* into v_integration
  from public.sync_jobs j
  join public.integrations i on i.id = j.integration_id
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running';

  return query
  select c.provider_call_id
  from (
    select k.provider_call_id, k.started_at
    from public.phone_numbers n
    cross join lateral (
      select provider_call_id, started_at, deleted_at
      from public.calls
      where phone_number_id = n.id and started_at >= p_from and started_at < p_to
    ) k
    where n.integration_id = v_integration.id and k.deleted_at is null
    union all
    select provider_call_id, started_at
    from public.calls
    where org_id = v_integration.org_id and started_at >= p_from and started_at < p_to
      and integration_id = v_integration.id and phone_number_id is null and deleted_at is null
  ) c
  cross join lateral (
    select max(observed_at) as observed_at
    from private.call_snapshots
    where integration_id = v_integration.id and provider_call_id = c.provider_call_id
  ) stated
  where stated.observed_at < p_since
  order by c.started_at, c.provider_call_id
  limit p_limit;
end
$$;
comment on function private.unlisted_calls(uuid, text, timestamptz, timestamptz, timestamptz, integer) is
'Calls that the history listed earlier, that started in a range which has just been read whole, and that were not in it: deleted upstream, perhaps.';

create function private.apply_missing_calls(
  p_job_id uuid, p_worker text, p_provider_ids text[], p_observed_at timestamptz, p_now timestamptz
) returns integer
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
declare
  v_job public.sync_jobs;
  v_call_ids text[];
  v_written integer;
begin
  select * into v_job from public.sync_jobs j
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running'
  for update;
  if not found then
    raise exception 'Job % is no longer this worker''s.', p_job_id using errcode = 'PT409', detail = 'lease_lost';
  end if;

  insert into private.call_snapshots as s (integration_id, provider_call_id, payload_hash, payload, is_tombstone, observed_at)
  select v_job.integration_id, k.provider_call_id, sha256('deleted upstream'), '{}', true, p_observed_at
  from (
    select distinct g.provider_call_id
    from private.call_snapshots g
    where g.integration_id = v_job.integration_id and g.provider_call_id = any (p_provider_ids)
  ) k
  order by k.provider_call_id
  on conflict (integration_id, provider_call_id, payload_hash)
  do update set observed_at = greatest(s.observed_at, excluded.observed_at);

  v_call_ids := array(select distinct id from unnest(p_provider_ids) id order by id);
  perform private.lock_calls(array_fill(v_job.integration_id, array[cardinality(v_call_ids)]), v_call_ids);
  v_written := private.write_calls(v_job.integration_id, v_call_ids);
  update public.sync_jobs j set items_changed = j.items_changed + v_written, lease_until = p_now + interval '2 minutes'
  where j.id = p_job_id;
  return v_written;
end
$$;
comment on function private.apply_missing_calls(uuid, text, text[], timestamptz, timestamptz) is
'Notes that the provider knows these calls no more, and returns how many rows that changed. They count in no figure from then on, unless they are listed again.';

grant execute on function
  private.unlisted_calls(uuid, text, timestamptz, timestamptz, timestamptz, integer),
  private.apply_missing_calls(uuid, text, text[], timestamptz, timestamptz)
to sync;
