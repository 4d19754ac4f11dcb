create table public.organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  time_zone text not null default 'UTC',
  requires_second_factor boolean not null default false,
  archived_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint name_is_short_and_not_blank check (btrim(name) <> '' and char_length(name) <= 200),
  constraint time_zone_is_known check (private.is_time_zone(time_zone)),
  constraint holding_organization_is_not_archived check (id <> private.holding_org_id() or archived_at is null)
);
comment on table public.organizations is
'A client company. One reserved row, the holding organization, owns what belongs to nobody yet.';
comment on column public.organizations.time_zone is 'IANA name; decides days, hours of day and report periods.';
comment on column public.organizations.requires_second_factor is 'Members read and write only with an aal2 session.';
comment on column public.organizations.archived_at is 'Since when the organization is closed; its members then see nothing.';

alter table public.organizations enable row level security;
grant select on public.organizations to authenticated;

create trigger tg_organizations__touch before update on public.organizations
for each row execute function private.tg_touch__updated_at();
