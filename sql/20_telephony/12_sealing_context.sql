create function private.sealing_context(p_org_id uuid) returns text
language sql immutable parallel safe set search_path = '' as $$
  select case when p_org_id = private.holding_org_id() then 'platform' else p_org_id::text end
$$;
comment on function private.sealing_context(uuid) is 'How the owner of a credential is named in what it is sealed with.';
