create table private.outbox_mails (
  id uuid primary key default gen_random_uuid(),
  template text not null,
  recipient text not null,
  invitation_id uuid references private.invitations (id) on delete cascade,
  state text not null default 'queued',
  attempt integer not null default 0,
  run_after timestamptz not null default now(),
  worker text,
  lease_until timestamptz,
  error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint template_is_known check (template in ('invitation')),
  constraint invitation_letter_has_one check ((template = 'invitation') = (invitation_id is not null)),
  constraint state_is_known check (state in ('queued', 'sending', 'sent', 'failed', 'cancelled')),
  constraint sending_mail_has_a_lease check ((state = 'sending') = (lease_until is not null)),
  constraint failure_has_a_reason check (state <> 'failed' or error is not null)
);
comment on table private.outbox_mails is 'Letters to be sent: the sync script claims them, makes what is secret in them, and sends them.';
create index outbox_mails_open_idx on private.outbox_mails (run_after) where state in ('queued', 'sending');
create index outbox_mails_invitation_idx on private.outbox_mails (invitation_id);

alter table private.outbox_mails enable row level security;

create function private.queue_mail(p_template text, p_recipient text, p_invitation_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  insert into private.outbox_mails (template, recipient, invitation_id) values (p_template, p_recipient, p_invitation_id);
  notify sync_jobs;
end
$$;
comment on function private.queue_mail(text, text, uuid) is 'Puts a letter in the outbox and wakes the workers.';

create function private.claim_outbox_mail(p_worker text, p_now timestamptz)
returns table (mail_id uuid, template text, recipient text, details jsonb, attempt integer)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with next as (
    select m.id
    from private.outbox_mails m
    where ((m.state = 'queued' and m.run_after <= p_now) or (m.state = 'sending' and m.lease_until <= p_now))
      and exists (select from public.platform_settings s where s.app_url is not null)
    order by m.run_after, m.id
    limit 1
    for update of m skip locked
  )
  update private.outbox_mails m
  set state = 'sending', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = m.attempt + 1
  from next, private.invitations i
  join public.organizations o on o.id = i.org_id
  left join public.profiles p on p.user_id = i.invited_by
  cross join public.platform_settings s
  where m.id = next.id and i.id = m.invitation_id
  returning
    m.id, m.template, m.recipient,
    jsonb_build_object(
      'invitation_id', i.id, 'organization', o.name, 'role', i.role, 'inviter', coalesce(p.full_name, p.email),
      'app_url', s.app_url, 'expires_at', i.expires_at, 'support_email', s.support_email
    ),
    m.attempt;
end
$$;
comment on function private.claim_outbox_mail(text, timestamptz) is
'The next letter for this worker, with a lease of two minutes; none while it is not known where the dashboard is served.';

create function private.add_invitation_token(p_mail_id uuid, p_worker text, p_token_hash bytea, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.invitation_tokens (token_hash, invitation_id, created_at)
  select p_token_hash, i.id, p_now
  from private.outbox_mails m
  join private.invitations i on i.id = m.invitation_id
  join public.organizations o on o.id = i.org_id
  where m.id = p_mail_id and m.worker = p_worker and m.state = 'sending'
    and i.accepted_at is null and i.revoked_at is null and i.expires_at > p_now and o.archived_at is null;
  return found;
end
$$;
comment on function private.add_invitation_token(uuid, text, bytea, timestamptz) is
'Keeps the hash of the token in a letter; false when there is nothing left to invite to, or the letter went to another worker.';

create function private.finish_outbox_mail(
  p_mail_id uuid, p_worker text, p_outcome text, p_error text, p_retry_at timestamptz, p_now timestamptz
) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_mail private.outbox_mails;
begin
  update private.outbox_mails m set
    state = case p_outcome when 'retry' then 'queued' else p_outcome end,
    error = left(p_error, 2000), worker = null, lease_until = null,
    run_after = case p_outcome when 'retry' then p_retry_at else m.run_after end,
    finished_at = case when p_outcome <> 'retry' then p_now end
  where m.id = p_mail_id and m.worker = p_worker and m.state = 'sending'
  returning * into v_mail;
  update private.invitations i set
    mail_state = case p_outcome when 'sent' then 'sent' when 'retry' then 'queued' else 'failed' end,
    mail_error = case p_outcome when 'cancelled' then 'The invitation was not open when its letter was due.' else left(p_error, 2000) end,
    mailed_at = case p_outcome when 'sent' then p_now else i.mailed_at end
  where i.id = v_mail.invitation_id;
end
$$;
comment on function private.finish_outbox_mail(uuid, text, text, text, timestamptz, timestamptz) is
'Ends a letter: sent, failed with a reason, cancelled, or to be tried again at p_retry_at.';

grant execute on function
  private.claim_outbox_mail(text, timestamptz), private.add_invitation_token(uuid, text, bytea, timestamptz),
  private.finish_outbox_mail(uuid, text, text, text, timestamptz, timestamptz)
to sync;
