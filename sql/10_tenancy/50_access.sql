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
