create table public.extensions (
  org_id uuid not null,
  integration_id uuid not null,
  extension text collate "C" not null,
  name text,
  email text,
  listed_since timestamptz not null,
  unlisted_at timestamptz,
  email_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (integration_id, extension),
  constraint extension_is_short_and_not_blank check (btrim(extension) <> '' and char_length(extension) <= 40),
  constraint extensions_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete cascade
);
comment on table public.extensions is
'The team of a MightyCall account as the provider lists it. Who of the members holds an extension is in member_extensions.';
comment on column public.extensions.org_id is 'The integration''s owner.';
comment on column public.extensions.name is 'As the provider names the person; it ties nobody to the extension.';
comment on column public.extensions.listed_since is 'Since when it is listed without interruption.';
comment on column public.extensions.unlisted_at is 'When a complete list was first seen without it; null while it is listed.';
comment on column public.extensions.email_used_at is
'When this e-mail gave the extension to a member. It does so once: what admins say afterwards stands.';
create index extensions_org_integration_idx on public.extensions (org_id, integration_id);

alter table public.extensions enable row level security;
grant select on public.extensions to authenticated, api_reader;

create policy extensions_select_colleagues on public.extensions for select to authenticated
using (org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin'))));
comment on policy extensions_select_colleagues on public.extensions is
'Agents, managers and admins read the team of their organization''s own accounts, platform admins all.';

create policy extensions_select_api_keys on public.extensions for select to api_reader
using (org_id = any (array(select private.api_org_ids('members:read'))));
comment on policy extensions_select_api_keys on public.extensions is 'API keys with members:read.';

create trigger tg_extensions__touch before update on public.extensions
for each row execute function private.tg_touch__updated_at();

create view public.extension_suggestions with (security_invoker = true) as
select
  e.org_id, e.integration_id, e.extension, e.name, e.email, m.id as member_id, p.full_name,
  case when lower(p.email) = lower(e.email) then 'email' else 'name' end as matched_by
from public.extensions e
join public.org_members m on m.org_id = e.org_id and m.deactivated_at is null
join public.profiles p on p.user_id = m.user_id
  and (lower(p.email) = lower(e.email) or lower(btrim(p.full_name)) = lower(btrim(e.name)))
where e.org_id = any (array(select private.my_org_ids('org_admin')))
  and e.unlisted_at is null
  and not exists (
    select from public.member_extensions h
    where h.integration_id = e.integration_id and h.period @> now() and (h.extension = e.extension or h.member_id = m.id)
  );
comment on view public.extension_suggestions is
'Who may be meant by extensions that nobody holds, for admins to confirm with set_member_extension: people choose their names themselves, and an extension gives sight of calls.';
comment on column public.extension_suggestions.matched_by is 'email or name: what the provider''s list and the profile have in common.';
grant select on public.extension_suggestions to authenticated;

create trigger tg_extension_suggestions__refuse_writes instead of insert or update or delete on public.extension_suggestions
for each row execute function private.tg_refuse__writes();
