create table public.org_members (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  user_id uuid not null references public.profiles (user_id) on delete cascade,
  role text not null,
  deactivated_at timestamptz,
  removed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint role_is_known check (role in ('org_admin', 'manager', 'agent', 'viewer')),
  constraint removed_member_is_deactivated check (removed_at is null or deactivated_at is not null),
  constraint holding_organization_has_no_members check (org_id <> private.holding_org_id()),
  constraint user_is_a_member_once unique (user_id, org_id),
  unique (org_id, id)
);
comment on table public.org_members is 'A user in an organization, with a role.';
comment on column public.org_members.role is 'org_admin, manager, agent or viewer. Platform admins are not members: they are kept in private.';
comment on column public.org_members.deactivated_at is 'Since when the member sees nothing.';
comment on column public.org_members.removed_at is
'Since when the person belongs to the organization no more; the row stays, so that history stays attributable.';

alter table public.org_members enable row level security;
grant select on public.org_members to authenticated, api_reader;

create trigger tg_org_members__touch before update on public.org_members
for each row execute function private.tg_touch__updated_at();

create function private.tg_org_members__keep_an_admin() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_org_id uuid;
begin
  for v_org_id in
    select distinct o.org_id from old_rows o where o.role = 'org_admin' and o.deactivated_at is null order by o.org_id
  loop
    -- Two who leave at once wait for each other here; the second then sees that the first is gone.
    perform from public.organizations o where o.id = v_org_id for no key update;
    if not exists (
      select from public.org_members m where m.org_id = v_org_id and m.role = 'org_admin' and m.deactivated_at is null
    ) then
      raise exception 'The organization would be left without an admin.'
        using errcode = 'PT409', detail = 'last_org_admin', hint = 'Make somebody else an org_admin first.';
    end if;
  end loop;
  return null;
end
$$;
comment on function private.tg_org_members__keep_an_admin() is 'Keeps the last active org_admin of an organization.';

create trigger tg_org_members__keep_an_admin after update on public.org_members
referencing old table as old_rows
for each statement execute function private.tg_org_members__keep_an_admin();

create trigger tg_org_members__keep_an_admin_on_delete after delete on public.org_members
referencing old table as old_rows
for each statement execute function private.tg_org_members__keep_an_admin();

create trigger tg_org_members__audit after insert or update or delete on public.org_members
for each row execute function private.tg_audit('id');
