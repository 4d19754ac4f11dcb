create function private.set_platform_admin(p_user_id uuid, p_is_admin boolean) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_platform_admin();
  if not exists (select from public.profiles p where p.user_id = p_user_id) then
    raise exception 'There is no such user.'
      using errcode = 'PT404', detail = 'user_not_found', hint = 'See users for those there are.';
  end if;
  if p_is_admin then
    insert into private.platform_admins (user_id, granted_by) values (p_user_id, auth.uid()) on conflict do nothing;
    return;
  end if;
  -- Two who revoke each other at once: the second sees what the first has done.
  lock table private.platform_admins in share row exclusive mode;
  delete from private.platform_admins a where a.user_id = p_user_id;
  if not exists (select from private.platform_admins) then
    raise exception 'The platform would be left without an admin.'
      using errcode = 'PT409', detail = 'last_platform_admin', hint = 'Make somebody else a platform admin first.';
  end if;
end
$$;
comment on function private.set_platform_admin(uuid, boolean) is 'Makes somebody one of the operator''s people or ends it; the caller''s right is checked inside.';
grant execute on function private.set_platform_admin(uuid, boolean) to authenticated;

create function public.grant_platform_admin(p_user_id uuid) returns void
language sql set search_path = '' as $$
  select private.set_platform_admin(p_user_id, true)
$$;
comment on function public.grant_platform_admin(uuid) is
'Makes a user a platform admin, who sees every organization (platform admins). The first one is made by "python -m admin grant".

Errors: platform_admin_required, user_not_found.';

create function public.revoke_platform_admin(p_user_id uuid) returns void
language sql set search_path = '' as $$
  select private.set_platform_admin(p_user_id, false)
$$;
comment on function public.revoke_platform_admin(uuid) is
'Ends that a user is a platform admin (platform admins).

Errors: platform_admin_required, user_not_found, last_platform_admin.';

grant execute on function public.grant_platform_admin(uuid), public.revoke_platform_admin(uuid) to authenticated;
