create table public.saved_views (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references public.profiles (user_id) on delete cascade,
  org_id uuid references public.organizations (id) on delete cascade,
  page text not null,
  name text not null,
  filters jsonb not null default '{}',
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint page_is_a_word check (page ~ '^[a-z][a-z0-9_-]{0,49}$'),
  constraint name_is_short_and_not_blank check (not private.is_blank(name) and char_length(name) <= 100),
  constraint filters_are_an_object_of_moderate_size check (jsonb_typeof(filters) = 'object' and octet_length(filters::text) <= 10000),
  constraint name_is_given_once_a_page unique nulls not distinct (user_id, org_id, page, name),
  constraint page_opens_with_one_view exclude using btree (
    user_id with =, (coalesce(org_id, '00000000-0000-0000-0000-000000000000')) with =, page with =
  ) where (is_default) deferrable initially deferred
);
comment on table public.saved_views is
'Filters of a page that a person keeps under a name; nobody else reads them. They hold no rows: what they show is what the person may see then.

Errors: default_view_ambiguous.';
comment on column public.saved_views.org_id is 'Null: offered whatever organization is chosen.';
comment on column public.saved_views.page is 'The page it is of, as the dashboard calls it: calls, reports-days.';
comment on column public.saved_views.filters is 'As in the page''s address.';
comment on column public.saved_views.is_default is 'The one its page opens with; setting one takes it from the one before.';
create index saved_views_org_idx on public.saved_views (org_id);

alter table public.saved_views enable row level security;
grant select, delete on public.saved_views to authenticated;
grant insert (org_id, page, name, filters, is_default) on public.saved_views to authenticated;
grant update (name, filters, is_default) on public.saved_views to authenticated;

create policy saved_views_select_self on public.saved_views for select to authenticated
using (user_id = (select auth.uid()));
comment on policy saved_views_select_self on public.saved_views is 'One''s own.';

create policy saved_views_insert_self on public.saved_views for insert to authenticated
with check (
  user_id = (select auth.uid())
  and (org_id is null or org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))))
);
comment on policy saved_views_insert_self on public.saved_views is 'One''s own, for organizations one is in.';

create policy saved_views_update_self on public.saved_views for update to authenticated
using (user_id = (select auth.uid()));
comment on policy saved_views_update_self on public.saved_views is 'One''s own.';

create policy saved_views_delete_self on public.saved_views for delete to authenticated
using (user_id = (select auth.uid()));
comment on policy saved_views_delete_self on public.saved_views is 'One''s own.';

create trigger tg_saved_views__touch before update on public.saved_views
for each row execute function private.tg_touch__updated_at();

create function private.tg_saved_views__one_at_a_time() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform from public.profiles p where p.user_id = auth.uid() for no key update;
  return null;
end
$$;
comment on function private.tg_saved_views__one_at_a_time() is
'One after the other, or of two views that a person makes the default at the same moment neither would take it from the other.';

create trigger tg_saved_views__one_at_a_time before insert or update of is_default on public.saved_views
for each statement execute function private.tg_saved_views__one_at_a_time();

create function private.tg_saved_views__one_default() returns trigger
language plpgsql set search_path = '' as $$
begin
  if exists (select from changed c where c.is_default group by c.user_id, c.org_id, c.page having count(*) > 1) then
    raise exception 'A page opens with one view, and several were made its default.'
      using errcode = 'PT422', detail = 'default_view_ambiguous', hint = 'Set is_default on one of them.';
  elsif exists (select from changed c where c.is_default) then
    update public.saved_views v set is_default = false
    from changed c
    where c.is_default and v.is_default and v.id <> c.id
      and v.user_id = c.user_id and v.org_id is not distinct from c.org_id and v.page = c.page;
  end if;
  return null;
end
$$;
comment on function private.tg_saved_views__one_default() is 'A page opens with one view: the one that was made its default last.';

create trigger tg_saved_views__one_default_insert after insert on public.saved_views
referencing new table as changed for each statement execute function private.tg_saved_views__one_default();
create trigger tg_saved_views__one_default_update after update on public.saved_views
referencing new table as changed for each statement execute function private.tg_saved_views__one_default();
