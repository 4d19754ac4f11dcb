create table private.call_checks (
  integration_id uuid not null references public.integrations (id) on delete cascade,
  provider_call_id text collate "C" not null,
  asked integer not null,
  ask_after timestamptz not null,
  primary key (integration_id, provider_call_id),
  constraint asked_is_positive check (asked > 0)
);
comment on table private.call_checks is
'Calls of which no end was told and which the provider was therefore asked for: how often, and when again if they have not ended by then.';

alter table private.call_checks enable row level security;

create function private.unfinished_calls(p_job_id uuid, p_worker text, p_now timestamptz, p_limit integer) returns setof text
language plpgsql stable security definer set search_path = '' set enable_seqscan = off as $$
begin
  return query
  select c.provider_call_id
  from public.sync_jobs j
  join public.calls c on c.integration_id = j.integration_id
  left join private.call_checks k on k.integration_id = c.integration_id and k.provider_call_id = c.provider_call_id
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running'
    and c.outcome is null and c.deleted_at is null and c.started_at > p_now - interval '30 days'
    -- Nobody waits that long, and few talk that long: most calls end without being asked for.
    and coalesce(
      k.ask_after, case when c.answered_at is null then c.started_at + interval '5 minutes' else c.answered_at + interval '15 minutes' end
    ) <= p_now
  -- Those never asked for first, so that one that is not told does not stand before the others.
  order by coalesce(k.asked, 0), c.started_at desc, c.provider_call_id
  limit p_limit;
end
$$;
comment on function private.unfinished_calls(uuid, text, timestamptz, integer) is
'Calls of the job''s account whose end should have been told by now: the event was lost, perhaps, and the history left them out.';

create function private.note_unfinished_call(
  p_job_id uuid, p_worker text, p_provider_id text, p_is_unknown boolean, p_observed_at timestamptz, p_now timestamptz
) returns boolean
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
declare
  v_integration_id uuid;
begin
  select j.integration_id into v_integration_id
  from public.sync_jobs j
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running'
  for update;
  if not found then
    raise exception 'Job % is no longer this worker''s.', p_job_id using errcode = 'PT409', detail = 'lease_lost';
  end if;
  delete from private.call_checks k where k.integration_id = v_integration_id and k.ask_after < p_now - interval '31 days';
  insert into private.call_checks as k (integration_id, provider_call_id, asked, ask_after)
  values (v_integration_id, p_provider_id, 1, p_now + interval '10 minutes')
  on conflict (integration_id, provider_call_id) do update set
    asked = k.asked + 1, ask_after = p_now + least(interval '10 minutes' * (2 ^ least(k.asked, 6)), interval '6 hours');

  perform private.lock_calls(array[v_integration_id], array[p_provider_id]);
  if not p_is_unknown or not exists (
    select from public.calls c
    where c.integration_id = v_integration_id and c.provider_call_id = p_provider_id
      and c.outcome is null and c.deleted_at is null and c.started_at < p_now - interval '24 hours'
  ) then
    return false;
  end if;
  insert into private.call_snapshots as s (integration_id, provider_call_id, payload_hash, payload, is_tombstone, observed_at)
  values (v_integration_id, p_provider_id, sha256('deleted upstream'), '{}', true, p_observed_at)
  on conflict (integration_id, provider_call_id, payload_hash)
  do update set observed_at = greatest(s.observed_at, excluded.observed_at);
  return private.write_calls(v_integration_id, array[p_provider_id]) > 0;
end
$$;
comment on function private.note_unfinished_call(uuid, text, text, boolean, timestamptz, timestamptz) is
'Notes that the provider was asked for a call in progress, to ask again in 10, 20, 40 minutes, at most 6 hours. One that it does not know a day after its start is over and counts in no figure, unless it is listed one day; true then.';

grant execute on function
  private.unfinished_calls(uuid, text, timestamptz, integer),
  private.note_unfinished_call(uuid, text, text, boolean, timestamptz, timestamptz)
to sync;
