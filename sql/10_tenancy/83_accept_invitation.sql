create function private.preview_invitation(p_token text)
returns table (organization text, role text, inviter text, email text, expires_at timestamptz, state text)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select
    o.name, i.role, coalesce(p.full_name, p.email), i.email, i.expires_at,
    case
      when i.accepted_at is not null then 'accepted'
      when i.revoked_at is not null or o.archived_at is not null then 'revoked'
      when i.expires_at <= now() then 'expired'
      else 'pending'
    end
  from private.invitation_tokens t
  join private.invitations i on i.id = t.invitation_id
  join public.organizations o on o.id = i.org_id
  left join public.profiles p on p.user_id = i.invited_by
  where t.token_hash = sha256(convert_to(p_token, 'UTF8'));
  if not found then
    raise exception 'There is no such invitation.'
      using errcode = 'PT404', detail = 'invitation_not_found', hint = 'Open the whole link of your letter, or ask for a new one.';
  end if;
end
$$;
comment on function private.preview_invitation(text) is 'Whoever holds a token reads what it invites to.';
grant execute on function private.preview_invitation(text) to anon, authenticated;

create function public.preview_invitation(p_token text)
returns table (organization text, role text, inviter text, email text, expires_at timestamptz, state text)
language sql stable set search_path = '' as $$
  select * from private.preview_invitation(p_token)
$$;
comment on function public.preview_invitation(text) is
'What an invitation''s link is about, for the page that greets the guest; nobody needs to be signed in. Send it with POST: a token has no place in an address.

state: pending, accepted, expired or revoked. Errors: invitation_not_found.';
grant execute on function public.preview_invitation(text) to anon, authenticated;

create function private.accept_invitation(p_token text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_invitation private.invitations;
  v_user auth.users;
  v_member_id uuid;
begin
  select i.* into v_invitation
  from private.invitation_tokens t
  join private.invitations i on i.id = t.invitation_id
  where t.token_hash = sha256(convert_to(p_token, 'UTF8'))
  for no key update of i;
  if not found then
    raise exception 'There is no such invitation.'
      using errcode = 'PT404', detail = 'invitation_not_found', hint = 'Open the whole link of your letter, or ask for a new one.';
  end if;
  if v_invitation.accepted_at is not null then
    raise exception 'The invitation has been accepted already.'
      using errcode = 'PT409', detail = 'invitation_already_accepted', hint = 'Sign in with the address that accepted it.';
  end if;
  if v_invitation.revoked_at is not null
    or exists (select from public.organizations o where o.id = v_invitation.org_id and o.archived_at is not null) then
    raise exception 'The invitation has been taken back.'
      using errcode = 'PT409', detail = 'invitation_revoked', hint = 'Ask who invited you.';
  end if;
  if v_invitation.expires_at <= now() then
    raise exception 'The invitation has expired.'
      using errcode = 'PT409', detail = 'invitation_expired', hint = 'Ask for it to be sent again.';
  end if;

  -- What Auth has confirmed counts; whatever a token or a person's own data say does not.
  select * into v_user from auth.users u where u.id = auth.uid();
  if lower(v_user.email) is distinct from lower(v_invitation.email) then
    raise exception 'The invitation is for another address.'
      using errcode = 'PT403', detail = 'invitation_for_another_address', hint = 'Sign in with the address the letter was sent to.';
  end if;
  if v_user.email_confirmed_at is null then
    raise exception 'Your address is not confirmed yet.'
      using errcode = 'PT403', detail = 'email_not_confirmed', hint = 'Follow the link in the letter that confirms it, then come back.';
  end if;
  if private.invitation_rights_problem(
    v_invitation.invited_by, v_invitation.org_id, v_invitation.role, v_invitation.line_ids
  ) is not null then
    raise exception 'Who invited you may not do so any more.'
      using errcode = 'PT409', detail = 'inviter_lost_rights', hint = 'Ask an admin of the organization for a new invitation.';
  end if;

  insert into public.org_members as m (org_id, user_id, role)
  values (v_invitation.org_id, v_user.id, v_invitation.role)
  on conflict (user_id, org_id) do update set role = excluded.role, deactivated_at = null, removed_at = null
  where m.removed_at is not null
  returning m.id into v_member_id;
  if v_member_id is null then
    raise exception 'You are a member already.'
      using errcode = 'PT409', detail = 'already_a_member', hint = 'If you see nothing, ask an admin to reactivate you.';
  end if;
  delete from public.member_lines g where g.member_id = v_member_id;
  insert into public.member_lines (org_id, member_id, line_id)
  select l.org_id, v_member_id, l.id
  from public.lines l
  where l.org_id = v_invitation.org_id and l.id = any (v_invitation.line_ids);
  update private.invitations i set accepted_at = now(), accepted_by = v_user.id where i.id = v_invitation.id;
  return v_invitation.org_id;
end
$$;
comment on function private.accept_invitation(text) is
'Makes the signed-in user a member, once per invitation; address and inviter''s rights are checked inside.';
grant execute on function private.accept_invitation(text) to authenticated;

create function public.accept_invitation(p_token text) returns uuid
language sql set search_path = '' as $$
  select private.accept_invitation(p_token)
$$;
comment on function public.accept_invitation(text) is
'Makes the signed-in user, whose confirmed address was invited, a member with the invitation''s role and lines. Returns the organization''s id.

Errors: invitation_not_found, invitation_already_accepted, invitation_revoked, invitation_expired, invitation_for_another_address, email_not_confirmed, inviter_lost_rights, already_a_member.';
grant execute on function public.accept_invitation(text) to authenticated;
