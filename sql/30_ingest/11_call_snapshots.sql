create table private.call_snapshots (
  integration_id uuid not null references public.integrations (id) on delete restrict,
  provider_call_id text collate "C" not null,
  payload_hash bytea not null,
  payload jsonb not null,
  is_tombstone boolean not null default false,
  observed_at timestamptz not null,
  primary key (integration_id, provider_call_id, payload_hash)
);
comment on table private.call_snapshots is
'What the provider''s history stated about a call: one row per distinct statement, with the last time it was observed.';
comment on column private.call_snapshots.is_tombstone is 'The statement that the call is listed no more.';

alter table private.call_snapshots enable row level security;
