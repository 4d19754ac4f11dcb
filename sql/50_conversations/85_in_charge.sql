create function private.is_in_charge(p_user_id uuid, p_org_id uuid) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return exists (
    select from public.org_members m
    where m.user_id = p_user_id and m.org_id = p_org_id and m.deactivated_at is null and m.role in ('manager', 'org_admin')
  ) or exists (select from private.platform_admins a where a.user_id = p_user_id);
end
$$;
comment on function private.is_in_charge(uuid, uuid) is
'Whether this user may now have reports sent and rules watched in the organization: a manager, an admin, or one of the operator''s people.';

create function private.owner_problem(p_user_id uuid, p_org_id uuid) returns text
language plpgsql stable set search_path = '' as $$
declare
  v_member public.org_members;
  v_name text;
begin
  if private.is_in_charge(p_user_id, p_org_id) then
    return null;
  end if;
  select m.* into v_member from public.org_members m where m.user_id = p_user_id and m.org_id = p_org_id;
  select coalesce(p.full_name, p.email) into v_name from public.profiles p where p.user_id = p_user_id;
  return case
    when p_user_id is null then 'The account of its owner is gone.'
    when v_member.id is null or v_member.removed_at is not null then format('Its owner, %s, is not in the organization any more.', v_name)
    when v_member.deactivated_at is not null then format('Its owner, %s, was deactivated.', v_name)
    else format('Its owner, %s, is neither a manager nor an admin any more.', v_name)
  end;
end
$$;
comment on function private.owner_problem(uuid, uuid) is
'Why what this user owns in the organization cannot go on, in words; null where it can.';
