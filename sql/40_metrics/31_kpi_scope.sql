create function private.require_business_hours(p_org_ids uuid[], p_from timestamptz, p_to timestamptz) returns void
language plpgsql stable set search_path = '' as $$
begin
  if not exists (
    select from private.settings_in_force(p_org_ids, p_from, p_to, true) s where s.open_hours is not null
  ) then
    raise exception 'There are no business hours to filter by.'
      using errcode = 'PT422', detail = 'business_hours_missing', hint = 'Set business hours first, or leave p_in_hours out.';
  end if;
end
$$;
comment on function private.require_business_hours(uuid[], timestamptz, timestamptz) is
'Refuses to tell calls in business hours apart where none of these organizations has any.';
grant execute on function private.require_business_hours(uuid[], timestamptz, timestamptz) to authenticated, api_reader;

create function private.kpi_scope(
  p_org_id uuid, p_from timestamptz, p_to timestamptz, p_in_hours boolean, p_scope text default 'calls:read',
  out org_ids uuid[], out time_zone text
)
language plpgsql stable set search_path = '' as $$
begin
  if p_from is null or p_to is null or p_from >= p_to then
    raise exception 'The range must run forward.'
      using errcode = 'PT422', detail = 'range_reversed', hint = 'Send p_from earlier than p_to; the end is not included.';
  end if;
  if p_from < '1900-01-01 00:00Z' or p_to > '2200-01-01 00:00Z' then
    raise exception 'The range leaves the years that can be told.'
      using errcode = 'PT422', detail = 'range_out_of_bounds', hint = 'Choose instants between 1900 and 2200.';
  end if;
  if p_org_id is null then
    org_ids := array(select private.org_ids_read_in_full() union all select private.api_org_ids(p_scope));
    time_zone := 'UTC';
  else
    select array[o.id], o.time_zone into org_ids, time_zone from public.organizations o where o.id = p_org_id;
    if not found then
      raise exception 'There is no such organization.'
        using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those you are a member of.';
    end if;
  end if;
  if current_user = 'api_reader' then
    perform private.require_scope(coalesce(p_org_id, (select o from private.api_org_ids() o limit 1)), p_scope);
  end if;
  if p_in_hours is not null then
    perform private.require_business_hours(org_ids, p_from, p_to);
  end if;
end
$$;
comment on function private.kpi_scope(uuid, timestamptz, timestamptz, boolean, text) is
'Checks what every KPI function is asked, and tells the organizations and the time zone it is about. Several organizations are told in UTC.';
grant execute on function private.kpi_scope(uuid, timestamptz, timestamptz, boolean, text) to authenticated, api_reader;
