create function private.change_missed_caller(p_org_id uuid, p_external_number text, p_changes jsonb, p_now timestamptz)
returns public.missed_caller_work
language plpgsql security definer set search_path = '' as $$
declare
  v_caller record;
  v_work public.missed_caller_work;
  v_member_id uuid;
  v_owner_id uuid;
  v_note text;
  v_outcome_code text;
  v_until timestamptz;
begin
  perform private.require_role(p_org_id, 'agent', 'manager', 'org_admin');
  -- Two who begin at once begin the same.
  perform pg_advisory_xact_lock(hashtextextended('missed_caller:' || p_org_id::text || p_external_number, 0));
  -- Without a number all would be meant.
  select * into v_caller from private.missed_callers_of(p_org_id, coalesce(p_external_number, ''));
  if not found then
    raise exception 'Nobody of this number is waiting to be reached.'
      using errcode = 'PT404', detail = 'missed_caller_not_found', hint = 'See missed_callers for those there are on your lines.';
  end if;
  if v_caller.work_id is null then
    insert into public.missed_caller_work (org_id, external_number, missed_at, updated_by)
    values (p_org_id, p_external_number, v_caller.first_missed_at, auth.uid())
    on conflict (org_id, external_number, missed_at) do update set updated_by = excluded.updated_by
    returning * into v_work;
  else
    select * into v_work from public.missed_caller_work w where w.id = v_caller.work_id for update;
  end if;
  v_owner_id := v_work.owner_id;
  v_note := v_work.note;
  v_outcome_code := v_work.outcome_code;

  if p_changes ? 'take' then
    select m.id into v_member_id
    from public.org_members m
    where m.org_id = p_org_id and m.user_id = auth.uid() and m.deactivated_at is null;
    if v_member_id is null then
      raise exception 'Only members of the organization own what is to be done.'
        using errcode = 'PT422', detail = 'owner_unfit', hint = 'Assign it to one of its people.';
    elsif v_work.owner_id <> v_member_id then
      raise exception 'Somebody else looks after this caller.'
        using errcode = 'PT409', detail = 'missed_caller_taken', hint = 'See owner_id; assign_missed_caller hands it over.';
    end if;
    v_owner_id := v_member_id;
  elsif p_changes ? 'owner_id' then
    v_owner_id := (p_changes ->> 'owner_id')::uuid;
    -- The owner has to see what is to be done.
    if v_owner_id is not null and not exists (
      select from public.org_members m
      where m.org_id = p_org_id and m.id = v_owner_id and m.deactivated_at is null and (
        m.role = 'org_admin'
        or (m.role in ('agent', 'manager') and exists (
          select from public.member_lines g where g.member_id = m.id and g.line_id = any (v_caller.line_ids)
        ))
      )
    ) then
      raise exception 'This member does not work on the lines where the caller was missed.'
        using errcode = 'PT422', detail = 'owner_unfit', hint = 'Choose an active agent or manager who was given the line, or an org admin.';
    end if;
  end if;

  if p_changes ? 'note' then
    v_note := nullif(p_changes ->> 'note', '');
    if private.is_blank(v_note) or char_length(v_note) > 2000 then
      raise exception 'A note has up to 2,000 characters, some of which can be seen.'
        using errcode = 'PT422', detail = 'note_invalid', hint = 'Shorten it; an empty p_note takes it away.';
    end if;
  end if;
  if p_changes ? 'outcome_code' then
    v_outcome_code := nullif(p_changes ->> 'outcome_code', '');
    if v_outcome_code <> coalesce(v_work.outcome_code, '') and not exists (
      select from public.outcome_codes o where o.org_id = p_org_id and o.code = v_outcome_code and o.retired_at is null
    ) then
      raise exception 'There is no outcome code %, or it is retired.', left(v_outcome_code, 100)
        using errcode = 'PT422', detail = 'outcome_code_unknown', hint = 'See outcome_codes for those of the organization.';
    end if;
  end if;
  if p_changes ? 'until' then
    v_until := (p_changes ->> 'until')::timestamptz;
    if v_until is not null and v_until not between p_now and p_now + interval '30 days' then
      raise exception 'A caller is put off until an instant of the next 30 days.'
        using errcode = 'PT422', detail = 'snooze_invalid', hint = 'Leave p_until out to wake it.';
    end if;
  end if;

  update public.missed_caller_work w set
    owner_id = v_owner_id, note = v_note, outcome_code = v_outcome_code,
    snoozed_until = case when p_changes ? 'until' then v_until when p_changes ? 'is_closed' then null else w.snoozed_until end,
    -- A telephone's clock may be ahead of ours: what was missed by it is what was put off or closed.
    snoozed_at = case
      when p_changes ? 'until' then case when v_until is not null then greatest(p_now, v_caller.last_missed_at) end
      when not p_changes ? 'is_closed' then w.snoozed_at
    end,
    closed_at = case
      when p_changes ? 'is_closed' then
        case when (p_changes ->> 'is_closed')::boolean then coalesce(w.closed_at, greatest(p_now, v_caller.last_missed_at)) end
      else w.closed_at
    end,
    closed_by = case
      when p_changes ? 'is_closed' then case when (p_changes ->> 'is_closed')::boolean then coalesce(w.closed_by, auth.uid()) end
      else w.closed_by
    end,
    updated_by = auth.uid()
  where w.id = v_work.id
  returning * into v_work;
  return v_work;
