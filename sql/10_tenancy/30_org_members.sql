create table public.org_members (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  user_id uuid not null references public.profiles (user_id) on delete cascade,
  role text not null,
  deactivated_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint role_is_known check (role in ('org_admin', 'manager', 'agent', 'viewer')),
  constraint holding_organization_has_no_members check (org_id <> private.holding_org_id()),
  constraint user_is_a_member_once unique (user_id, org_id),
  unique (org_id, id)
);
comment on table public.org_members is 'A user in an organization, with a role.';
comment on column public.org_members.role is 'org_admin, manager, agent or viewer. Platform admins are not members: they are kept in private.';
comment on column public.org_members.deactivated_at is 'Since when the member sees nothing; the row stays, so that history stays attributable.';

alter table public.org_members enable row level security;
grant select on public.org_members to authenticated;

create trigger tg_org_members__touch before update on public.org_members
for each row execute function private.tg_touch__updated_at();
