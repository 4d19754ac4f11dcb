create table private.call_snapshots (
  integration_id uuid not null references public.integrations (id) on delete restrict,
  provider_call_id text collate "C" not null,
  payload_hash bytea not null,
  payload jsonb not null,
  is_tombstone boolean not null default false,
  observed_at timestamptz not null,
  direction text,
  provider_status text,
  business_number text,
  external_number text,
  external_name text,
  started_at timestamptz,
  duration_seconds integer,
  legs jsonb,
  recording_url text,
  has_recording boolean not null default false,
  primary key (integration_id, provider_call_id, payload_hash)
)
-- Every pass that reads a call again moves observed_at.
with (fillfactor = 80);
comment on table private.call_snapshots is
'What the provider''s history stated about a call: one row per distinct statement, with the last time it was observed and what was read from it.';
comment on column private.call_snapshots.is_tombstone is 'The statement that the call is listed no more.';
comment on column private.call_snapshots.recording_url is 'The link to its recording, as stated.';
comment on column private.call_snapshots.has_recording is 'Whether it says that there is a recording, with or without a link.';
comment on column private.call_snapshots.legs is 'The agents it names: [{"extension", "name", "is_connected"}], one per extension; null where it names none.';

alter table private.call_snapshots enable row level security;
