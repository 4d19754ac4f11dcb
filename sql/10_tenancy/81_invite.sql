create function private.invite(
  p_org_id uuid, p_email text, p_role text, p_line_ids uuid[], out result text, out invitation_id uuid
)
language plpgsql set search_path = '' as $$
declare
  v_email constant text := btrim(p_email);
  v_open private.invitations;
begin
  result := case
    when private.is_email(v_email) is not true then 'bad_address'
    when p_role is null or p_role not in ('org_admin', 'manager', 'agent', 'viewer') then 'not_allowed'
    when array_position(p_line_ids, null) is not null then 'not_allowed'
    when not p_line_ids <@ array(select l.id from public.lines l where l.org_id = p_org_id) then 'not_allowed'
    else private.invitation_rights_problem(auth.uid(), p_org_id, p_role, p_line_ids)
  end;
  if result is not null then
    return;
  end if;
  -- Somebody who is accepting just now is a member when they are done.
  perform from private.invitations i
  where i.org_id = p_org_id and lower(i.email) = lower(v_email) and i.accepted_at is null and i.revoked_at is null
  for no key update;
  if exists (
    select
    from public.org_members m
    join auth.users u on u.id = m.user_id
    where m.org_id = p_org_id and m.removed_at is null and lower(u.email) = lower(v_email)
  ) then
    result := 'already_a_member';
    return;
  end if;

  -- One that ran out makes room for a new one.
  update private.invitations i set revoked_at = now()
  where i.org_id = p_org_id and lower(i.email) = lower(v_email)
    and i.accepted_at is null and i.revoked_at is null and i.expires_at <= now();
  insert into private.invitations (org_id, email, role, line_ids, invited_by)
  values (p_org_id, v_email, p_role, array(select distinct id from unnest(p_line_ids) id order by id), auth.uid())
  on conflict (org_id, lower(email)) where accepted_at is null and revoked_at is null do nothing
  returning * into v_open;
  if v_open.id is null then
    result := 'duplicate';
    return;
  end if;
  perform private.queue_mail('invitation', v_open.email, v_open.id);
  result := 'invited';
  invitation_id := v_open.id;
end
$$;
comment on function private.invite(uuid, text, text, uuid[]) is
'Invites one address, or tells why not: bad_address, not_allowed, already_a_member, duplicate.';

create function private.invite_members(p_org_id uuid, p_rows jsonb)
returns table (row_number integer, email text, result text, invitation_id uuid)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_row record;
  v_line_ids uuid[];
  v_invited record;
begin
  perform private.require_role(p_org_id, 'manager', 'org_admin');
  -- One list at a time: two with the same addresses in different orders would wait for each other.
  perform from public.organizations o
  where o.id = p_org_id and o.archived_at is null and o.id <> private.holding_org_id()
  for no key update;
  if not found then
    raise exception 'The organization is closed.'
      using errcode = 'PT409', detail = 'organization_archived', hint = 'A platform admin can open it again.';
  end if;
  if jsonb_typeof(p_rows) is distinct from 'array' or jsonb_array_length(p_rows) not between 1 and 1000 then
    raise exception 'Send a list of 1 to 1,000 rows.'
      using errcode = 'PT422', detail = 'rows_malformed', hint = 'Each row is {"email": …, "role": …, "lines": […]}; split a longer list.';
  end if;

  for v_row in
    select r.n::int as row_number, r.value ->> 'email' as email, coalesce(r.value ->> 'role', 'agent') as role, r.value -> 'lines' as lines
    from jsonb_array_elements(p_rows) with ordinality r (value, n)
    order by r.n
  loop
    -- A line is named by its id or, as in a spreadsheet, by its number. What is not found cannot be given.
    select coalesce(array_agg(l.id), '{}') into v_line_ids
    from jsonb_array_elements_text(case jsonb_typeof(v_row.lines) when 'array' then v_row.lines else '[]' end) named (line)
    left join public.lines l
      on l.org_id = p_org_id and coalesce(upper(l.period), 'infinity') > now()
      and (l.id::text = lower(named.line) or l.e164 = private.parse_phone(named.line));
    if jsonb_typeof(v_row.lines) not in ('array', 'null') then
      v_line_ids := array[null::uuid];
    end if;
    select * into v_invited from private.invite(p_org_id, v_row.email, v_row.role, v_line_ids);
    return query select v_row.row_number, v_row.email, v_invited.result, v_invited.invitation_id;
  end loop;
