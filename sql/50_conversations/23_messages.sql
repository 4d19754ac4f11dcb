create table public.messages (
  id uuid primary key,
  org_id uuid not null references public.organizations (id) on delete restrict,
  integration_id uuid not null references public.integrations (id) on delete restrict,
  provider_message_id text collate "C",
  phone_number_id uuid references public.phone_numbers (id) on delete restrict,
  line_id uuid,
  conversation_id uuid,
  direction text not null,
  business_number text collate "C" not null,
  external_number text collate "C" not null,
  body text not null,
  segments integer not null generated always as ((private.count_segments(body)).segments) stored,
  keyword text generated always as (case when direction = 'inbound' then private.message_keyword(body) end) stored,
  state text not null,
  failure_reason text,
  sent_at timestamptz not null,
  sent_by uuid references public.profiles (user_id) on delete set null,
  api_key_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint direction_is_known check (direction in ('inbound', 'outbound')),
  constraint state_is_known check (state in ('received', 'queued', 'sending', 'sent', 'delivered', 'failed', 'unconfirmed')),
  constraint inbound_messages_are_received check ((direction = 'inbound') = (state = 'received')),
  constraint external_number_is_short check (char_length(external_number) between 1 and 40),
  constraint body_is_short check (char_length(body) <= 10000),
  constraint messages_line_fkey foreign key (org_id, line_id)
  references public.lines (org_id, id) on update cascade on delete set null (line_id),
  constraint messages_conversation_fkey foreign key (org_id, conversation_id)
  references public.conversations (org_id, id) on update cascade on delete set null (conversation_id),
  unique (org_id, id)
);
comment on table public.messages is
'Text messages, received and sent: a function of what the provider''s journal states, what its events tell, and what we asked it to send.';
comment on column public.messages.provider_message_id is 'Null while it is not known, or where the provider gives none.';
comment on column public.messages.line_id is 'Null while no organization has the number.';
comment on column public.messages.conversation_id is 'Null where there is no line.';
comment on column public.messages.external_number is 'The outside party; a word where it writes under a name instead of a number.';
comment on column public.messages.segments is 'In how many parts it travels, each of which is paid for.';
comment on column public.messages.keyword is 'stop or start where an inbound message is nothing but that.';
comment on column public.messages.state is
'received; or of outbound ones queued, sending, sent, delivered, failed (see failure_reason), unconfirmed (whether it left is not known; it is not sent again).';
comment on column public.messages.failure_reason is 'In the provider''s words where it said any.';
comment on column public.messages.sent_at is 'The provider''s time; until that is known, when we handed it over or were asked to.';
comment on column public.messages.sent_by is 'Who sent it here; null for messages received, sent elsewhere, or by an API key.';
comment on column public.messages.api_key_id is 'The API key that sent it.';
comment on column public.messages.created_at is 'When it came here; what conversations.read_through refers to.';

create index messages_org_sent_idx on public.messages (org_id, sent_at desc, id desc);
create index messages_org_external_idx on public.messages (org_id, external_number, sent_at desc);
create index messages_org_line_idx on public.messages (org_id, line_id);
create index messages_org_conversation_idx on public.messages (org_id, conversation_id);
create index messages_conversation_sent_idx on public.messages (conversation_id, sent_at desc, id desc);
create index messages_conversation_inbound_idx on public.messages (conversation_id, created_at) where direction = 'inbound';
create index messages_conversation_keyword_idx on public.messages (conversation_id, sent_at desc, id desc) where keyword is not null;
create index messages_parties_idx on public.messages (integration_id, business_number, external_number, sent_at);
create index messages_phone_number_idx on public.messages (phone_number_id);
create index messages_sent_by_idx on public.messages (sent_by);

alter table public.messages enable row level security;
grant select on public.messages to authenticated, api_reader;

create policy messages_select_agents on public.messages for select to authenticated
using (org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin'))));
comment on policy messages_select_agents on public.messages is 'Agents, managers and admins read their organization''s; viewers read none.';

create policy messages_select_api_keys on public.messages for select to api_reader
using (org_id = any (array(select private.api_org_ids('messages:read'))));
comment on policy messages_select_api_keys on public.messages is 'API keys with messages:read.';

create trigger tg_messages__touch before update on public.messages
for each row execute function private.tg_touch__updated_at();