end
$$;
comment on function private.change_missed_caller(uuid, text, jsonb, timestamptz) is
'Changes what is done about a missed caller: take, owner_id, note, outcome_code, until, is_closed. The caller''s right, and that there is somebody to reach on their lines, are checked inside.';
grant execute on function private.change_missed_caller(uuid, text, jsonb, timestamptz) to authenticated;

create function public.take_missed_caller(p_org_id uuid, p_external_number text) returns public.missed_caller_work
language sql set search_path = '' as $$
  select private.change_missed_caller(p_org_id, p_external_number, '{"take": true}', now())
$$;
comment on function public.take_missed_caller(uuid, text) is
'Makes the caller of this function the owner of a missed caller whom nobody owns yet, so that of two who do it at once one is refused.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, missed_caller_taken, owner_unfit.';

create function public.assign_missed_caller(p_org_id uuid, p_external_number text, p_owner_id uuid default null)
returns public.missed_caller_work
language sql set search_path = '' as $$
  select private.change_missed_caller(p_org_id, p_external_number, jsonb_build_object('owner_id', p_owner_id), now())
$$;
comment on function public.assign_missed_caller(uuid, text, uuid) is
'Gives a missed caller to a member (org_members.id) who works on the line, whoever had it; without p_owner_id to nobody.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, owner_unfit.';

create function public.note_missed_caller(
  p_org_id uuid, p_external_number text, p_note text default null, p_outcome_code text default null
) returns public.missed_caller_work
language sql set search_path = '' as $$
  select private.change_missed_caller(
    p_org_id, p_external_number, jsonb_strip_nulls(jsonb_build_object('note', p_note, 'outcome_code', p_outcome_code)), now()
  )
$$;
comment on function public.note_missed_caller(uuid, text, text, text) is
'Writes the note and the outcome code of a missed caller; what is left out stays, what is empty is taken back.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, note_invalid, outcome_code_unknown.';

create function public.snooze_missed_caller(p_org_id uuid, p_external_number text, p_until timestamptz default null)
returns public.missed_caller_work
language sql set search_path = '' as $$
  select private.change_missed_caller(p_org_id, p_external_number, jsonb_build_object('until', p_until), now())
$$;
comment on function public.snooze_missed_caller(uuid, text, timestamptz) is
'Puts a missed caller off until an instant, or until they are missed again; without p_until no more.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, snooze_invalid.';

create function public.close_missed_caller(
  p_org_id uuid, p_external_number text, p_outcome_code text default null, p_note text default null
) returns public.missed_caller_work
language sql set search_path = '' as $$
  select private.change_missed_caller(
    p_org_id, p_external_number,
    jsonb_strip_nulls(jsonb_build_object('is_closed', true, 'outcome_code', p_outcome_code, 'note', p_note)), now()
  )
$$;
comment on function public.close_missed_caller(uuid, text, text, text) is
'Closes a missed caller by hand, who need not be reached; one who is missed again is there again. Whoever is reached needs no closing.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found, note_invalid, outcome_code_unknown.';

create function public.reopen_missed_caller(p_org_id uuid, p_external_number text) returns public.missed_caller_work
language sql set search_path = '' as $$
  select private.change_missed_caller(p_org_id, p_external_number, '{"is_closed": false}', now())
$$;
comment on function public.reopen_missed_caller(uuid, text) is
'Takes the closing of a missed caller back.

Agents and managers on given lines, org admins.
Errors: organization_not_found, role_not_sufficient, missed_caller_not_found.';

grant execute on function
  public.take_missed_caller(uuid, text), public.assign_missed_caller(uuid, text, uuid), public.note_missed_caller(uuid, text, text, text),
  public.snooze_missed_caller(uuid, text, timestamptz), public.close_missed_caller(uuid, text, text, text),
  public.reopen_missed_caller(uuid, text)
to authenticated;
