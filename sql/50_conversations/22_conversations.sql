create table public.conversations (
  id uuid primary key,
  org_id uuid not null,
  line_id uuid not null,
  external_number text collate "C" not null,
  owner_id uuid,
  last_message_at timestamptz not null,
  last_inbound_at timestamptz,
  read_through timestamptz,
  unread_count integer not null default 0,
  opted_out_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint unread_is_nonnegative check (unread_count >= 0),
  constraint conversations_line_fkey foreign key (org_id, line_id)
  references public.lines (org_id, id) on update cascade on delete cascade,
  constraint conversations_owner_fkey foreign key (org_id, owner_id)
  references public.org_members (org_id, id) on update cascade on delete set null (owner_id),
  constraint line_has_one_conversation_with_a_number unique (line_id, external_number),
  unique (org_id, id)
);
comment on table public.conversations is 'The messages between a line and a number outside: who cares for them, what is unread, and whether we may write.';
comment on column public.conversations.id is 'UUIDv5 of line and number outside.';
comment on column public.conversations.owner_id is 'The member who cares for it; null while nobody does. Agents and above set it.';
comment on column public.conversations.read_through is
'The created_at of the last message that somebody has read; null to mark all as unread. Agents and above set it, never beyond now.';
comment on column public.conversations.unread_count is 'Inbound messages that came after read_through.';
comment on column public.conversations.opted_out_at is
'Since when the number outside wants no messages (STOP); null where it never said so, or took it back (START).';
create index conversations_org_last_message_idx on public.conversations (org_id, last_message_at desc, id desc);
create index conversations_org_line_idx on public.conversations (org_id, line_id);
create index conversations_org_owner_idx on public.conversations (org_id, owner_id);
create index conversations_org_external_idx on public.conversations (org_id, external_number);

alter table public.conversations enable row level security;
grant select on public.conversations to authenticated, api_reader;
grant update (owner_id, read_through) on public.conversations to authenticated;

create policy conversations_select_agents on public.conversations for select to authenticated
using (org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin'))));
comment on policy conversations_select_agents on public.conversations is 'Agents, managers and admins read their organization''s; viewers read none.';

create policy conversations_update_agents on public.conversations for update to authenticated
using (org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin'))));
comment on policy conversations_update_agents on public.conversations is 'Whoever reads a conversation says who cares for it and what was read.';

create policy conversations_select_api_keys on public.conversations for select to api_reader
using (org_id = any (array(select private.api_org_ids('messages:read'))));
comment on policy conversations_select_api_keys on public.conversations is 'API keys with messages:read.';

create trigger tg_conversations__touch before update on public.conversations
for each row execute function private.tg_touch__updated_at();

create function private.tg_conversations__owner() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.owner_id is distinct from old.owner_id and new.owner_id is not null and not exists (
    select from public.org_members m
    where m.id = new.owner_id and m.org_id = new.org_id and m.removed_at is null and m.deactivated_at is null and m.role <> 'viewer'
  ) then
    raise exception 'There is no such member who could care for a conversation.'
      using errcode = 'PT404', detail = 'member_not_found', hint = 'Choose an active agent, manager or admin of the organization.';
  end if;
  return new;
end
$$;
comment on function private.tg_conversations__owner() is 'Conversations are given to who can read and answer them.';

create trigger tg_conversations__owner before update of owner_id on public.conversations
for each row execute function private.tg_conversations__owner();

create function private.tg_conversations__unread() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Somebody whose clock is ahead has not read what is still to come.
  if new.read_through > now() then
    new.read_through := now();
  end if;
  new.unread_count := (
    select count(*)
    from public.messages m
    where m.conversation_id = new.id and m.direction = 'inbound'
      and (new.read_through is null or m.created_at > new.read_through)
  );
  return new;
end
$$;
comment on function private.tg_conversations__unread() is 'Counts anew what is unread.';

create trigger tg_conversations__unread before update of read_through on public.conversations
for each row execute function private.tg_conversations__unread();
