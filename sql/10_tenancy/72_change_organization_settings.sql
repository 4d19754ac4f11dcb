create function private.change_organization_settings(p_org_id uuid, p_changes jsonb, p_effective_from date)
returns public.organization_settings
language plpgsql security definer set search_path = '' as $$
declare
  v_today date;
  v_from date;
  v_settings public.organization_settings;
  v_problem text;
begin
  perform private.require_role(p_org_id, 'org_admin');
  select (now() at time zone o.time_zone)::date into v_today from public.organizations o where o.id = p_org_id for no key update;
  v_from := coalesce(p_effective_from, v_today);
  if v_from < v_today or v_from > v_today + 730 then
    raise exception 'Settings can begin from today, %, to two years ahead.', v_today
      using errcode = 'PT422', detail = 'effective_date_unfit', hint = 'What was before stays as it was judged then.';
  end if;
  if jsonb_typeof(p_changes) is distinct from 'object' or p_changes = '{}' then
    raise exception 'There is nothing to change.'
      using errcode = 'PT422', detail = 'setting_unknown', hint = 'Send an object of settings with their values.';
  end if;
  select key into v_problem
  from jsonb_object_keys(p_changes) key
  where key not in (
    'answer_within_seconds', 'short_abandon_seconds', 'excludes_short_abandons', 'service_level_target',
    'abandonment_rate_target', 'business_hours'
  );
  if v_problem is not null then
    raise exception 'There is no setting %.', left(v_problem, 100)
      using errcode = 'PT422', detail = 'setting_unknown', hint = 'See organization_settings for those there are.';
  end if;
  v_problem := case when p_changes ? 'business_hours' then private.business_hours_problem(p_changes -> 'business_hours') end;
  if v_problem is not null then
    raise exception 'The business hours cannot be kept.'
      using errcode = 'PT422', detail = v_problem, hint =
        'Send a list of {"weekday": 1 to 7 from Monday, "opens": "09:00", "closes": "17:00"}: within one day, up to 24:00, none over another.';
  end if;

  select * into v_settings
  from public.organization_settings s
  where s.org_id = p_org_id and s.effective_from <= v_from
  order by s.effective_from desc
  limit 1;
  begin
    v_settings := jsonb_populate_record(v_settings, p_changes);
    v_settings.effective_from := v_from;
    v_settings.created_at := now();
    v_settings.updated_at := now();
    insert into public.organization_settings as s select (v_settings).*
    on conflict (org_id, effective_from) do update set
      answer_within_seconds = excluded.answer_within_seconds,
      short_abandon_seconds = excluded.short_abandon_seconds,
      excludes_short_abandons = excluded.excludes_short_abandons,
      service_level_target = excluded.service_level_target,
      abandonment_rate_target = excluded.abandonment_rate_target,
      business_hours = excluded.business_hours
    returning s.* into v_settings;
  exception when data_exception or check_violation or not_null_violation then
    raise exception 'One of the values is not possible.'
      using errcode = 'PT422', detail = 'setting_invalid', hint =
        'Targets lie between 0 and 1; thresholds are one of the waits that figures tell apart: '
        || array_to_string(private.wait_edges(), ', ') || ' seconds.';
  end;
  return v_settings;
end
$$;
comment on function private.change_organization_settings(uuid, jsonb, date) is
'Writes the settings that count from a local date on; the caller''s right is checked inside.';
grant execute on function private.change_organization_settings(uuid, jsonb, date) to authenticated;

create function public.change_organization_settings(p_org_id uuid, p_changes jsonb, p_effective_from date default null)
returns public.organization_settings
language sql set search_path = '' as $$
  select private.change_organization_settings(p_org_id, p_changes, p_effective_from)
$$;
comment on function public.change_organization_settings(uuid, jsonb, date) is
'Changes what figures are judged by, from a local date on, today unless said (org admins). Returns the settings that then count.

p_changes: any of answer_within_seconds, short_abandon_seconds, excludes_short_abandons, service_level_target, abandonment_rate_target,
business_hours. What it leaves out stays as it is on that date; changes already planned for later dates stay too.
Errors: organization_not_found, role_not_sufficient, effective_date_unfit, setting_unknown, setting_invalid, business_hours_malformed, business_hours_cross_midnight, business_hours_overlap.';
grant execute on function public.change_organization_settings(uuid, jsonb, date) to authenticated;
