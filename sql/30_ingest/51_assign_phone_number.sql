create function private.assign_phone_number(p_phone_number_id uuid, p_org_id uuid, p_from timestamptz, p_label text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_number public.phone_numbers;
  v_current public.lines;
  v_line_id uuid;
  v_call_ids text[];
begin
  if not private.is_platform_admin() then
    raise exception 'Only platform admins give numbers to organizations.'
      using errcode = 'PT403', detail = 'platform_admin_required', hint = 'Ask the operator.';
  end if;
  if p_org_id = private.holding_org_id()
    or not exists (select from public.organizations o where o.id = p_org_id and o.archived_at is null) then
    raise exception 'There is no such organization, or it is archived.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'Choose an organization that is not archived.';
  end if;

  -- Ingest reads lines under "for key share" on the number: no call slips in between.
  select * into v_number from public.phone_numbers n where n.id = p_phone_number_id for update;
  if not found then
    raise exception 'There is no such phone number.'
      using errcode = 'PT404', detail = 'phone_number_not_found', hint = 'See phone_numbers for the inventory.';
  end if;
  if v_number.org_id not in (private.holding_org_id(), p_org_id) then
    raise exception 'The number belongs to an account that another organization owns.'
      using errcode = 'PT409', detail = 'number_of_another_account', hint = 'Only numbers of platform-wide accounts move.';
  end if;

  select * into v_current from public.lines l where l.phone_number_id = p_phone_number_id and upper_inf(l.period);
  if v_current.org_id = p_org_id then
    raise exception 'The organization has this number already.'
      using errcode = 'PT409', detail = 'number_already_assigned', hint = 'Nothing needs to be done.';
  end if;
  if p_from < now() and exists (
    select from public.lines l where l.phone_number_id = p_phone_number_id and l.period && tstzrange(p_from, greatest(p_from, now()))
  ) then
    raise exception 'The number was in an organization''s hands after %, and its history stays there.', p_from
      using errcode = 'PT409', detail = 'period_taken', hint = 'Choose a later start; now is always possible.';
  end if;

  if v_current.id is not null then
    if lower(v_current.period) >= p_from then
      raise exception 'The number is promised to an organization from %.', lower(v_current.period)
        using errcode = 'PT409', detail = 'period_taken', hint = 'Choose a start after that.';
    end if;
    update public.lines l set period = tstzrange(lower(l.period), p_from) where l.id = v_current.id;
  end if;
  insert into public.lines (org_id, phone_number_id, e164, period, label)
  values (p_org_id, v_number.id, v_number.e164, tstzrange(p_from, null), coalesce(p_label, v_number.label))
  returning id into v_line_id;

  select array_agg(c.provider_call_id) into v_call_ids
  from public.calls c
  where c.phone_number_id = v_number.id and c.started_at >= p_from;
  if v_call_ids is not null then
    perform private.write_calls(v_number.integration_id, v_call_ids);
  end if;
  return v_line_id;
end
$$;
comment on function private.assign_phone_number(uuid, uuid, timestamptz, text) is
'Gives a number to an organization from an instant on; the caller''s right is checked inside.';
grant execute on function private.assign_phone_number(uuid, uuid, timestamptz, text) to authenticated;

create function public.assign_phone_number(
  p_phone_number_id uuid, p_org_id uuid, p_from timestamptz default now(), p_label text default null
) returns uuid
language sql set search_path = '' as $$
  select private.assign_phone_number(p_phone_number_id, p_org_id, coalesce(p_from, now()), p_label)
$$;
comment on function public.assign_phone_number(uuid, uuid, timestamptz, text) is
'Gives a phone number to an organization (platform admins) and returns the new line.

Whoever had the number keeps its history up to p_from. A start in the past claims calls that nobody owned; it cannot take what somebody did.
Errors: platform_admin_required, organization_not_found, phone_number_not_found, number_of_another_account, number_already_assigned, period_taken.';
grant execute on function public.assign_phone_number(uuid, uuid, timestamptz, text) to authenticated;
