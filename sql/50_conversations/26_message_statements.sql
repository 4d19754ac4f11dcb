create table private.message_statements (
  integration_id uuid not null references public.integrations (id) on delete cascade,
  source text not null,
  statement_key text collate "C" not null,
  message_id uuid references public.messages (id) on delete cascade deferrable initially deferred,
  provider_message_id text collate "C",
  direction text,
  business_number text collate "C",
  external_number text collate "C",
  body text,
  stated_at timestamptz,
  state text,
  state_at timestamptz,
  reason text,
  was_delivered boolean not null default false,
  primary key (integration_id, source, statement_key),
  constraint source_is_known check (source in ('journal', 'event', 'answer')),
  constraint state_is_known check (state in ('received', 'sent', 'delivered', 'failed'))
);
comment on table private.message_statements is
'What the provider says of a message, by where it says it, and which message that is. Its sources may name one message by different ids.';
comment on column private.message_statements.source is 'journal; event (webhooks); answer (to our request to send it).';
comment on column private.message_statements.statement_key is 'The source''s id of the message, or a hash of what it says where it gives none.';
comment on column private.message_statements.message_id is 'Null while an event names a message of which nothing else is known.';
comment on column private.message_statements.was_delivered is 'Whether it was ever stated to be delivered.';
create index message_statements_message_idx on private.message_statements (message_id);
create unique index message_statements_one_of_the_journal_idx on private.message_statements (message_id) where source = 'journal';
create index message_statements_key_idx on private.message_statements (integration_id, statement_key);

alter table private.message_statements enable row level security;
