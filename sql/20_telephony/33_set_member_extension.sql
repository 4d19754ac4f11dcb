create function private.set_member_extension(p_member_id uuid, p_integration_id uuid, p_extension text, p_from timestamptz) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_org_id uuid;
  v_id uuid;
begin
  select m.org_id into v_org_id
  from public.org_members m
  where m.id = p_member_id and m.removed_at is null and m.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    perform private.member_missing();
  end if;
  -- On an account of the platform's the operator says who has which extension. Calls are written under "for key share" on
  -- the account: either they see the new holder, or they are found below.
  perform from public.integrations i
  where i.id = p_integration_id and (i.org_id = v_org_id or (i.org_id = private.holding_org_id() and private.is_platform_admin()))
  for update;
  if not found then
    raise exception 'There is no such integration.'
      using errcode = 'PT404', detail = 'integration_not_found', hint = 'See integrations; on a platform-wide account the operator sets extensions.';
  end if;
  if p_extension is not null and (btrim(p_extension) = '' or char_length(p_extension) > 40) then
    raise exception 'An extension has 1 to 40 characters.'
      using errcode = 'PT422', detail = 'extension_invalid', hint = 'Leave p_extension out to take the extension away.';
  end if;

  delete from public.member_extensions e
  where e.member_id = p_member_id and e.integration_id = p_integration_id and lower(e.period) >= p_from;
  update public.member_extensions e set period = tstzrange(lower(e.period), p_from)
  where e.member_id = p_member_id and e.integration_id = p_integration_id and e.period @> p_from;
  if p_extension is not null then
    begin
      insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
      values (v_org_id, p_member_id, p_integration_id, btrim(p_extension), tstzrange(p_from, null))
      returning id into v_id;
    exception when exclusion_violation then
      raise exception 'Somebody else has this extension in that time.'
        using errcode = 'PT409', detail = 'extension_taken', hint = 'Take it away from them first, or choose a later start.';
    end;
  end if;

  perform private.attribute_extensions(p_integration_id, array[p_member_id], array[btrim(p_extension)], p_from);
  return v_id;
end
$$;
comment on function private.set_member_extension(uuid, uuid, text, timestamptz) is
'Says which extension a member has from an instant on, and names legs, voicemails and statuses since then anew; the caller''s right is checked inside.';
grant execute on function private.set_member_extension(uuid, uuid, text, timestamptz) to authenticated;

create function public.set_member_extension(
  p_member_id uuid, p_integration_id uuid, p_extension text default null, p_from timestamptz default now()
) returns uuid
language sql set search_path = '' as $$
  select private.set_member_extension(p_member_id, p_integration_id, p_extension, coalesce(p_from, now()))
$$;
comment on function public.set_member_extension(uuid, uuid, text, timestamptz) is
'Gives a member an extension of a MightyCall account from p_from on (now), instead of the one they had; without p_extension it takes it away.

Org admins on their organization''s own accounts, platform admins on all. What the member handled since p_from is attributed anew.
Errors: member_not_found, integration_not_found, extension_invalid, extension_taken.';
grant execute on function public.set_member_extension(uuid, uuid, text, timestamptz) to authenticated;
