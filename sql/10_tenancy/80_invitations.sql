create table private.invitations (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  email text not null,
  role text not null,
  line_ids uuid[] not null default '{}',
  invited_by uuid references public.profiles (user_id) on delete set null,
  expires_at timestamptz not null default now() + interval '7 days',
  accepted_at timestamptz,
  accepted_by uuid references public.profiles (user_id) on delete set null,
  revoked_at timestamptz,
  mail_state text not null default 'queued',
  mail_error text,
  mailed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint email_is_an_address check (private.is_email(email)),
  constraint role_is_known check (role in ('org_admin', 'manager', 'agent', 'viewer')),
  constraint mail_state_is_known check (mail_state in ('queued', 'sent', 'failed')),
  constraint invitation_ends_once check (accepted_at is null or revoked_at is null),
  constraint holding_organization_invites_nobody check (org_id <> private.holding_org_id())
);
comment on table private.invitations is 'Invitations of people, by address, into organizations.';
comment on column private.invitations.line_ids is 'Lines given on acceptance.';
create unique index invitations_one_open_per_address_idx on private.invitations (org_id, lower(email))
where accepted_at is null and revoked_at is null;
create index invitations_org_created_idx on private.invitations (org_id, created_at desc);
create index invitations_invited_by_idx on private.invitations (invited_by);
create index invitations_accepted_by_idx on private.invitations (accepted_by);

alter table private.invitations enable row level security;
grant select on private.invitations to authenticated;

create policy invitations_select_managers on private.invitations for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (invited_by = (select auth.uid()) and org_id = any (array(select private.my_org_ids('manager'))))
);
comment on policy invitations_select_managers on private.invitations is 'Admins read their organization''s, managers those they sent.';

create trigger tg_invitations__touch before update on private.invitations
for each row execute function private.tg_touch__updated_at();
create trigger tg_invitations__audit after insert or delete or update of role, line_ids, expires_at, accepted_at, revoked_at
on private.invitations
for each row execute function private.tg_audit('id', 'mail_state,mail_error,mailed_at');

create table private.invitation_tokens (
  token_hash bytea primary key,
  invitation_id uuid not null references private.invitations (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint token_hash_is_sha256 check (octet_length(token_hash) = 32)
);
comment on table private.invitation_tokens is
'Hashes of the tokens in links and letters. Every link and letter has a fresh one; they end with their invitation.';
create index invitation_tokens_invitation_idx on private.invitation_tokens (invitation_id);

alter table private.invitation_tokens enable row level security;

create view public.invitations with (security_invoker = true) as
select
  i.id, i.org_id, i.email, i.role, i.line_ids, i.invited_by, i.created_at, i.expires_at, i.accepted_at, i.accepted_by, i.revoked_at,
  case
    when i.accepted_at is not null then 'accepted'
    when i.revoked_at is not null then 'revoked'
    when i.expires_at <= now() then 'expired'
    else 'pending'
  end as state,
  i.mail_state, i.mail_error, i.mailed_at
from private.invitations i;
comment on view public.invitations is 'Who was invited to an organization, by whom, and what became of it.';
comment on column public.invitations.state is 'pending, accepted, expired or revoked.';
comment on column public.invitations.mail_state is 'Of the last letter: queued, sent, or failed with mail_error.';
grant select on public.invitations to authenticated;

create function private.invitation_rights_problem(p_user_id uuid, p_org_id uuid, p_role text, p_line_ids uuid[]) returns text
language plpgsql stable set search_path = '' as $$
declare
  v_member public.org_members;
begin
  if exists (select from private.platform_admins a where a.user_id = p_user_id) then
    return null;
  end if;
  select * into v_member
  from public.org_members m
  where m.user_id = p_user_id and m.org_id = p_org_id and m.deactivated_at is null;
  return case
    when v_member.role = 'org_admin' then null
    when v_member.role is distinct from 'manager' then 'not_allowed'
    when p_role <> 'agent' then 'not_allowed'
    when p_line_ids <@ array(select g.line_id from public.member_lines g where g.member_id = v_member.id) then null
    else 'not_allowed'
  end;
end
$$;
comment on function private.invitation_rights_problem(uuid, uuid, text, uuid[]) is
'Why a person may not invite somebody with this role and these lines: not_allowed, or null where they may. Asked when inviting and again on acceptance.';
