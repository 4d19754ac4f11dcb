create function private.serving_integration_ids(p_org_id uuid) returns setof uuid
language plpgsql stable set search_path = '' as $$
begin
  return query
  select i.id from public.integrations i where i.org_id = p_org_id
  union
  select n.integration_id
  from public.lines l
  join public.phone_numbers n on n.id = l.phone_number_id
  where l.org_id = p_org_id and l.period @> now();
end
$$;
comment on function private.serving_integration_ids(uuid) is 'Accounts that an organization''s calls come from: its own, and those of numbers it has now.';

create function private.try_recordings_again(p_org_id uuid) returns void
language sql set search_path = '' as $$
  update private.recording_sources s set attempt = 0, next_attempt_at = now()
  from public.recordings r
  where r.org_id = p_org_id and r.state in ('waiting', 'failed') and s.recording_id = r.id and s.lease_until is null;
  update public.recordings r set state = 'waiting' where r.org_id = p_org_id and r.state = 'failed'
$$;
comment on function private.try_recordings_again(uuid) is 'Begins anew with the audio of an organization that is missing.';

create function private.request_sync(p_org_id uuid, p_resource text)
returns table (job_id uuid, resource text, state text, created_at timestamptz)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_integration_id uuid;
  v_job_id uuid;
  v_job public.sync_jobs;
  -- A recording's link is told with its call.
  v_resource constant text := case p_resource when 'recordings' then 'calls' else p_resource end;
begin
  if auth.uid() is null then
    perform private.require_scope(p_org_id, 'sync:request');
  else
    perform private.require_role(p_org_id, 'manager', 'org_admin');
  end if;
  if exists (select from public.organizations o where o.id = p_org_id and o.archived_at is not null) then
    raise exception 'The organization is closed.'
      using errcode = 'PT409', detail = 'organization_archived', hint = 'A platform admin can open it again.';
  end if;
  if not exists (select from private.sync_resources r where r.resource = v_resource) then
    raise exception 'There is no resource %.', left(p_resource, 100)
      using errcode = 'PT422', detail = 'resource_unknown', hint =
        'Choose one of ' || (select string_agg(r.resource, ', ' order by r.resource) from private.sync_resources r) || ', recordings.';
  end if;
  if p_resource = 'recordings' then
    perform private.try_recordings_again(p_org_id);
  end if;

  for v_integration_id in
    select i.id
    from public.integrations i
    where i.id in (select private.serving_integration_ids(p_org_id)) and i.disabled_at is null
    order by i.id
    -- Two who ask at once get one job.
    for no key update
  loop
    select * into v_job
    from public.sync_jobs j
    where j.integration_id = v_integration_id and j.kind = 'requested'
      and j.resource = v_resource and (j.state = 'queued' or j.created_at > now() - interval '1 minute')
    order by j.created_at desc
    limit 1;
    if not found then
      v_job_id := private.queue_sync_job(v_integration_id, v_resource, 'requested', null, null, null, now());
      select * into v_job from public.sync_jobs j where j.id = v_job_id;
    end if;
    return query select v_job.id, v_job.resource, v_job.state, v_job.created_at;
  end loop;
  if v_job.id is null then
    raise exception 'No account serves this organization.'
      using errcode = 'PT409', detail = 'no_integration', hint = 'Add an integration, or ask the operator for numbers.';
  end if;
end
$$;
comment on function private.request_sync(uuid, text) is 'Queues a pull for every account that serves an organization; the caller''s right is checked inside.';
grant execute on function private.request_sync(uuid, text) to authenticated, api_reader;

create function public.request_sync(p_org_id uuid, p_resource text default 'calls')
returns table (job_id uuid, resource text, state text, created_at timestamptz)
language sql set search_path = '' as $$
  select * from private.request_sync(p_org_id, p_resource)
$$;
comment on function public.request_sync(uuid, text) is
'Asks for a pull of a resource (calls, messages, voicemails, recordings, contacts, team, agent_status, phone_numbers) from every account that serves an organization (managers, org admins, API keys with sync:request).

Asking again within a minute returns the same jobs. Jobs of the organization''s own accounts are followed in sync_jobs; those of
a platform-wide account tell nothing but that they were asked for: data_through in the figures says when they are done.
Errors: organization_not_found, role_not_sufficient, scope_missing, organization_archived, resource_unknown, no_integration.';
grant execute on function public.request_sync(uuid, text) to authenticated, api_reader;

create function private.request_backfill(p_integration_id uuid, p_resource text, p_from timestamptz, p_to timestamptz) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_integration constant public.integrations := private.lock_my_integration(p_integration_id, 'manager', 'org_admin');
begin
  if v_integration.disabled_at is not null then
    raise exception 'The integration is disabled.'
      using errcode = 'PT409', detail = 'integration_disabled', hint = 'Enable it first.';
  end if;
  if not exists (select from private.sync_resources r where r.resource = p_resource and r.initial_history is not null) then
    raise exception 'There is no resource % with a history.', left(p_resource, 100)
      using errcode = 'PT422', detail = 'resource_unknown', hint = 'Choose calls, messages or voicemails.';
  end if;
  if p_from is null or p_from >= least(p_to, now()) then
    raise exception 'The period must run forward, and begin in the past.'
      using errcode = 'PT422', detail = 'period_reversed', hint = 'Send p_from earlier than p_to and than now.';
  end if;
  if p_from < '2005-01-01 00:00Z' then
    raise exception 'There are no calls from before 2005.'
      using errcode = 'PT422', detail = 'period_too_long', hint = 'Begin when the account did.';
  end if;
  return private.queue_sync_job(p_integration_id, p_resource, 'backfill', p_from, least(p_to, now()), null, now());
end
$$;
comment on function private.request_backfill(uuid, text, timestamptz, timestamptz) is
'Queues the reading of a past range; the caller''s right is checked inside.';
grant execute on function private.request_backfill(uuid, text, timestamptz, timestamptz) to authenticated;

create function public.request_backfill(
  p_integration_id uuid, p_from timestamptz, p_to timestamptz default now(), p_resource text default 'calls'
) returns uuid
language sql set search_path = '' as $$
  select private.request_backfill(p_integration_id, p_resource, p_from, coalesce(p_to, now()))
$$;
comment on function public.request_backfill(uuid, timestamptz, timestamptz, text) is
'Asks for everything of a past range [p_from, p_to) of an account: calls, messages or voicemails; returns the job, which is followed in sync_jobs (managers, org admins, platform admins).

It is done in the background, a day at a time, behind whatever is more urgent and within what the day''s requests leave; note tells when it waits.
Errors: integration_not_found, integration_disabled, resource_unknown, period_reversed, period_too_long.';
grant execute on function public.request_backfill(uuid, timestamptz, timestamptz, text) to authenticated;