end
$$;
comment on function private.invite_members(uuid, jsonb) is 'Invites many, with an answer for each; the caller''s right is checked inside.';

create function private.invite_member(p_org_id uuid, p_email text, p_role text, p_line_ids uuid[]) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_invited record;
begin
  perform private.require_role(p_org_id, 'manager', 'org_admin');
  if p_role is null or p_role not in ('org_admin', 'manager', 'agent', 'viewer') then
    raise exception 'There is no role %.', left(p_role, 100)
      using errcode = 'PT422', detail = 'role_unknown', hint = 'Choose org_admin, manager, agent or viewer.';
  end if;
  select * into v_invited
  from private.invite_members(
    p_org_id, jsonb_build_array(jsonb_build_object('email', p_email, 'role', p_role, 'lines', coalesce(to_jsonb(p_line_ids), '[]')))
  );
  case v_invited.result
    when 'invited' then
      return v_invited.invitation_id;
    when 'bad_address' then
      raise exception 'This is not an e-mail address.'
        using errcode = 'PT422', detail = 'email_invalid', hint = 'Check its spelling.';
    when 'already_a_member' then
      raise exception 'This person is a member already.'
        using errcode = 'PT409', detail = 'already_a_member', hint = 'See members; a deactivated member can be reactivated.';
    when 'duplicate' then
      raise exception 'This address has an open invitation.'
        using errcode = 'PT409', detail = 'already_invited', hint = 'Resend it, or revoke it first.';
    else
      raise exception 'You cannot give this role or these lines.'
        using errcode = 'PT403', detail = 'invitation_not_allowed', hint =
          'Managers invite agents, with lines they have themselves; lines have to be the organization''s own.';
  end case;
end
$$;
comment on function private.invite_member(uuid, text, text, uuid[]) is 'Invites one person; the caller''s right is checked inside.';

grant execute on function private.invite_members(uuid, jsonb), private.invite_member(uuid, text, text, uuid[]) to authenticated;

create function public.invite_members(p_org_id uuid, p_rows jsonb)
returns table (row_number integer, email text, result text, invitation_id uuid)
language sql set search_path = '' as $$
  select * from private.invite_members(p_org_id, p_rows)
$$;
comment on function public.invite_members(uuid, jsonb) is
'Invites many people at once, as a spreadsheet lists them: p_rows is [{"email", "role" (agent), "lines" (ids or numbers)}], up to 1,000.

Answers each row: invited, already_a_member, bad_address, duplicate (has an open invitation, or stands in the list before), not_allowed.
Who may invite whom is as in invite_member. Errors: organization_not_found, role_not_sufficient, organization_archived, rows_malformed.';

create function public.invite_member(p_org_id uuid, p_email text, p_role text, p_line_ids uuid[] default '{}') returns uuid
language sql set search_path = '' as $$
  select private.invite_member(p_org_id, p_email, p_role, p_line_ids)
$$;
comment on function public.invite_member(uuid, text, text, uuid[]) is
'Invites a person by e-mail, for seven days; returns the invitation''s id (org admins anybody; managers agents, with lines of their own).

Errors: organization_not_found, role_not_sufficient, organization_archived, role_unknown, email_invalid, already_a_member, already_invited, invitation_not_allowed.';

grant execute on function public.invite_members(uuid, jsonb), public.invite_member(uuid, text, text, uuid[]) to authenticated;
