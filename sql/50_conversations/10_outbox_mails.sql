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
  org_id uuid references public.organizations (id) on delete cascade,
  user_id uuid references public.profiles (user_id) on delete cascade,
  details jsonb not null default '{}',
  constraint template_is_known check (template in ('invitation', 'report', 'alert', 'schedule_stopped', 'report_failed')),
  constraint invitation_letter_has_one check ((template = 'invitation') = (invitation_id is not null)),
  constraint other_letters_have_an_organization check (invitation_id is not null or org_id is not null),
  constraint state_is_known check (state in ('queued', 'sending', 'sent', 'failed', 'cancelled')),
  constraint sending_mail_has_a_lease check ((state = 'sending') = (lease_until is not null)),
  constraint failure_has_a_reason check (state <> 'failed' or error is not null)
);
comment on table private.outbox_mails is 'Letters to be sent: the sync script claims them, makes what is secret in them, and sends them.';
comment on column private.outbox_mails.org_id is 'The organization that the letter is about; of an invitation, the invitation tells.';
comment on column private.outbox_mails.user_id is 'The person it is for, where it is one of the organization''s; null for a mere address.';
comment on column private.outbox_mails.details is 'What it tells; of an invitation, the invitation tells.';
create index outbox_mails_open_idx on private.outbox_mails (run_after) where state in ('queued', 'sending');
create index outbox_mails_invitation_idx on private.outbox_mails (invitation_id);
create index outbox_mails_org_idx on private.outbox_mails (org_id);
create index outbox_mails_user_idx on private.outbox_mails (user_id);

alter table private.outbox_mails enable row level security;

create function private.queue_mail(p_template text, p_recipient text, p_invitation_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  insert into private.outbox_mails (template, recipient, invitation_id) values (p_template, p_recipient, p_invitation_id);
  notify sync_jobs;
end
$$;
comment on function private.queue_mail(text, text, uuid) is 'Puts a letter in the outbox and wakes the workers.';

create function private.queue_letter(
  p_template text, p_recipient text, p_org_id uuid, p_user_id uuid, p_details jsonb, p_run_after timestamptz
) returns uuid
language plpgsql set search_path = '' as $$
declare
  v_mail_id uuid;
begin
  insert into private.outbox_mails (template, recipient, org_id, user_id, details, run_after, created_at)
  values (p_template, p_recipient, p_org_id, p_user_id, p_details, p_run_after, p_run_after)
  returning id into v_mail_id;
  notify sync_jobs;
  return v_mail_id;
end
$$;
comment on function private.queue_letter(text, text, uuid, uuid, jsonb, timestamptz) is
'Puts a letter about an organization in the outbox, to leave at p_run_after, and wakes the workers.';

create function private.mail_is_over(p_mail private.outbox_mails, p_now timestamptz) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return p_mail.created_at < p_now - interval '3 days'
    or exists (select from public.organizations o where o.id = p_mail.org_id and o.archived_at is not null)
    or (p_mail.user_id is not null and not private.is_in_charge(p_mail.user_id, p_mail.org_id))
    or (p_mail.template = 'report' and not exists (
      select from public.report_deliveries d
      join public.report_runs r on r.id = d.run_id
      where d.mail_id = p_mail.id and private.is_in_charge(r.owner_id, r.org_id)
    ));
end
$$;
comment on function private.mail_is_over(private.outbox_mails, timestamptz) is
'Whether a letter is not to be sent any more: it is three days late, its organization is closed, or whoever it is for, or whose report it is, has not the right any more.';

create function private.mail_details(p_mail private.outbox_mails, p_now timestamptz) returns jsonb
language plpgsql stable set search_path = '' as $$
begin
  if p_mail.invitation_id is not null then
    return (
      select jsonb_build_object(
        'invitation_id', i.id, 'organization', o.name, 'role', i.role, 'inviter', coalesce(p.full_name, p.email),
        'app_url', s.app_url, 'expires_at', i.expires_at, 'support_email', s.support_email
      )
      from private.invitations i
      join public.organizations o on o.id = i.org_id
      left join public.profiles p on p.user_id = i.invited_by
      cross join public.platform_settings s
      where i.id = p_mail.invitation_id
    );
  end if;
  return p_mail.details || (
    select jsonb_build_object(
      'organization', o.name, 'app_url', s.app_url, 'support_email', s.support_email,
      'is_over', private.mail_is_over(p_mail, p_now),
      'over_since', (
        select to_char(a.cleared_at at time zone o.time_zone, 'HH24:MI" on "FMDD FMMonth YYYY')
        from public.alerts a
        where a.id = (p_mail.details ->> 'alert_id')::uuid
      ),
      'documents', (
        select coalesce(jsonb_agg(
          jsonb_build_object(
            'id', d.id, 'format', d.format, 'title', d.title, 'size_bytes', d.size_bytes, 'sha256', encode(d.sha256, 'hex')
          ) order by d.format desc, d.id
        ), '[]')
        from public.report_deliveries l
        join public.report_runs r on r.id = l.run_id
        join public.documents d on d.id = any (r.document_ids) and d.state = 'stored'
        where l.mail_id = p_mail.id
      )
    )
    from public.organizations o
    cross join public.platform_settings s
    where o.id = p_mail.org_id
  );
end
$$;
comment on function private.mail_details(private.outbox_mails, timestamptz) is
'All that the sync script needs to write a letter: what is told, where the dashboard is, the documents to attach, and whether it is not due any more.';

create function private.claim_outbox_mail(p_worker text, p_now timestamptz)
returns table (mail_id uuid, template text, recipient text, details jsonb, attempt integer)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_mail private.outbox_mails;
begin
  update private.outbox_mails m
  set state = 'sending', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = m.attempt + 1
  where m.id = (
    select n.id
    from private.outbox_mails n
    where ((n.state = 'queued' and n.run_after <= p_now) or (n.state = 'sending' and n.lease_until <= p_now))
      and exists (select from public.platform_settings s where s.app_url is not null)
    order by n.run_after, n.id
    limit 1
    for update of n skip locked
  )
  returning m.* into v_mail;
  if found then
    return query select v_mail.id, v_mail.template, v_mail.recipient, private.mail_details(v_mail, p_now), v_mail.attempt;
  end if;
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
  v_run_id uuid;
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
  update public.report_deliveries d set
    state = case p_outcome when 'sent' then 'sent' when 'retry' then 'queued' else 'failed' end,
    error = case p_outcome
      when 'cancelled' then coalesce(d.error, 'It was not to be sent any more when it was due.') else left(p_error, 2000)
    end,
    sent_at = case p_outcome when 'sent' then p_now end
  where d.mail_id = v_mail.id
  returning d.run_id into v_run_id;
  if p_outcome <> 'retry' then
    perform private.settle_report_run(v_run_id, p_now);
  end if;
end
$$;
comment on function private.finish_outbox_mail(uuid, text, text, text, timestamptz, timestamptz) is
'Ends a letter: sent, failed with a reason, cancelled, or to be tried again at p_retry_at.';

grant execute on function
  private.claim_outbox_mail(text, timestamptz), private.add_invitation_token(uuid, text, bytea, timestamptz),
  private.finish_outbox_mail(uuid, text, text, text, timestamptz, timestamptz)
to sync;
