create function private.set_archived(p_org_id uuid, p_is_archived boolean) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_platform_admin();
  update public.organizations o
  set archived_at = case when p_is_archived then coalesce(o.archived_at, now()) end
  where o.id = p_org_id and o.id <> private.holding_org_id();
  if not found then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those there are.';
  end if;
end
$$;
comment on function private.set_archived(uuid, boolean) is 'Closes or opens an organization; platform admins only, checked inside.';
grant execute on function private.set_archived(uuid, boolean) to authenticated;

create function public.archive_organization(p_org_id uuid) returns void
language sql set search_path = '' as $$
  select private.set_archived(p_org_id, true)
$$;
comment on function public.archive_organization(uuid) is
'Closes an organization (platform admins): its members and API keys see nothing, pulls stop. Deliveries are kept. Nothing is deleted.

Errors: platform_admin_required, organization_not_found.';

create function public.unarchive_organization(p_org_id uuid) returns void
language sql set search_path = '' as $$
  select private.set_archived(p_org_id, false)
$$;
comment on function public.unarchive_organization(uuid) is
'Opens an archived organization again, as it was (platform admins).

Errors: platform_admin_required, organization_not_found.';
grant execute on function public.archive_organization(uuid), public.unarchive_organization(uuid) to authenticated;
