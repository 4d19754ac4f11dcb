create function private.member_missing() returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'There is no such member, or it is not yours to manage.'
    using errcode = 'PT404', detail = 'member_not_found', hint =
      'Admins manage everybody, managers the agents whose lines are all among their own.';
end
$$;
comment on function private.member_missing() is 'Says that a member cannot be found or managed: the two are not told apart.';

create function private.set_member_role(p_member_id uuid, p_role text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if p_role is null or p_role not in ('org_admin', 'manager', 'agent', 'viewer') then
    raise exception 'There is no role %.', left(p_role, 100)
      using errcode = 'PT422', detail = 'role_unknown', hint = 'Choose org_admin, manager, agent or viewer.';
  end if;
  update public.org_members m set role = p_role
  where m.id = p_member_id and m.removed_at is null and m.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    perform private.member_missing();
  end if;
end
$$;
comment on function private.set_member_role(uuid, text) is 'Gives a member another role; the caller''s right is checked inside.';

create function private.set_members_active(p_member_ids uuid[], p_is_active boolean) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_ids constant uuid[] := array(select distinct id from unnest(p_member_ids) id order by id);
  v_changed integer;
begin
  if not v_ids <@ array(select private.my_managed_member_ids()) then
    perform private.member_missing();
  end if;
  update public.org_members m set deactivated_at = case when not p_is_active then now() end
  where m.id = any (v_ids) and (m.deactivated_at is null) <> p_is_active;
  get diagnostics v_changed = row_count;
  return v_changed;
end
$$;
comment on function private.set_members_active(uuid[], boolean) is
'Deactivates or reactivates members, all of them or none; the caller''s right is checked inside.';

create function private.remove_member(p_member_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
  update public.org_members m set removed_at = now(), deactivated_at = coalesce(m.deactivated_at, now())
  where m.id = p_member_id and m.removed_at is null and m.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    perform private.member_missing();
  end if;
  delete from public.member_lines g where g.member_id = p_member_id;
  delete from public.member_extensions e where e.member_id = p_member_id and lower(e.period) >= now();
  update public.member_extensions e set period = tstzrange(lower(e.period), now())
  where e.member_id = p_member_id and (upper_inf(e.period) or upper(e.period) > now());
end
$$;
comment on function private.remove_member(uuid) is
'Ends a membership, with its lines and extensions; the caller''s right is checked inside.';

grant execute on function
  private.set_member_role(uuid, text), private.set_members_active(uuid[], boolean), private.remove_member(uuid)
to authenticated;

create function public.set_member_role(p_member_id uuid, p_role text) returns void
language sql set search_path = '' as $$
  select private.set_member_role(p_member_id, p_role)
$$;
comment on function public.set_member_role(uuid, text) is
'Gives a member another role (org admins).

Errors: role_unknown, member_not_found, last_org_admin.';

create function public.deactivate_members(p_member_ids uuid[]) returns integer
language sql set search_path = '' as $$
  select private.set_members_active(p_member_ids, false)
$$;
comment on function public.deactivate_members(uuid[]) is
'Deactivates members, all of them or none: from now on they see nothing. Returns how many were active (org admins; managers for agents whose lines are all their own).

Errors: member_not_found, last_org_admin.';

create function public.reactivate_members(p_member_ids uuid[]) returns integer
language sql set search_path = '' as $$
  select private.set_members_active(p_member_ids, true)
$$;
comment on function public.reactivate_members(uuid[]) is
'Lets deactivated members in again, with the role and lines they had. Returns how many were not active (as deactivate_members).

Errors: member_not_found.';

create function public.remove_member(p_member_id uuid) returns void
language sql set search_path = '' as $$
  select private.remove_member(p_member_id)
$$;
comment on function public.remove_member(uuid) is
'Ends a membership (org admins): lines and extensions are given back, what the member did stays theirs. An invitation brings the person back.

Errors: member_not_found, last_org_admin.';

grant execute on function
  public.set_member_role(uuid, text), public.deactivate_members(uuid[]), public.reactivate_members(uuid[]), public.remove_member(uuid)
to authenticated;
