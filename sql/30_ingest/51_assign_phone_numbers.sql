create function private.assign_phone_numbers(
  p_phone_number_ids uuid[], p_org_id uuid, p_from timestamptz, p_until timestamptz, p_label text
)
returns table (phone_number_id uuid, line_id uuid)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_period tstzrange;
  v_number public.phone_numbers;
  v_line_id uuid;
  v_found integer := 0;
  v_call_ids text[];
begin
  perform private.require_platform_admin();
  if p_org_id = private.holding_org_id()
    or not exists (select from public.organizations o where o.id = p_org_id and o.archived_at is null) then
    raise exception 'There is no such organization, or it is archived.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'Choose an organization that is not archived.';
  end if;
  if p_until <= p_from then
    raise exception 'The period must run forward.'
      using errcode = 'PT422', detail = 'period_reversed', hint = 'Send p_from earlier than p_until, or leave p_until out.';
  end if;
  v_period := tstzrange(p_from, p_until);

  -- Calls are written anew below, as set_member_extension does under the account's lock.
  perform from public.integrations i
  where i.id in (select n.integration_id from public.phone_numbers n where n.id = any (p_phone_number_ids))
  order by i.id
  for key share;
  -- Ingest reads lines under "for key share" on the number: no call slips in between.
  for v_number in
    select * from public.phone_numbers n where n.id = any (p_phone_number_ids) order by n.id for update
  loop
    v_found := v_found + 1;
    if v_number.org_id not in (private.holding_org_id(), p_org_id) then
      raise exception 'The number belongs to an account that another organization owns.'
        using errcode = 'PT409', detail = 'number_of_another_account', hint = 'Only numbers of platform-wide accounts move.';
    end if;
    if exists (
      select from public.lines l
      where l.phone_number_id = v_number.id and l.org_id = p_org_id and l.period && v_period
        and coalesce(upper(l.period), 'infinity') > now()
    ) then
      raise exception 'The organization has the number % already.', v_number.e164
        using errcode = 'PT409', detail = 'number_already_assigned', hint = 'Nothing needs to be done for it.';
    end if;
    -- Whoever has it now gives it up from then on; what anybody had before, or is promised, nobody takes.
    if p_from >= now() then
      update public.lines l set period = tstzrange(lower(l.period), p_from)
      where l.phone_number_id = v_number.id and l.period @> p_from and lower(l.period) < p_from;
    end if;
    begin
      insert into public.lines (org_id, phone_number_id, e164, period, label)
      values (p_org_id, v_number.id, v_number.e164, v_period, coalesce(p_label, v_number.label))
      returning id into v_line_id;
    exception when exclusion_violation then
      raise exception 'The number % was, or will be, in an organization''s hands in that period.', v_number.e164
        using errcode = 'PT409', detail = 'period_taken', hint = 'History stays where it is. Choose a later start or an earlier end.';
    end;
    select array_agg(c.provider_call_id) into v_call_ids
    from public.calls c
    where c.phone_number_id = v_number.id and c.started_at >= p_from and (p_until is null or c.started_at < p_until);
    if v_call_ids is not null then
      perform private.write_calls(v_number.integration_id, v_call_ids);
    end if;
    perform private.rehome_voicemails(v_number.id), private.rehome_messages(v_number.id);
    return query select v_number.id, v_line_id;
  end loop;
  if v_found is distinct from (select count(distinct id)::int from unnest(p_phone_number_ids) id) or v_found = 0 then
    raise exception 'There is no such phone number.'
      using errcode = 'PT404', detail = 'phone_number_not_found', hint = 'See phone_numbers for the inventory.';
  end if;
end
$$;
comment on function private.assign_phone_numbers(uuid[], uuid, timestamptz, timestamptz, text) is
'Gives numbers to an organization for a period, all of them or none; the caller''s right is checked inside.';

create function private.withdraw_phone_numbers(p_phone_number_ids uuid[], p_at timestamptz) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_number public.phone_numbers;
  v_found integer := 0;
  v_call_ids text[];
