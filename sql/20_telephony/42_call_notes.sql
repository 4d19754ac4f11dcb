create table public.call_notes (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  call_id uuid not null,
  body text not null,
  author uuid default auth.uid() references public.profiles (user_id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint body_is_short_and_not_blank check (not private.is_blank(body) and char_length(body) <= 4000),
  constraint call_notes_call_fkey foreign key (org_id, call_id)
  references public.calls (org_id, id) on update cascade on delete cascade
);
comment on table public.call_notes is 'What people wrote about a call. Changed and removed by who wrote it.';
comment on column public.call_notes.author is 'The user who wrote it; null when their account was deleted.';
create index call_notes_org_call_idx on public.call_notes (org_id, call_id);
create index call_notes_org_created_idx on public.call_notes (org_id, created_at desc, id desc);
create index call_notes_author_idx on public.call_notes (author);

alter table public.call_notes enable row level security;
grant select, delete on public.call_notes to authenticated;
grant select on public.call_notes to api_reader;
grant insert (org_id, call_id, body) on public.call_notes to authenticated;
grant update (body) on public.call_notes to authenticated;

create policy call_notes_select_visible on public.call_notes for select to authenticated
using (
  org_id = any (array(select private.org_ids_read_in_full()))
  or exists (select from public.calls c where c.org_id = call_notes.org_id and c.id = call_notes.call_id)
);
comment on policy call_notes_select_visible on public.call_notes is 'A note is read by whoever reads its call.';

create policy call_notes_insert_visible on public.call_notes for insert to authenticated
with check (
  org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin')))
  and exists (select from public.calls c where c.org_id = call_notes.org_id and c.id = call_notes.call_id)
);
comment on policy call_notes_insert_visible on public.call_notes is
'Agents, managers and admins write about the calls they read, viewers about none.';

create policy call_notes_update_author on public.call_notes for update to authenticated
using (
  author = (select auth.uid())
  and org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin')))
  and exists (select from public.calls c where c.org_id = call_notes.org_id and c.id = call_notes.call_id)
);
comment on policy call_notes_update_author on public.call_notes is 'One''s own, while one may write about the call.';

create policy call_notes_delete_author on public.call_notes for delete to authenticated
using (
  author = (select auth.uid())
  and org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin')))
  and exists (select from public.calls c where c.org_id = call_notes.org_id and c.id = call_notes.call_id)
);
comment on policy call_notes_delete_author on public.call_notes is 'One''s own, while one may write about the call.';

create policy call_notes_select_api_keys on public.call_notes for select to api_reader
using (org_id = any (array(select private.api_org_ids('calls:read'))));
comment on policy call_notes_select_api_keys on public.call_notes is 'API keys with calls:read.';

create trigger tg_call_notes__touch before update on public.call_notes
for each row execute function private.tg_touch__updated_at();
create trigger tg_call_notes__audit after insert or update or delete on public.call_notes
for each row execute function private.tg_audit('id');

create function private.tg_calls__leave_notes() returns trigger
language plpgsql set search_path = '' as $$
begin
  delete from public.call_notes n where n.org_id = old.org_id and n.call_id = old.id;
  return new;
end
$$;
comment on function private.tg_calls__leave_notes() is
'What one organization wrote about a call is never read by another: a call that turns out to be somebody else''s goes without its notes, which stay in the trail of who wrote them.';

create trigger tg_calls__leave_notes before update on public.calls
for each row when (old.org_id is distinct from new.org_id) execute function private.tg_calls__leave_notes();
