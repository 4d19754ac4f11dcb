create function private.open_invitation(p_invitation_id uuid) returns private.invitations
language plpgsql set search_path = '' as $$
declare
  v_invitation private.invitations;
begin
  select * into v_invitation
  from private.invitations i
  where i.id = p_invitation_id and (
    i.org_id = any (array(select private.my_org_ids('org_admin')))
    or (i.invited_by = auth.uid() and i.org_id = any (array(select private.my_org_ids('manager'))))
  )
  for no key update;
  if not found then
    raise exception 'There is no such invitation.'
      using errcode = 'PT404', detail = 'invitation_not_found', hint = 'See invitations for those you may see.';
  end if;
  if v_invitation.accepted_at is not null then
    raise exception 'The invitation has been accepted.'
      using errcode = 'PT409', detail = 'invitation_already_accepted', hint = 'The person is a member now.';
  end if;
  if v_invitation.revoked_at is not null then
    raise exception 'The invitation has been revoked.'
      using errcode = 'PT409', detail = 'invitation_revoked', hint = 'Invite the person again.';
  end if;
  if private.invitation_rights_problem(auth.uid(), v_invitation.org_id, v_invitation.role, v_invitation.line_ids) is not null then
    raise exception 'You cannot give this role or these lines any more.'
      using errcode = 'PT403', detail = 'invitation_not_allowed', hint = 'Ask an admin to invite the person.';
  end if;
  return v_invitation;
end
$$;
comment on function private.open_invitation(uuid) is 'Locks an invitation that the caller may still do something about, or says why it cannot be.';

create function private.resend_invitation(p_invitation_id uuid) returns timestamptz
language plpgsql security definer set search_path = '' as $$
declare
  v_invitation constant private.invitations := private.open_invitation(p_invitation_id);
  v_expires_at timestamptz;
begin
  if exists (
    select from private.outbox_mails m
    where m.invitation_id = p_invitation_id and m.created_at > now() - interval '1 minute'
  ) then
    raise exception 'A letter has just been sent.'
      using errcode = 'PT429', detail = 'invitation_just_sent', hint = 'Wait a minute before sending another.';
  end if;
  update private.invitations i
  set expires_at = now() + interval '7 days', mail_state = 'queued', mail_error = null
  where i.id = v_invitation.id
  returning i.expires_at into v_expires_at;
  -- One that still waits is not sent beside the new one.
  update private.outbox_mails m set state = 'cancelled', finished_at = now()
  where m.invitation_id = v_invitation.id and m.state = 'queued';
  perform private.queue_mail('invitation', v_invitation.email, v_invitation.id);
  return v_expires_at;
end
$$;
comment on function private.resend_invitation(uuid) is 'Sends another letter; the caller''s right is checked inside.';

create function private.revoke_invitation(p_invitation_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_invitation constant private.invitations := private.open_invitation(p_invitation_id);
begin
  update private.invitations i set revoked_at = now() where i.id = v_invitation.id;
end
$$;
comment on function private.revoke_invitation(uuid) is 'Takes an invitation back; the caller''s right is checked inside.';

create function private.create_invitation_link(p_invitation_id uuid) returns text
language plpgsql security definer set search_path = '' as $$
declare
  v_invitation constant private.invitations := private.open_invitation(p_invitation_id);
  v_app_url constant text := (select s.app_url from public.platform_settings s);
  v_token constant text := private.new_secret();
begin
  if v_app_url is null then
    raise exception 'Nobody has said where the dashboard is served.'
      using errcode = 'PT409', detail = 'app_url_missing', hint = 'A platform admin sets app_url in platform_settings.';
  end if;
  if v_invitation.expires_at <= now() then
    raise exception 'The invitation has expired.'
      using errcode = 'PT409', detail = 'invitation_expired', hint = 'Resend it: that opens it for seven more days.';
  end if;
  insert into private.invitation_tokens (token_hash, invitation_id) values (sha256(convert_to(v_token, 'UTF8')), v_invitation.id);
  return v_app_url || '/invitation#token=' || v_token;
end
$$;
comment on function private.create_invitation_link(uuid) is 'A link with a fresh token, told once; the caller''s right is checked inside.';

grant execute on function
  private.resend_invitation(uuid), private.revoke_invitation(uuid), private.create_invitation_link(uuid)
to authenticated;

create function public.resend_invitation(p_invitation_id uuid) returns timestamptz
language sql set search_path = '' as $$
  select private.resend_invitation(p_invitation_id)
$$;
comment on function public.resend_invitation(uuid) is
'Sends another letter, with a link of its own, and opens the invitation for seven more days, expired or not. Returns until when.

Errors: invitation_not_found, invitation_already_accepted, invitation_revoked, invitation_not_allowed, invitation_just_sent.';

create function public.revoke_invitation(p_invitation_id uuid) returns void
language sql set search_path = '' as $$
  select private.revoke_invitation(p_invitation_id)
$$;
comment on function public.revoke_invitation(uuid) is
'Takes an invitation back: no link to it works any more.

Errors: invitation_not_found, invitation_already_accepted, invitation_revoked, invitation_not_allowed.';

create function public.create_invitation_link(p_invitation_id uuid) returns text
language sql set search_path = '' as $$
  select private.create_invitation_link(p_invitation_id)
$$;
comment on function public.create_invitation_link(uuid) is
'A link to copy, for the invited person alone. Each has a token of its own, which is not kept and cannot be told again.

Errors: invitation_not_found, invitation_already_accepted, invitation_revoked, invitation_not_allowed, invitation_expired, app_url_missing.';

grant execute on function
  public.resend_invitation(uuid), public.revoke_invitation(uuid), public.create_invitation_link(uuid)
to authenticated;