begin
  perform private.require_platform_admin();
  if p_at < now() then
    raise exception 'What an organization had stays its own.'
      using errcode = 'PT409', detail = 'withdrawal_in_the_past', hint = 'Choose now or later.';
  end if;
  perform from public.integrations i
  where i.id in (select n.integration_id from public.phone_numbers n where n.id = any (p_phone_number_ids))
  order by i.id
  for key share;
  for v_number in
    select * from public.phone_numbers n where n.id = any (p_phone_number_ids) order by n.id for update
  loop
    if v_number.org_id <> private.holding_org_id() then
      raise exception 'The number belongs to an account that an organization owns.'
        using errcode = 'PT409', detail = 'number_of_another_account', hint = 'Only numbers of platform-wide accounts move.';
    end if;
    update public.lines l set period = tstzrange(lower(l.period), p_at)
    where l.phone_number_id = v_number.id and l.period @> p_at and lower(l.period) < p_at;
    -- A provider whose clock is ahead may have calls on a line that has not begun.
    update public.calls c set line_id = null
    from public.lines l
    where l.phone_number_id = v_number.id and lower(l.period) >= p_at and c.line_id = l.id;
    delete from public.lines l where l.phone_number_id = v_number.id and lower(l.period) >= p_at;
    select array_agg(c.provider_call_id) into v_call_ids
    from public.calls c
    where c.phone_number_id = v_number.id and c.started_at >= p_at;
    if v_call_ids is not null then
      perform private.write_calls(v_number.integration_id, v_call_ids);
    end if;
    perform private.rehome_voicemails(v_number.id), private.rehome_messages(v_number.id);
    v_found := v_found + 1;
  end loop;
  if v_found is distinct from (select count(distinct id)::int from unnest(p_phone_number_ids) id) or v_found = 0 then
    raise exception 'There is no such phone number.'
      using errcode = 'PT404', detail = 'phone_number_not_found', hint = 'See phone_numbers for the inventory.';
  end if;
  return v_found;
end
$$;
comment on function private.withdraw_phone_numbers(uuid[], timestamptz) is
'Takes numbers back from whoever has them, all of them or none; the caller''s right is checked inside.';

grant execute on function
  private.assign_phone_numbers(uuid[], uuid, timestamptz, timestamptz, text), private.withdraw_phone_numbers(uuid[], timestamptz)
to authenticated;

create function public.assign_phone_numbers(
  p_phone_number_ids uuid[], p_org_id uuid, p_from timestamptz default now(), p_until timestamptz default null, p_label text default null
)
returns table (phone_number_id uuid, line_id uuid)
language sql set search_path = '' as $$
  select * from private.assign_phone_numbers(p_phone_number_ids, p_org_id, coalesce(p_from, now()), p_until, p_label)
$$;
comment on function public.assign_phone_numbers(uuid[], uuid, timestamptz, timestamptz, text) is
'Gives phone numbers to an organization for a period [p_from, p_until), all of them or none, and returns the new lines (platform admins).

Whoever has a number keeps its history up to p_from. A start in the past claims calls that nobody owned; it cannot take what somebody did.
Errors: platform_admin_required, organization_not_found, period_reversed, phone_number_not_found, number_of_another_account, number_already_assigned, period_taken.';

create function public.assign_phone_number(
  p_phone_number_id uuid, p_org_id uuid, p_from timestamptz default now(), p_label text default null
) returns uuid
language sql set search_path = '' as $$
  select line_id from private.assign_phone_numbers(array[p_phone_number_id], p_org_id, coalesce(p_from, now()), null, p_label)
$$;
comment on function public.assign_phone_number(uuid, uuid, timestamptz, text) is
'Gives one phone number to an organization, without end, and returns the new line; otherwise as assign_phone_numbers.

Errors: platform_admin_required, organization_not_found, phone_number_not_found, number_of_another_account, number_already_assigned, period_taken.';

create function public.withdraw_phone_numbers(p_phone_number_ids uuid[], p_at timestamptz default now()) returns integer
language sql set search_path = '' as $$
  select private.withdraw_phone_numbers(p_phone_number_ids, coalesce(p_at, now()))
$$;
comment on function public.withdraw_phone_numbers(uuid[], timestamptz) is
'Takes phone numbers back from p_at on (now), all of them or none, and returns how many (platform admins).

The history stays with who had them; what comes later belongs to nobody, and promises for later are taken back.
Errors: platform_admin_required, withdrawal_in_the_past, phone_number_not_found, number_of_another_account.';

grant execute on function
  public.assign_phone_numbers(uuid[], uuid, timestamptz, timestamptz, text), public.assign_phone_number(uuid, uuid, timestamptz, text),
  public.withdraw_phone_numbers(uuid[], timestamptz)
to authenticated;
