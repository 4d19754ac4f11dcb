create function private.data_through(p_org_ids uuid[]) returns timestamptz
language sql stable security definer set search_path = '' as $$
  select case when bool_and(c.watermark is not null) then min(c.watermark) end
  from private.sync_cursors c
  join public.integrations i on i.id = c.integration_id
  where c.resource = 'calls' and i.disabled_at is null
    and i.id in (
      select own.id from public.integrations own where own.org_id = any (p_org_ids)
      union
      select n.integration_id
      from public.lines l
      join public.phone_numbers n on n.id = l.phone_number_id
      where l.org_id = any (p_org_ids) and upper_inf(l.period)
    )
    and p_org_ids <@ array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))
$$;
comment on function private.data_through(uuid[]) is
'Until when the history of all accounts that serve these organizations has been read; null while one never was.';
grant execute on function private.data_through(uuid[]) to authenticated;
