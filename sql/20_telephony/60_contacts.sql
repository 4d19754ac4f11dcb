create table public.contacts (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  integration_id uuid,
  provider_contact_id text collate "C",
  provider_name text,
  provider_company text,
  provider_email text,
  provider_numbers text[] not null default '{}',
  own_name text,
  own_company text,
  own_email text,
  own_numbers text[],
  note text,
  name text generated always as (coalesce(own_name, provider_name)) stored,
  company text generated always as (coalesce(own_company, provider_company)) stored,
  email text generated always as (coalesce(own_email, provider_email)) stored,
  removed_at timestamptz,
  unlisted_at timestamptz,
  is_shown boolean not null generated always as (
    removed_at is null and (
      unlisted_at is null
      or own_name is not null or own_company is not null or own_email is not null or own_numbers is not null or note is not null
    )
  ) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint provider_and_its_id_go_together check ((integration_id is null) = (provider_contact_id is null)),
  constraint own_name_is_short_and_not_blank check (not private.is_blank(own_name) and char_length(own_name) <= 200),
  constraint own_company_is_short_and_not_blank check (not private.is_blank(own_company) and char_length(own_company) <= 200),
  constraint own_email_is_an_address check (private.is_email(own_email)),
  constraint note_is_short_and_not_blank check (not private.is_blank(note) and char_length(note) <= 4000),
  constraint contact_is_known_once_per_integration unique (integration_id, provider_contact_id),
  constraint contacts_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete restrict,
  unique (org_id, id)
);
comment on table public.contacts is
'People outside. What the provider states and what the organization says are kept apart: the provider never overwrites an edit. Written by save_contact and remove_contact.';
comment on column public.contacts.id is 'For a contact of the provider''s a UUIDv5 of integration and its id: reading it again gives the same id.';
comment on column public.contacts.org_id is 'A contact of a platform-wide account belongs to the holding organization.';
comment on column public.contacts.integration_id is 'Null for a contact that the organization made itself.';
comment on column public.contacts.own_numbers is 'The organization''s own list, instead of the provider''s; null where it has not edited it.';
comment on column public.contacts.name is 'As the organization says, else as the provider does.';
comment on column public.contacts.company is 'As the organization says, else as the provider does.';
comment on column public.contacts.email is 'As the organization says, else as the provider does.';
comment on column public.contacts.removed_at is 'When the organization removed it; the provider''s list does not bring it back, save_contact does.';
comment on column public.contacts.unlisted_at is 'When a complete list of the provider''s was first seen without it; null while it is listed.';
comment on column public.contacts.is_shown is
'Whether it counts: not removed, and listed by the provider or said something about by the organization. Filter by is_shown=is.true.';
create index contacts_org_name_idx on public.contacts (org_id, name, id) where is_shown;
create index contacts_org_integration_idx on public.contacts (org_id, integration_id);

alter table public.contacts enable row level security;
grant select on public.contacts to authenticated, api_reader;

create policy contacts_select_members on public.contacts for select to authenticated
using (org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))));
comment on policy contacts_select_members on public.contacts is 'Members read their organization''s, platform admins all.';

create policy contacts_select_api_keys on public.contacts for select to api_reader
using (org_id = any (array(select private.api_org_ids('contacts:read'))));
comment on policy contacts_select_api_keys on public.contacts is 'API keys with contacts:read.';

create trigger tg_contacts__touch before update on public.contacts
for each row execute function private.tg_touch__updated_at();
-- What the provider states is no deed of anybody's.
create trigger tg_contacts__audit_new after insert on public.contacts
for each row when (new.integration_id is null) execute function private.tg_audit('id');
create trigger tg_contacts__audit
after delete or update of own_name, own_company, own_email, own_numbers, note, removed_at on public.contacts
for each row execute function private.tg_audit('id');
