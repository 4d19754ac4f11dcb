create function private.create_api_key(p_org_id uuid, p_name text, p_scopes text[], p_expires_at timestamptz)
returns table (id uuid, prefix text, secret text)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_prefix constant text := 'vsk_' || encode(extensions.gen_random_bytes(4), 'hex');
  v_secret constant text := v_prefix || '_' || private.new_secret();
begin
  if p_org_id is null then
    perform private.require_platform_admin();
  else
    perform private.require_role(p_org_id, 'org_admin');
  end if;
  if p_name is null or private.is_blank(p_name) or char_length(p_name) > 200 then
    raise exception 'The name has to be of 1 to 200 characters.'
      using errcode = 'PT422', detail = 'name_invalid', hint = 'Say what the key is for.';
  end if;
  if p_scopes is null or cardinality(p_scopes) = 0 or not p_scopes <@ private.api_scopes() then
    raise exception 'A key needs scopes that there are.'
      using errcode = 'PT422', detail = 'scope_unknown', hint = 'Choose among ' || array_to_string(private.api_scopes(), ', ') || '.';
  end if;
  if p_expires_at <= now() then
    raise exception 'The key would have expired already.'
      using errcode = 'PT422', detail = 'expiry_in_the_past', hint = 'Choose a later instant, or none.';
  end if;
  return query
  insert into private.api_keys (org_id, name, prefix, secret_hash, scopes, created_by, expires_at)
  values (
    coalesce(p_org_id, private.holding_org_id()), btrim(p_name), v_prefix, sha256(convert_to(v_secret, 'UTF8')),
    array(select distinct scope from unnest(p_scopes) scope order by scope), auth.uid(), p_expires_at
  )
  returning api_keys.id, v_prefix, v_secret;
end
$$;
comment on function private.create_api_key(uuid, text, text[], timestamptz) is 'Makes an API key; the caller''s right is checked inside.';

create function private.revoke_api_key(p_api_key_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
  update private.api_keys k set revoked_at = coalesce(k.revoked_at, now())
  where k.id = p_api_key_id and k.org_id = any (array(select private.my_org_ids('org_admin')));
  if not found then
    raise exception 'There is no such API key.'
      using errcode = 'PT404', detail = 'api_key_not_found', hint = 'See api_keys for those you may revoke.';
  end if;
end
$$;
comment on function private.revoke_api_key(uuid) is 'Ends an API key; the caller''s right is checked inside.';

grant execute on function private.create_api_key(uuid, text, text[], timestamptz), private.revoke_api_key(uuid) to authenticated;

create function public.create_api_key(p_org_id uuid, p_name text, p_scopes text[], p_expires_at timestamptz default null)
returns table (id uuid, prefix text, secret text)
language sql set search_path = '' as $$
  select * from private.create_api_key(p_org_id, p_name, p_scopes, p_expires_at)
$$;
comment on function public.create_api_key(uuid, text, text[], timestamptz) is
'Makes an API key for an organization (org admins), or with p_org_id null for all of them (platform admins). The secret is told here, once.

Scopes: calls:read (calls, legs, lines, figures), members:read (people, their lines and extensions), sync:read (integrations, jobs),
contacts:read, messages:read (with conversations), recordings:read (what there is, and voicemails; nothing plays), audit:read, and two
that act: sync:request to ask for a pull, messages:send. Any key reads its organization with its settings and holidays.
Errors: platform_admin_required, organization_not_found, role_not_sufficient, name_invalid, scope_unknown, expiry_in_the_past.';

create function public.revoke_api_key(p_api_key_id uuid) returns void
language sql set search_path = '' as $$
  select private.revoke_api_key(p_api_key_id)
$$;
comment on function public.revoke_api_key(uuid) is
'Ends an API key at once (org admins; platform admins).

Errors: api_key_not_found.';

grant execute on function public.create_api_key(uuid, text, text[], timestamptz), public.revoke_api_key(uuid) to authenticated;
