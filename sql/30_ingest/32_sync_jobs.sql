create table public.sync_jobs (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  integration_id uuid not null,
  resource text not null references private.sync_resources (resource) on delete restrict,
  kind text not null,
  state text not null default 'queued',
  range_from timestamptz,
  range_to timestamptz,
  provider_id text,
  read_through timestamptz,
  items_total integer,
  items_new integer not null default 0,
  items_changed integer not null default 0,
  items_unchanged integer not null default 0,
  items_rejected integer not null default 0,
  pages_read integer not null default 0,
  replay_status text,
  replayed_through bigint,
  note text,
  attempt integer not null default 0,
  error text,
  worker text,
  lease_until timestamptz,
  run_after timestamptz not null default now(),
  requested_by uuid references public.profiles (user_id) on delete set null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  constraint kind_is_known check (kind in ('scheduled', 'requested', 'backfill', 'one', 'test', 'test_delivery', 'replay')),
  constraint state_is_known check (state in ('queued', 'running', 'done', 'failed')),
  constraint range_runs_forward check (range_from < range_to),
  constraint one_names_a_call check ((kind = 'one') = (provider_id is not null)),
  constraint failure_has_a_reason check (state <> 'failed' or error is not null),
  constraint running_job_has_a_lease check ((state = 'running') = (lease_until is not null)),
  constraint sync_jobs_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete cascade
);
comment on table public.sync_jobs is 'One pull from the provider, with its progress and result.';
comment on column public.sync_jobs.kind is
'scheduled (due), requested (by a person), backfill (of a range), one (call), test (of the keys), test_delivery (of our own webhook address), replay (of webhook events).';
comment on column public.sync_jobs.replay_status is 'Of a replay: only events of this status; null: all.';
comment on column public.sync_jobs.replayed_through is 'Of a replay: the last event that was read again.';
comment on column public.sync_jobs.note is 'Why it waits, in words, if it does.';
comment on column public.sync_jobs.read_through is 'Everything of the range before this has been read: where an interrupted job goes on.';
comment on column public.sync_jobs.items_total is 'Expected items, null while unknown.';
comment on column public.sync_jobs.error is 'What went wrong, in words.';

create unique index sync_jobs_one_scheduled_at_a_time_idx on public.sync_jobs (integration_id, resource)
where kind = 'scheduled' and state in ('queued', 'running');
create index sync_jobs_org_created_idx on public.sync_jobs (org_id, created_at desc);
create index sync_jobs_failed_idx on public.sync_jobs (org_id, finished_at desc, id desc) where state = 'failed';
create index sync_jobs_org_integration_idx on public.sync_jobs (org_id, integration_id);
create index sync_jobs_open_idx on public.sync_jobs (run_after) where state in ('queued', 'running');
create index sync_jobs_resource_idx on public.sync_jobs (resource);
create index sync_jobs_requested_by_idx on public.sync_jobs (requested_by);

alter table public.sync_jobs enable row level security;
grant select on public.sync_jobs to authenticated, api_reader;

create policy sync_jobs_select_managers on public.sync_jobs for select to authenticated
using (org_id = any (array(select private.my_org_ids('manager', 'org_admin'))));
comment on policy sync_jobs_select_managers on public.sync_jobs is 'Managers and admins follow the jobs of their organization''s own integrations.';

create policy sync_jobs_select_api_keys on public.sync_jobs for select to api_reader
using (org_id = any (array(select private.api_org_ids('sync:read'))));
comment on policy sync_jobs_select_api_keys on public.sync_jobs is 'API keys with sync:read.';
