set lock_timeout = '5s';

create table public.profiles (
  user_id uuid primary key references auth.users (id) on delete cascade,
  email text,
  full_name text,
  photo_url text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint full_name_is_short check (char_length(full_name) between 1 and 200),
  constraint photo_url_is_https check (photo_url ~ '^https://' and char_length(photo_url) <= 2000)
);
comment on table public.profiles is 'What colleagues see of a person: name, photo and e-mail address.';
comment on column public.profiles.email is 'Copy of the address in Auth, kept by a trigger.';

alter table public.profiles enable row level security;
grant select on public.profiles to authenticated;
grant update (full_name, photo_url) on public.profiles to authenticated;

create trigger tg_profiles__touch before update on public.profiles
for each row execute function private.tg_touch__updated_at();

create function private.tg_users__profile() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.profiles (user_id, email, full_name)
  values (new.id, new.email, nullif(left(btrim(new.raw_user_meta_data ->> 'full_name'), 200), ''))
  on conflict (user_id) do update set email = excluded.email;
  return new;
end
$$;
comment on function private.tg_users__profile() is 'Gives every user of Auth a profile and keeps its e-mail address.';

create trigger tg_users__profile after insert or update of email on auth.users
for each row execute function private.tg_users__profile();

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

insert into public.organizations (id, name) values (private.holding_org_id(), 'Holding (unowned numbers and calls)');

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

create table private.platform_admins (
  user_id uuid primary key references public.profiles (user_id) on delete cascade,
  granted_by uuid references public.profiles (user_id) on delete set null,
  granted_at timestamptz not null default now()
);
comment on table private.platform_admins is 'The operator''s people, who see every organization.';
create index platform_admins_granted_by_idx on private.platform_admins (granted_by);

alter table private.platform_admins enable row level security;

-- The access helpers: who the caller is, once per statement. Policies call them only as "= any (array(select …))",
-- which the planner evaluates once and turns into an index condition.

create function private.is_platform_admin() returns boolean
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return exists (select from private.platform_admins where user_id = (select auth.uid()));
end
$$;
comment on function private.is_platform_admin() is 'Whether the caller is one of the operator''s people.';

create function private.my_memberships() returns table (member_id uuid, org_id uuid, role text)
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return query
  select m.id, m.org_id, m.role
  from public.org_members m
  join public.organizations o on o.id = m.org_id
  where m.user_id = (select auth.uid())
    and m.deactivated_at is null
    and o.archived_at is null
    and (not o.requires_second_factor or (select auth.jwt() ->> 'aal') = 'aal2');
end
$$;
comment on function private.my_memberships() is
'The caller''s memberships that count now: active, of organizations not archived, with a second factor where one is required.';

create function private.my_org_ids(variadic p_roles text[]) returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  if private.is_platform_admin() then
    return query select o.id from public.organizations o;
  else
    return query select m.org_id from private.my_memberships() m where m.role = any (p_roles);
  end if;
end
$$;
comment on function private.my_org_ids(text[]) is
'Organizations in which the caller has one of these roles; all of them for a platform admin.';

create function private.org_ids_read_in_full() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return query select private.my_org_ids('viewer', 'org_admin');
end
$$;
comment on function private.org_ids_read_in_full() is 'Organizations of which the caller reads every call.';

create function private.my_member_ids() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return query select m.member_id from private.my_memberships() m where m.role in ('agent', 'manager');
end
$$;
comment on function private.my_member_ids() is 'The caller''s memberships that read the calls they handled.';

create function private.my_line_ids() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return query
  select g.line_id
  from private.my_memberships() m
  join public.member_lines g on g.member_id = m.member_id
  where m.role in ('agent', 'manager');
end
$$;
comment on function private.my_line_ids() is 'Lines given to the caller as agent or manager.';

create function private.my_colleague_ids() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return query
  select c.user_id
  from public.org_members c
  where c.org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin')));
end
$$;
comment on function private.my_colleague_ids() is 'Users of the organizations whose members the caller may read.';

grant execute on function
  private.is_platform_admin(), private.my_org_ids(text[]), private.org_ids_read_in_full(),
  private.my_member_ids(), private.my_line_ids(), private.my_colleague_ids()
to authenticated;

-- The policies of the tables that the access helpers themselves read.

create policy profiles_select_colleagues on public.profiles for select to authenticated
using (
  user_id = (select auth.uid())
  or user_id = any (array(select private.my_colleague_ids()))
  or (select private.is_platform_admin())
);
comment on policy profiles_select_colleagues on public.profiles is 'One''s own, colleagues'', and all for platform admins.';

create policy profiles_update_self on public.profiles for update to authenticated
using (user_id = (select auth.uid()));
comment on policy profiles_update_self on public.profiles is 'People write their own profile.';

create policy organizations_select_members on public.organizations for select to authenticated
using (id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))));
comment on policy organizations_select_members on public.organizations is 'Members read their own; platform admins all.';

create policy org_members_select_colleagues on public.org_members for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin')))
  or (user_id = (select auth.uid()) and org_id = any (array(select private.my_org_ids('viewer'))))
);
comment on policy org_members_select_colleagues on public.org_members is
'Agents, managers and admins read their organization''s members, viewers themselves.';
