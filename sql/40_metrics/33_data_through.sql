create function private.data_through(p_org_ids uuid[], p_resource text default 'calls') returns timestamptz
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select case when bool_and(c.watermark is not null) then min(c.watermark) end
    from private.sync_cursors c
    join public.integrations i on i.id = c.integration_id
    where c.resource = p_resource and i.disabled_at is null
      and i.id in (select private.serving_integration_ids(org_id) from unnest(p_org_ids) org_id)
      and p_org_ids <@ array(
        select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') union all select private.api_org_ids(p_resource || ':read')
      )
  );
end
$$;
comment on function private.data_through(uuid[], text) is
'Until when the history (of calls, or messages) of all accounts that serve these organizations has been read; null while one never was.';
grant execute on function private.data_through(uuid[], text) to authenticated, api_reader;
