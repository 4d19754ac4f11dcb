create function private.claim_recording(p_worker text, p_now timestamptz)
returns table (
  recording_id uuid, integration_id uuid, organization text, account_type text, kind text, provider_call_id text, url text,
  attempt integer
)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with next as (
    select s.recording_id
    from public.recordings r
    join private.recording_sources s on s.recording_id = r.id
    join public.integrations i on i.id = r.integration_id and i.disabled_at is null
    join public.organizations o on o.id = r.org_id and o.archived_at is null
    where r.state = 'waiting' and s.next_attempt_at <= p_now and (s.lease_until is null or s.lease_until <= p_now)
      -- Without a link there is nothing to fetch but, for a call, the call again.
      and (s.url is not null or r.kind = 'call')
    -- What was recorded last is what people ask for first.
    order by r.started_at desc, r.id
    limit 1
    for update of s skip locked
  )
  update private.recording_sources s
  set worker = p_worker, lease_until = p_now + interval '10 minutes', attempt = s.attempt + 1, has_object = true
  from next, public.recordings r
  join public.integrations i on i.id = r.integration_id
  left join public.calls c on c.org_id = r.org_id and c.id = r.call_id
  where s.recording_id = next.recording_id and r.id = next.recording_id
  returning s.recording_id, i.id, private.sealing_context(i.org_id), i.account_type, r.kind, c.provider_call_id, s.url, s.attempt;
end
$$;
comment on function private.claim_recording(text, timestamptz) is
'The next recording whose audio this worker should fetch, with a lease of ten minutes. No row: nothing to do.';

create function private.recording_link(p_recording_id uuid, p_worker text) returns text
language sql stable security definer set search_path = '' as $$
  select s.url from private.recording_sources s where s.recording_id = p_recording_id and s.worker = p_worker
$$;
comment on function private.recording_link(uuid, text) is
'The link of a recording that this worker fetches, as it is known now; null where there is none, or it went to another worker.';

create function private.finish_recording(
  p_recording_id uuid, p_worker text, p_outcome text, p_reason text, p_content_type text, p_size_bytes bigint, p_sha256 bytea,
  p_now timestamptz
) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_pauses constant interval[] := array['1 minute', '5 minutes', '15 minutes', '1 hour', '4 hours', '12 hours', '24 hours'];
  v_attempt integer;
  v_is_last boolean;
begin
  select s.attempt into v_attempt
  from private.recording_sources s
  where s.recording_id = p_recording_id and s.worker = p_worker
  for update;
  if not found then
    return false;
  end if;
  v_is_last := p_outcome = 'failed' or (p_outcome = 'retry' and v_attempt > cardinality(v_pauses));

  -- One deleted while it was being fetched stays deleted; its object is removed afterwards.
  update public.recordings r set
    state = case when p_outcome = 'stored' then 'stored' when v_is_last then 'failed' else 'waiting' end,
    reason = case when p_outcome <> 'stored' then left(coalesce(p_reason, 'no reason was given'), 2000) end,
    content_type = p_content_type, size_bytes = p_size_bytes, sha256 = p_sha256,
    stored_at = case when p_outcome = 'stored' then p_now end
  where r.id = p_recording_id and r.state = 'waiting';

  update private.recording_sources s set
    worker = null, lease_until = null,
    next_attempt_at = p_now + case when p_outcome = 'retry' and not v_is_last then v_pauses[v_attempt] else interval '0' end
  where s.recording_id = p_recording_id;
  return true;
end
$$;
comment on function private.finish_recording(uuid, text, text, text, text, bigint, bytea, timestamptz) is
'Ends the fetching of a recording: stored, failed for good, or to be tried again (in 1, 5, 15 minutes, 1, 4, 12, 24 hours; then it failed). False when it went to another worker.';

create function private.release_recording(p_recording_id uuid, p_worker text, p_run_after timestamptz) returns void
language sql security definer set search_path = '' as $$
  update private.recording_sources set worker = null, lease_until = null, attempt = greatest(attempt - 1, 0), next_attempt_at = p_run_after
  where recording_id = p_recording_id and worker = p_worker
$$;
comment on function private.release_recording(uuid, text, timestamptz) is
'Gives a recording back untried, for instance for want of requests today; the attempt does not count.';

create function private.claim_recording_removal(p_worker text, p_now timestamptz) returns table (recording_id uuid)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
  update public.recordings r set
    state = 'deleted', deleted_at = p_now,
    reason = format('kept for %s days', case r.kind when 'call' then t.recording_days else t.voicemail_days end)
  from public.retention_settings t
  where t.org_id = r.org_id and r.state <> 'deleted' and not r.is_held
    and r.started_at < p_now - make_interval(days => case r.kind when 'call' then t.recording_days else t.voicemail_days end);

  return query
  with next as (
    select s.recording_id
    from private.recording_sources s
    join public.recordings r on r.id = s.recording_id and r.state = 'deleted'
    where s.has_object and s.next_attempt_at <= p_now and (s.lease_until is null or s.lease_until <= p_now)
    order by s.next_attempt_at, s.recording_id
    limit 1
    for update of s skip locked
  )
  update private.recording_sources s set worker = p_worker, lease_until = p_now + interval '2 minutes'
  from next
  where s.recording_id = next.recording_id
  returning s.recording_id;
end
$$;
comment on function private.claim_recording_removal(text, timestamptz) is
'Deletes what has been kept for its time and is not held, and gives this worker the next recording whose object Storage should remove.';

create function private.finish_recording_removal(p_recording_id uuid, p_worker text, p_error text, p_now timestamptz) returns void
language sql security definer set search_path = '' as $$
  update private.recording_sources set
    worker = null, lease_until = null, has_object = p_error is not null, next_attempt_at = p_now + interval '15 minutes'
  where recording_id = p_recording_id and worker = p_worker
$$;
comment on function private.finish_recording_removal(uuid, text, text, timestamptz) is
'The object is gone; with an error it is tried again in a quarter of an hour.';

create function private.apply_one_call(p_integration_id uuid, p_item text, p_observed_at timestamptz) returns text
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
declare
  v_payload constant jsonb := private.parse_json(private.without_nul(p_item));
  v_result record;
begin
  if v_payload is null then
    return 'The item is not JSON that Postgres can hold.';
  end if;
  select * into v_result from private.apply_calls(p_integration_id, array[v_payload], p_observed_at);
  return v_result.rejection_reasons[1];
end
$$;
comment on function private.apply_one_call(uuid, text, timestamptz) is
'Merges one call that was read again for the link of its recording; returns why it could not be, or null.';

grant execute on function
  private.claim_recording(text, timestamptz),
  private.finish_recording(uuid, text, text, text, text, bigint, bytea, timestamptz),
  private.recording_link(uuid, text), private.release_recording(uuid, text, timestamptz),
  private.claim_recording_removal(text, timestamptz),
  private.finish_recording_removal(uuid, text, text, timestamptz), private.apply_one_call(uuid, text, timestamptz)
to sync;
