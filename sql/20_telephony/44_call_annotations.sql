create table public.call_annotations (
  org_id uuid not null,
  call_id uuid not null,
  outcome_code text,
  tags text[] not null default '{}',
  updated_by uuid references public.profiles (user_id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint tags_are_few check (cardinality(tags) <= 20),
  constraint call_annotations_call_fkey foreign key (org_id, call_id)
  references public.calls (org_id, id) on update cascade on delete cascade,
  constraint call_annotations_outcome_code_fkey foreign key (org_id, outcome_code)
  references public.outcome_codes (org_id, code) on update cascade on delete restrict,
  -- The same columns as the key to calls, so that PostgREST embeds one row, not a list; and no second unique index, which two
  -- who annotate a call at once would meet.
  primary key (org_id, call_id)
);
comment on table public.call_annotations is 'The outcome code and the tags that people gave a call; written by annotate_call.';
comment on column public.call_annotations.outcome_code is 'What came of the call; null while nobody said.';
comment on column public.call_annotations.tags is 'In lower case and alphabetical order.';
comment on column public.call_annotations.updated_by is 'The user who said it last.';
create index call_annotations_org_outcome_code_idx on public.call_annotations (org_id, outcome_code);
create index call_annotations_tags_idx on public.call_annotations using gin (tags);
create index call_annotations_updated_by_idx on public.call_annotations (updated_by);

alter table public.call_annotations enable row level security;
grant select on public.call_annotations to authenticated, api_reader;

create policy call_annotations_select_visible on public.call_annotations for select to authenticated
using (
  org_id = any (array(select private.org_ids_read_in_full()))
  or exists (select from public.calls c where c.org_id = call_annotations.org_id and c.id = call_annotations.call_id)
);
comment on policy call_annotations_select_visible on public.call_annotations is 'They are read by whoever reads the call.';

create policy call_annotations_select_api_keys on public.call_annotations for select to api_reader
using (org_id = any (array(select private.api_org_ids('calls:read'))));
comment on policy call_annotations_select_api_keys on public.call_annotations is 'API keys with calls:read.';

create trigger tg_call_annotations__touch before update on public.call_annotations
for each row execute function private.tg_touch__updated_at();
create trigger tg_call_annotations__audit after insert or update or delete on public.call_annotations
for each row execute function private.tg_audit('org_id,call_id');

create function private.tg_calls__leave_annotations() returns trigger
language plpgsql set search_path = '' as $$
begin
  delete from public.call_annotations a where a.org_id = old.org_id and a.call_id = old.id;
  return new;
end
$$;
comment on function private.tg_calls__leave_annotations() is
'As with notes: a call that turns out to be another organization''s goes without what this one said about it.';

create trigger tg_calls__leave_annotations before update on public.calls
for each row when (old.org_id is distinct from new.org_id) execute function private.tg_calls__leave_annotations();
