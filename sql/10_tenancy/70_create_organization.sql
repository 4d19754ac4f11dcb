create function private.create_organization(p_name text, p_time_zone text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_user_id constant uuid := auth.uid();
  v_rule text;
  v_org_id uuid;
begin
  -- Two tabs that ask at once: the second finds what the first has made.
  perform from public.profiles p where p.user_id = v_user_id for no key update;
  if not found then
    raise exception 'There is no such user.'
      using errcode = 'PT403', detail = 'organization_creation_denied', hint = 'Sign in first.';
  end if;
  select s.organization_creation into v_rule from public.platform_settings s;
  if not private.is_platform_admin() and (
    v_rule = 'platform_admins'
    or (
      exists (select from public.org_members m where m.user_id = v_user_id and m.removed_at is null)
      and (v_rule = 'first' or not exists (select from private.my_memberships m where m.role = 'org_admin'))
    )
  ) then
    raise exception 'You cannot create an organization here.'
      using errcode = 'PT403', detail = 'organization_creation_denied', hint = 'Ask the operator to create it for you.';
  end if;

  insert into public.organizations (name, time_zone)
  values (btrim(coalesce(p_name, '')), coalesce(p_time_zone, 'UTC'))
  returning id into v_org_id;
  -- The operator's people see every organization as it is, and invite its admin.
  if not private.is_platform_admin() then
    insert into public.org_members (org_id, user_id, role) values (v_org_id, v_user_id, 'org_admin');
  end if;
  return v_org_id;
end
$$;
comment on function private.create_organization(text, text) is 'Creates an organization as the platform''s settings allow; the caller''s right is checked inside.';
grant execute on function private.create_organization(text, text) to authenticated;

create function public.create_organization(p_name text, p_time_zone text default 'UTC') returns uuid
language sql set search_path = '' as $$
  select private.create_organization(p_name, p_time_zone)
$$;
comment on function public.create_organization(text, text) is
'Creates an organization and makes the caller its org_admin, unless the caller is a platform admin. Returns its id.

Who belongs to none may create the first; more are created by platform admins, or by org admins where the platform''s settings say so.
Errors: organization_creation_denied, name_invalid, time_zone_unknown.';
grant execute on function public.create_organization(text, text) to authenticated;
