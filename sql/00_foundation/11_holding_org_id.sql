create function private.holding_org_id() returns uuid
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return '00000000-0000-0000-0000-000000000000'::uuid;
end
$$;
comment on function private.holding_org_id() is
'The reserved organization without members that owns what belongs to nobody yet; only platform admins see it.';
grant execute on function private.holding_org_id() to authenticated;
