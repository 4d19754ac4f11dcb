create table public.contact_numbers (
  org_id uuid not null,
  contact_id uuid not null,
  number text collate "C" not null,
  name text,
  is_own boolean not null,
  created_at timestamptz not null default now(),
  primary key (contact_id, number),
  constraint number_is_a_phone_number check (number ~ '^\+?[0-9]{3,15}$'),
  constraint contact_numbers_contact_fkey foreign key (org_id, contact_id)
  references public.contacts (org_id, id) on update cascade on delete cascade
);
comment on table public.contact_numbers is
'Under which numbers the contacts that count are reached. It follows from contacts: the organization''s own list of numbers, else the provider''s.';
comment on column public.contact_numbers.name is 'The contact''s, so that a name beside a number is found in one step.';
comment on column public.contact_numbers.is_own is 'Whether the name is the organization''s own word.';
create index contact_numbers_org_number_idx on public.contact_numbers (org_id, number) include (name, is_own);
create index contact_numbers_org_contact_idx on public.contact_numbers (org_id, contact_id);

alter table public.contact_numbers enable row level security;
grant select on public.contact_numbers to authenticated, api_reader;

create policy contact_numbers_select_members on public.contact_numbers for select to authenticated
using (org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))));
comment on policy contact_numbers_select_members on public.contact_numbers is 'Members read their organization''s, platform admins all.';

create policy contact_numbers_select_api_keys on public.contact_numbers for select to api_reader
using (org_id = any (array(select private.api_org_ids('contacts:read'))));
comment on policy contact_numbers_select_api_keys on public.contact_numbers is 'API keys with contacts:read.';

create function private.tg_contacts__numbers() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_numbers constant text[] := case when new.is_shown then coalesce(new.own_numbers, new.provider_numbers) else '{}' end;
begin
  if tg_op = 'UPDATE' then
    delete from public.contact_numbers n where n.contact_id = new.id and n.number <> all (v_numbers);
  end if;
  insert into public.contact_numbers as n (org_id, contact_id, number, name, is_own)
  select new.org_id, new.id, number, new.name, new.own_name is not null
  from unnest(v_numbers) number
  order by number
  on conflict (contact_id, number) do update set name = excluded.name, is_own = excluded.is_own
  where (n.name, n.is_own) is distinct from (excluded.name, excluded.is_own);
  return null;
end
$$;
comment on function private.tg_contacts__numbers() is 'Keeps contact_numbers what contacts say.';

create trigger tg_contacts__numbers_of_new after insert on public.contacts
for each row execute function private.tg_contacts__numbers();
create trigger tg_contacts__numbers_of_changed after update on public.contacts
for each row when (
  (old.is_shown, old.name, old.own_name, old.own_numbers, old.provider_numbers)
  is distinct from (new.is_shown, new.name, new.own_name, new.own_numbers, new.provider_numbers)
)
execute function private.tg_contacts__numbers();
