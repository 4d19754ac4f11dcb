create table private.outbox_requests (
  id uuid primary key default gen_random_uuid(),
  place bigint generated always as identity,
  integration_id uuid not null references public.integrations (id) on delete cascade,
  line_id uuid not null,
  recipient text collate "C" not null,
  message_id uuid unique references public.messages (id) on delete cascade,
  placed_call_id uuid unique references public.placed_calls (id) on delete cascade,
  state text not null default 'queued',
  attempt integer not null default 0,
  run_after timestamptz not null,
  expires_at timestamptz not null,
  worker text,
  lease_until timestamptz,
  begun_at timestamptz,
  outcome text,
  reason text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint request_is_for_a_message_or_a_call check (num_nonnulls(message_id, placed_call_id) = 1),
  constraint state_is_known check (state in ('queued', 'claimed', 'sending', 'done')),
  constraint outcome_is_known check (outcome in ('sent', 'failed', 'unconfirmed', 'unlisted', 'refused')),
  constraint ended_request_has_an_outcome check ((state = 'done') = (outcome is not null)),
  constraint held_request_has_a_lease check ((state in ('claimed', 'sending')) = (lease_until is not null)),
  constraint request_begins_before_it_is_sent check (begun_at is not null or outcome is null or outcome in ('failed', 'refused')),
  constraint request_without_success_has_a_reason check (outcome is null or outcome = 'sent' or reason is not null)
);
comment on table private.outbox_requests is 'Messages to be sent and calls to be placed. What was begun is never begun again, whoever stops in the middle.';
comment on column private.outbox_requests.place is 'The order in which they were asked for: messages to one recipient go out in it.';
comment on column private.outbox_requests.state is
'queued; claimed (nothing has been sent yet, so another worker may take it over); sending (it may have been, so nobody may); done.';
comment on column private.outbox_requests.outcome is
'sent; failed; unconfirmed (it may have been); unlisted (unconfirmed, and the provider never listed it); refused (before it was queued).';
comment on column private.outbox_requests.begun_at is 'When the worker was about to ask the provider.';
create index outbox_requests_open_idx on private.outbox_requests ((placed_call_id is null), run_after, place) where state <> 'done';
create index outbox_requests_expires_idx on private.outbox_requests (expires_at) where state <> 'done';
create index outbox_requests_lease_idx on private.outbox_requests (lease_until) where state in ('claimed', 'sending');
create index outbox_requests_order_idx on private.outbox_requests (line_id, recipient, place) where state <> 'done';
create index outbox_requests_unconfirmed_idx on private.outbox_requests (integration_id, begun_at) where outcome = 'unconfirmed';
create index outbox_requests_integration_idx on private.outbox_requests (integration_id);

alter table private.outbox_requests enable row level security;
