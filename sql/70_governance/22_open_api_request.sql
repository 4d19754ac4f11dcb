create function private.open_api_request(p_secret_hash bytea, p_grant_hash bytea, p_now timestamptz)
returns table (outcome text, request_limit integer, remaining integer, reset_seconds integer)
language plpgsql security definer set search_path = '' as $$
declare
  v_limit constant integer := 1000;
  v_minute constant timestamptz := date_trunc('minute', p_now, 'UTC');
  v_key_id uuid;
  v_used integer;
begin
  select k.id into v_key_id
  from private.api_keys k
  join public.organizations o on o.id = k.org_id
  where k.secret_hash = p_secret_hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > p_now)
    and o.archived_at is null;
  if not found then
    return query select 'unknown', null::int, null::int, null::int;
    return;
  end if;

  -- Neither a counted minute nor a grant has to survive a crash, and nobody should wait for the disk on their account.
  perform set_config('synchronous_commit', 'off', true);
  insert into private.api_key_minutes as m (api_key_id, minute, used) values (v_key_id, v_minute, 1)
  on conflict (api_key_id, minute) do update set used = m.used + 1 where m.used < v_limit
  returning used into v_used;
  if v_used is not null then
    insert into private.api_grants (grant_hash, api_key_id, expires_at) values (p_grant_hash, v_key_id, p_now + interval '1 minute');
    if v_used = 1 then
      update private.api_keys k set last_used_at = p_now where k.id = v_key_id;
    end if;
  end if;
  return query select
    case when v_used is null then 'limited' else 'granted' end,
    v_limit, v_limit - coalesce(v_used, v_limit),
    ceil(extract(epoch from v_minute + interval '1 minute' - p_now))::int;
end
$$;
comment on function private.open_api_request(bytea, bytea, timestamptz) is
'Authenticates an API key, counts the request in its calendar minute and lets it through once more: granted, limited, or unknown.';
grant execute on function private.open_api_request(bytea, bytea, timestamptz) to webhooks;

create function private.api_key_of_grant(p_grant_hash bytea) returns uuid
language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
  return (select g.api_key_id from private.api_grants g where g.grant_hash = p_grant_hash and g.expires_at > now());
end
$$;
comment on function private.api_key_of_grant(bytea) is 'The API key that a grant is for; null when it ran out or never was.';

create function private.redeem_api_grant() returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_grant constant text := nullif(current_setting('request.headers', true), '')::json ->> 'x-api-grant';
  v_key_id uuid;
begin
  if v_grant is null then
    return;
  end if;
  v_key_id := private.api_key_of_grant(sha256(convert_to(v_grant, 'UTF8')));
  if v_key_id is null then
    raise exception 'The grant is unknown or has run out.'
      using errcode = 'PT401', detail = 'api_grant_unknown', hint = 'Send your API key to /api/v1 instead.';
  end if;
  perform
    set_config('victorysync.api_key_id', v_key_id::text, true),
    set_config('request.jwt.claims', '{"role": "api_reader"}', true),
    set_config('statement_timeout', '8s', true),
    set_config('role', 'api_reader', true);
end
$$;
comment on function private.redeem_api_grant() is
'Runs before each request of PostgREST: one that carries an API key''s grant goes on as api_reader, in the key''s name.';
grant execute on function private.api_key_of_grant(bytea), private.redeem_api_grant() to anon, authenticated, service_role;

do $$ begin alter role authenticator set pgrst.db_pre_request = 'private.redeem_api_grant'; end $$;
-- One that is running already would let no key through.
notify pgrst, 'reload config';

create function private.forget_expired(p_now timestamptz) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_forgotten integer;
  v_rows integer;
begin
  delete from private.api_grants g where g.expires_at < p_now - interval '1 minute';
  get diagnostics v_forgotten = row_count;
  delete from private.api_key_minutes m where m.minute < p_now - interval '1 hour';
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  -- Until then whoever opens an old link is told what became of the invitation.
  delete from private.invitation_tokens t
  using private.invitations i
  where i.id = t.invitation_id
    and greatest(i.expires_at, i.accepted_at, i.revoked_at) < p_now - interval '90 days';
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from private.play_grants g where g.expires_at < p_now;
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from private.webhook_tokens t where t.valid_until < p_now;
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from private.outbox_mails m where m.finished_at < p_now - interval '90 days';
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from public.notifications n where n.created_at < p_now - interval '180 days';
  get diagnostics v_rows = row_count;
  v_forgotten := v_forgotten + v_rows;
  delete from private.idempotency_keys k where k.created_at < p_now - interval '7 days';
  get diagnostics v_rows = row_count;
  return v_forgotten + v_rows;
end
$$;
comment on function private.forget_expired(timestamptz) is 'Removes grants, counted minutes, tokens, letters, notifications and idempotency keys that are of no use any more, and tells how many.';
grant execute on function private.forget_expired(timestamptz) to sync;
