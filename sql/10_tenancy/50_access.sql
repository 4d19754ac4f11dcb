-- The access helpers: who the caller is, once per statement. Policies call them only as "= any (array(select …))",
-- which the planner evaluates once and turns into an index condition.

create function private.is_platform_admin() returns boolean
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return exists (select from private.platform_admins where user_id = (select auth.uid()));
end
$$;
comment on function private.is_platform_admin() is 'Whether the caller is one of the operator''s people.';

-- Small tables are read by index too: a plan made while they were small is kept when they have grown.
create view private.my_memberships with (security_invoker = true) as
select m.id as member_id, m.org_id, m.role
from public.org_members m
join public.organizations o on o.id = m.org_id
where m.user_id = (select auth.uid())
  and m.deactivated_at is null
  and o.archived_at is null
  and (not o.requires_second_factor or (select auth.jwt() ->> 'aal') = 'aal2');
comment on view private.my_memberships is
'The caller''s memberships that count now: active, of organizations not archived, with a second factor where one is required. For the helpers alone.';

create function private.my_org_ids(variadic p_roles text[]) returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' set enable_seqscan = off as $$
begin
  if exists (select from private.platform_admins a where a.user_id = (select auth.uid())) then
    return query select o.id from public.organizations o;
  else
    return query select m.org_id from private.my_memberships m where m.role = any (p_roles);
  end if;
end
$$;
comment on function private.my_org_ids(text[]) is
'Organizations in which the caller has one of these roles; all of them for a platform admin.';

create function private.org_ids_read_in_full() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' set enable_seqscan = off as $$
begin
  if exists (select from private.platform_admins a where a.user_id = (select auth.uid())) then
    return query select o.id from public.organizations o;
  else
    return query select m.org_id from private.my_memberships m where m.role in ('viewer', 'org_admin');
  end if;
end
$$;
comment on function private.org_ids_read_in_full() is 'Organizations of which the caller reads every call.';

create function private.my_member_ids() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' set enable_seqscan = off as $$
begin
  return query select m.member_id from private.my_memberships m where m.role in ('agent', 'manager');
end
$$;
comment on function private.my_member_ids() is 'The caller''s memberships that read the calls they handled.';

create function private.my_line_ids() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' set enable_seqscan = off as $$
begin
  return query
  select g.line_id
  from private.my_memberships m
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

create function private.my_agent_ids() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return query
  select m.id
  from public.org_members m
  where m.role = 'agent' and m.removed_at is null and m.org_id = any (array(select private.my_org_ids('manager')));
end
$$;
comment on function private.my_agent_ids() is 'Agents of the organizations in which the caller is a manager.';

create function private.my_managed_member_ids() returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return query
  select m.id
  from public.org_members m
  where m.removed_at is null and (
    m.org_id = any (array(select private.my_org_ids('org_admin')))
    or (
      m.id = any (array(select private.my_agent_ids()))
      and not exists (
        select from public.member_lines g
        where g.member_id = m.id and g.line_id <> all (array(select private.my_line_ids()))
      )
    )
  );
end
$$;
comment on function private.my_managed_member_ids() is
'Members whom the caller may deactivate and reactivate: admins all of theirs, managers the agents whose lines are all among their own.';

create function private.api_org_ids(p_scope text default null) returns setof uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return query
  select o.id
  from private.api_keys k
  join public.organizations o on o.id = k.org_id or k.org_id = private.holding_org_id()
  where current_setting('role') = 'api_reader'
    and k.id = nullif(current_setting('victorysync.api_key_id', true), '')::uuid
    and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > now())
    and (p_scope is null or p_scope = any (k.scopes))
    and (o.archived_at is null or k.org_id <> o.id);
end
$$;
comment on function private.api_org_ids(text) is
'Organizations that the API key of this request may read with this scope, or with any; all of them for a platform-wide key.';

create function private.require_role(p_org_id uuid, variadic p_roles text[]) returns void
language plpgsql stable set search_path = '' as $$
begin
  if p_org_id is null or p_org_id <> all (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))) then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those you are a member of.';
  end if;
  if p_org_id <> all (array(select private.my_org_ids(variadic p_roles))) then
    raise exception 'Your role in this organization does not allow it.'
      using errcode = 'PT403', detail = 'role_not_sufficient', hint = 'Ask one of its admins.';
  end if;
end
$$;
comment on function private.require_role(uuid, text[]) is
'Refuses a caller who has none of these roles in the organization; one who is not in it learns nothing about it.';

create function private.require_scope(p_org_id uuid, p_scope text) returns void
language plpgsql stable set search_path = '' as $$
begin
  if p_org_id is null or p_org_id <> all (array(select private.api_org_ids())) then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'The API key is for another one.';
  end if;
  if p_org_id <> all (array(select private.api_org_ids(p_scope))) then
    raise exception 'The API key has not the scope %.', p_scope
      using errcode = 'PT403', detail = 'scope_missing', hint = 'Create a key with this scope.';
  end if;
end
$$;
comment on function private.require_scope(uuid, text) is
'Refuses an API key that is not for this organization, or has not the scope.';

create function private.require_platform_admin() returns void
language plpgsql stable set search_path = '' as $$
begin
  if not private.is_platform_admin() then
    raise exception 'Only platform admins may do this.'
      using errcode = 'PT403', detail = 'platform_admin_required', hint = 'Ask the operator.';
  end if;
end
$$;
comment on function private.require_platform_admin() is 'Refuses everybody but the operator''s people.';

grant execute on function
  private.is_platform_admin(), private.my_org_ids(text[]), private.org_ids_read_in_full(),
  private.my_member_ids(), private.my_line_ids(), private.my_colleague_ids(), private.my_agent_ids(), private.my_managed_member_ids()
to authenticated;
grant execute on function private.require_role(uuid, text[]), private.require_platform_admin() to authenticated;
grant execute on function private.api_org_ids(text), private.require_scope(uuid, text) to authenticated, api_reader;
-- Figures ask for both kinds of callers; each helper tells the other kind nothing.
grant execute on function private.org_ids_read_in_full(), private.my_org_ids(text[]) to api_reader;
