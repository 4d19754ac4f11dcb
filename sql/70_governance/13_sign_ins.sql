create function private.record_sign_in(p_user_id uuid, p_action text) returns void
language plpgsql set search_path = '' as $$
begin
  -- An organization's admins read when its people signed in; who belongs to none is the operator's to see.
  with entry as (
    insert into public.audit_entries (org_id, actor_kind, actor_id, actor, action, resource, row_key, details_digest, ip_address)
    select o.org_id, 'user', u.id, u.email, p_action, 'users', jsonb_build_object('user_id', u.id), sha256(''), s.ip
    from auth.users u
    cross join lateral (
      select m.org_id from public.org_members m where m.user_id = u.id and m.deactivated_at is null
      union all
      select private.holding_org_id()
      where not exists (select from public.org_members m where m.user_id = u.id and m.deactivated_at is null)
    ) o
    -- Auth has just opened the session, and noted from where; of a failure it tells nothing more.
    left join lateral (
      select a.ip
      from auth.sessions a
      where p_action = 'sign_in' and a.user_id = u.id and a.created_at > now() - interval '1 minute'
      order by a.created_at desc
      limit 1
    ) s on true
    where u.id = p_user_id
    returning id
  )
  insert into private.unsealed_audit_entries (entry_id) select id from entry;
end
$$;
comment on function private.record_sign_in(uuid, text) is 'Notes sign_in or sign_in_failed in the trails of a user''s organizations.';

create function private.tg_users__sign_in() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.record_sign_in(new.id, 'sign_in');
  return null;
end
$$;
comment on function private.tg_users__sign_in() is 'Auth notes each sign-in in last_sign_in_at.';

create trigger tg_users__sign_in after update of last_sign_in_at on auth.users
for each row when (new.last_sign_in_at is distinct from old.last_sign_in_at)
execute function private.tg_users__sign_in();

create function private.record_sign_in_attempt(p_event jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_user_id constant uuid := p_event ->> 'user_id';
begin
  -- Whoever tries passwords by the thousand does not fill the trail: ten a minute tell it as well.
  if p_event ->> 'valid' = 'false' and (
    select count(*) < 10
    from public.audit_entries e
    where e.action = 'sign_in_failed' and e.actor_id = v_user_id and e.at > now() - interval '1 minute'
      and e.org_id in (
        select m.org_id from public.org_members m where m.user_id = v_user_id union all select private.holding_org_id()
      )
  ) then
    perform private.record_sign_in(v_user_id, 'sign_in_failed');
  end if;
  return '{"decision": "continue"}';
end
$$;
comment on function private.record_sign_in_attempt(jsonb) is
'A hook for Auth (password and MFA verification attempts, where the project''s plan has them): notes failures and decides nothing.';
grant execute on function private.record_sign_in_attempt(jsonb) to supabase_auth_admin;
