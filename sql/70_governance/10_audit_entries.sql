create table public.audit_entries (
  id bigint generated always as identity primary key,
  org_id uuid not null references public.organizations (id) on delete restrict,
  at timestamptz not null default clock_timestamp(),
  actor_kind text not null,
  actor_id uuid,
  actor text,
  action text not null,
  resource text not null,
  row_key jsonb,
  details jsonb,
  details_digest bytea not null,
  ip_address inet,
  constraint actor_kind_is_known check (actor_kind in ('user', 'api_key', 'process'))
);
comment on table public.audit_entries is
'Who did what, to which row, from where and when. Entries are only ever added; sealing chains them, per organization.';
comment on column public.audit_entries.org_id is 'The organization it happened in; the holding organization for what concerns the whole platform.';
comment on column public.audit_entries.actor_kind is 'user, api_key, or process: a program or operator who works on the database directly.';
comment on column public.audit_entries.actor is 'The user''s e-mail address, the API key''s prefix, or the process''s role, as it was then.';
comment on column public.audit_entries.action is
'insert, update or delete of a row; play of a recording; sign_in, sign_in_failed; export.';
comment on column public.audit_entries.row_key is 'The primary key of the row.';
comment on column public.audit_entries.details is
'Before and after of what changed, never a secret. Null once it was erased; its digest, which is what is chained, stays.';
comment on column public.audit_entries.ip_address is 'The client''s address as our own gateway tells it.';
create index audit_entries_org_at_idx on public.audit_entries (org_id, at desc, id desc);

alter table public.audit_entries enable row level security;
grant select on public.audit_entries to authenticated, api_reader;

create policy audit_entries_select_admins on public.audit_entries for select to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy audit_entries_select_admins on public.audit_entries is 'Admins their organization''s, platform admins all.';

create policy audit_entries_select_api_keys on public.audit_entries for select to api_reader
using (org_id = any (array(select private.api_org_ids('audit:read'))));
comment on policy audit_entries_select_api_keys on public.audit_entries is 'API keys with audit:read.';

create function private.tg_audit_entries__only_grow() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Erasing a person's data may empty the details; the digest of what they were stays, and with it the chain.
  if tg_op = 'UPDATE' and new.details is null then
    new.details := old.details;
    if new is not distinct from old then
      new.details := null;
      return new;
    end if;
  end if;
  raise exception 'The audit trail only grows.'
    using errcode = 'PT403', detail = 'audit_trail_only_grows', hint = 'Nobody changes it, whatever their role.';
end
$$;
comment on function private.tg_audit_entries__only_grow() is 'Refuses every change of an entry but the erasure of its details.';

create trigger tg_audit_entries__only_grow before update or delete on public.audit_entries
for each row execute function private.tg_audit_entries__only_grow();

create function private.client_address() returns inet
language plpgsql stable set search_path = '' as $$
declare
  v_headers constant json := nullif(current_setting('request.headers', true), '')::json;
  v_entry constant text := (
    select btrim(split_part(v_headers ->> s.client_address_header, ',', -1)) from public.platform_settings s
  );
begin
  return case when pg_input_is_valid(v_entry, 'inet') then v_entry::inet end;
end
$$;
comment on function private.client_address() is
'Where the request comes from, by the header that our own proxy writes: the last entry, because a client may send the ones before.';

create function private.record_audit(p_org_id uuid, p_action text, p_resource text, p_row_key jsonb, p_details jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_user_id constant uuid := auth.uid();
  v_key_id constant uuid := nullif(current_setting('victorysync.api_key_id', true), '')::uuid;
  v_id bigint;
begin
  insert into public.audit_entries (
    org_id, actor_kind, actor_id, actor, action, resource, row_key, details, details_digest, ip_address
  )
  values (
    coalesce(p_org_id, private.holding_org_id()),
    case when v_user_id is not null then 'user' when v_key_id is not null then 'api_key' else 'process' end,
    coalesce(v_user_id, v_key_id),
    case
      when v_user_id is not null then (select p.email from public.profiles p where p.user_id = v_user_id)
      when v_key_id is not null then (select k.prefix from private.api_keys k where k.id = v_key_id)
      else session_user::text
    end,
    p_action, p_resource, p_row_key, p_details, sha256(convert_to(coalesce(p_details::text, ''), 'UTF8')),
    private.client_address()
  )
  returning id into v_id;
  insert into private.unsealed_audit_entries (entry_id) values (v_id);
end
$$;
comment on function private.record_audit(uuid, text, text, jsonb, jsonb) is
'Adds an entry about the caller to the audit trail; without an organization it is about the platform.';
