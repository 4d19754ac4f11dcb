create table private.webhook_events (
  id bigint generated always as identity primary key,
  org_id uuid not null references public.organizations (id) on delete restrict,
  integration_id uuid not null references public.integrations (id) on delete restrict,
  dedupe_key text collate "C" not null,
  received_at timestamptz not null,
  status text not null,
  error text,
  payload jsonb,
  unreadable_body text,
  had_nul boolean not null default false,
  event_type text,
  provider_call_id text collate "C",
  direction text,
  kind text,
  is_agent_event boolean not null default false,
  extension text,
  from_number text,
  to_number text,
  occurred_at timestamptz,
  duration_seconds integer,
  recording_url text,
  has_recording boolean not null default false,
  constraint delivery_is_kept_once unique (integration_id, dedupe_key),
  constraint status_is_known check (status in ('applied', 'ignored', 'failed', 'kept')),
  constraint failure_has_a_reason check ((status = 'failed') = (error is not null)),
  constraint kind_is_known check (
    kind in ('arrived', 'ringing', 'stop_ringing', 'connected', 'transferred', 'completed', 'voicemail', 'recording', 'message')
  )
);
comment on table private.webhook_events is
'Every authenticated delivery, with its ApiKey redacted. Payload and arrival change only by erasure or retention, status only through the appliers.';
comment on column private.webhook_events.org_id is 'The organization of the call it tells of, else the integration''s owner.';
comment on column private.webhook_events.dedupe_key is 'The provider''s Guid, or the SHA-256 of the body where there is none.';
comment on column private.webhook_events.status is
'applied, ignored (a type we do not use), failed (see error; replayed when delivered again), kept (the integration is disabled).';
comment on column private.webhook_events.unreadable_body is 'The body where it is JSON that Postgres cannot hold.';
comment on column private.webhook_events.had_nul is 'Whether NUL characters were replaced by U+FFFD.';
comment on column private.webhook_events.recording_url is 'The link to the call''s recording, as told.';
comment on column private.webhook_events.has_recording is 'Whether it tells of a recording, with or without a link.';
comment on column private.webhook_events.occurred_at is
'The provider''s time, unknown outside 30 days before and 5 minutes after arrival.';

create index webhook_events_call_idx on private.webhook_events (integration_id, provider_call_id)
where provider_call_id is not null;
create index webhook_events_org_received_idx on private.webhook_events (org_id, received_at desc);
create index webhook_events_failed_idx on private.webhook_events (integration_id, id) where status in ('failed', 'kept');

alter table private.webhook_events enable row level security;
