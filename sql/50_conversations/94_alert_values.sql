-- As the role that people's requests run as, so that row-level security applies. It trusts the claims that
-- private.alert_value sets, and so nobody else executes it.
create function private.call_figures_as_owner(
  p_rule public.alert_rules, p_from timestamptz, p_to timestamptz, out value numeric, out population bigint, out target numeric
)
language plpgsql stable security definer set search_path = '' as $$
begin
  case p_rule.kind
    when 'sla' then
      select k.value, k.denominator::bigint into value, population
      from private.count_calls(array[p_rule.org_id], p_from, p_to, p_rule.line_ids, null, null, null, null) c
      cross join lateral private.kpi_values(c.counts, 1) k
      where k.kpi = 'service_level';
      select s.service_level_target into target
      from public.organization_settings s
      join public.organizations o on o.id = s.org_id
      where s.org_id = p_rule.org_id and s.effective_from <= (p_to at time zone o.time_zone)::date
      order by s.effective_from desc
      limit 1;
    when 'missed_burst' then
      select coalesce(sum((c.counts).missed), 0) into value
      from private.count_calls(array[p_rule.org_id], p_from, p_to, p_rule.line_ids, null, null, null, null) c;
    else
      select case p_rule.kind when 'queue' then count(*) else coalesce(max(l.waiting_seconds), 0) end into value
      from public.live_calls l
      where l.org_id = p_rule.org_id and l.waiting_seconds is not null
        and (p_rule.line_ids is null or l.line_id = any (p_rule.line_ids));
  end case;
end
$$;
comment on function private.call_figures_as_owner(public.alert_rules, timestamptz, timestamptz) is
'What a rule about calls goes by, seen with the rights of role authenticated, which owns the function, and the claims of the moment.';
grant create on schema private to authenticated;
alter function private.call_figures_as_owner(public.alert_rules, timestamptz, timestamptz) owner to authenticated;
revoke create on schema private from authenticated;
revoke all on function private.call_figures_as_owner(public.alert_rules, timestamptz, timestamptz) from authenticated;
grant execute on function private.call_figures_as_owner(public.alert_rules, timestamptz, timestamptz) to postgres;

create function private.alert_value(
  p_rule public.alert_rules, p_now timestamptz, out value numeric, out population bigint, out threshold numeric
)
language plpgsql volatile set search_path = '' as $$
declare
  v_from constant timestamptz := p_now - make_interval(mins => p_rule.window_minutes);
  v_claims constant text := coalesce(current_setting('request.jwt.claims', true), '');
begin
  threshold := p_rule.threshold;
  if p_rule.kind = 'sync_stale' then
    value := (
      select floor(max(extract(epoch from p_now - coalesce(c.last_success_at, i.created_at))) / 60)
      from public.integrations i
      join private.sync_cursors c on c.integration_id = i.id and c.resource = 'calls'
      where i.id in (select private.serving_integration_ids(p_rule.org_id)) and i.disabled_at is null
    );
  elsif p_rule.kind = 'failed_events' then
    value := (
      select count(*)
      from private.webhook_events e
      where e.org_id = p_rule.org_id and e.status = 'failed' and e.received_at > v_from and e.received_at <= p_now
    );
  else
    -- Who made the rule was let in by the second factor where one is required.
    perform set_config(
      'request.jwt.claims', jsonb_build_object('sub', p_rule.owner_id, 'role', 'authenticated', 'aal', 'aal2')::text, true
    );
    select f.value, f.population, coalesce(p_rule.threshold, f.target) into value, population, threshold
    from private.call_figures_as_owner(p_rule, v_from, p_now) f;
    perform set_config('request.jwt.claims', v_claims, true);
  end if;
end
$$;
comment on function private.alert_value(public.alert_rules, timestamptz) is
'What a rule goes by, now and as its owner sees it; null where it cannot be measured.';

create function private.alert_lines(p_rule public.alert_rules) returns uuid[]
language plpgsql stable set search_path = '' as $$
declare
  v_role text;
begin
  if p_rule.line_ids is not null then
    return p_rule.line_ids;
  end if;
  select m.role into v_role from public.org_members m where m.org_id = p_rule.org_id and m.user_id = p_rule.owner_id;
  if v_role = 'manager' and not exists (select from private.platform_admins a where a.user_id = p_rule.owner_id) then
    return array(
      select g.line_id
      from public.member_lines g
      join public.org_members m on m.id = g.member_id
      where m.org_id = p_rule.org_id and m.user_id = p_rule.owner_id
    );
  end if;
  return array(select l.id from public.lines l where l.org_id = p_rule.org_id and l.period @> now());
end
$$;
comment on function private.alert_lines(public.alert_rules) is 'The lines that a rule about calls is about.';

create function private.alert_audience(p_rule public.alert_rules) returns uuid[]
language plpgsql stable set search_path = '' as $$
declare
  v_line_ids constant uuid[] := case when p_rule.kind not in ('sync_stale', 'failed_events') then private.alert_lines(p_rule) end;
begin
  return array(
    select p_rule.owner_id
    union
    select m.user_id
    from public.org_members m
    where m.org_id = p_rule.org_id and m.deactivated_at is null
      and (
        (m.role = 'org_admin' and p_rule.audience in ('admins', 'managers'))
        or (
          m.role = 'manager' and p_rule.audience = 'managers'
          -- Nobody is told of lines that they do not see.
          and (v_line_ids is null or (v_line_ids <> '{}' and v_line_ids <@ array(
            select g.line_id from public.member_lines g where g.member_id = m.id
          )))
        )
      )
  );
end
$$;
comment on function private.alert_audience(public.alert_rules) is 'Users whom a rule tells.';

create function private.alert_words(
  p_rule public.alert_rules, p_value numeric, p_threshold numeric, out kind text, out title text, out body text
)
language plpgsql stable set search_path = '' as $$
declare
  v_window constant text := case p_rule.window_minutes when 1 then 'minute' else p_rule.window_minutes || ' minutes' end;
  v_lines text;
  v_number constant text := trim_scale(p_value)::text;
begin
  if p_rule.line_ids is null then
    select case
      when m.role = 'manager' then 'the lines of ' || coalesce(p.full_name, p.email) else 'all lines'
    end into v_lines
    from public.profiles p
    left join public.org_members m on m.user_id = p.user_id and m.org_id = p_rule.org_id
    where p.user_id = p_rule.owner_id;
  else
    select string_agg(coalesce(nullif(l.label, ''), l.e164), ', ' order by l.n) filter (where l.n <= 3)
      || case when count(*) > 3 then format(' and %s more', count(*) - 3) else '' end into v_lines
    from (
      select t.label, t.e164, row_number() over (order by t.label, t.e164) as n
      from public.lines t
      where t.id = any (p_rule.line_ids)
    ) l;
  end if;
  case p_rule.kind
    when 'sla' then
      kind := 'sla_breached';
      title := format('Service level at %s %%', trim_scale(round(p_value * 100, 1)));
      body := format(
        'Of the calls of the last %s on %s, %s %% were answered in time; %s %% is the aim.', v_window, v_lines,
        trim_scale(round(p_value * 100, 1)), trim_scale(round(p_threshold * 100, 1))
      );
    when 'queue' then
      kind := 'queue_long';
      title := case p_value when 1 then '1 caller is waiting' else format('%s callers are waiting', v_number) end;
      body := format('On %s; you asked to be told from %s.', v_lines, trim_scale(p_threshold));
    when 'longest_wait' then
      kind := 'wait_long';
      title := format('A caller has been waiting for %s', private.duration_name(p_value::bigint));
      body := format('On %s; you asked to be told from %s.', v_lines, private.duration_name(p_threshold::bigint));
    when 'missed_burst' then
      kind := 'missed_burst';
      title := format(
        '%s missed %s within %s', v_number, case p_value when 1 then 'call' else 'calls' end,
        case p_rule.window_minutes when 1 then 'a minute' else v_window end
      );
      body := format('On %s; you asked to be told from %s.', v_lines, trim_scale(p_threshold));
    when 'sync_stale' then
      kind := 'sync_stale';
      title := format('Calls have not been pulled for %s', private.duration_name((p_value * 60)::bigint));
      body := 'Figures are complete only until then. The page of the MightyCall accounts tells what went wrong.';
    when 'failed_events' then
      kind := 'failed_events';
      title := format('%s %s failed', v_number, case p_value when 1 then 'delivery' else 'deliveries' end);
      body := format('MightyCall''s deliveries of the last %s could not all be applied. They are kept, and can be applied again.', v_window);
  end case;
  body := format('%s (%s)', body, p_rule.name);
end
$$;
comment on function private.alert_words(public.alert_rules, numeric, numeric) is 'What people are told when a rule is broken.';

create function private.duration_name(p_seconds bigint) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return concat_ws(
    ' ',
    case when p_seconds >= 3600 then p_seconds / 3600 || ' h' end,
    case when p_seconds >= 60 and p_seconds % 3600 >= 60 then p_seconds % 3600 / 60 || ' min' end,
    case when p_seconds < 3600 and (p_seconds % 60 > 0 or p_seconds = 0) then p_seconds % 60 || ' s' end
  );
end
$$;
comment on function private.duration_name(bigint) is 'Seconds in words: 1 h 5 min, 3 min 20 s.';

create function private.after_quiet_hours(p_now timestamptz, p_time_zone text, p_quiet_from time, p_quiet_to time) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_clock constant timestamp := p_now at time zone p_time_zone;
  v_time constant time := v_clock::time;
  v_is_over_midnight constant boolean := p_quiet_from > p_quiet_to;
begin
  return case
    when p_quiet_from is null then p_now
    when v_is_over_midnight and v_time >= p_quiet_from then
      greatest(p_now, private.instant_at(v_clock::date + 1 + p_quiet_to, p_time_zone))
    when v_time < p_quiet_to and (v_is_over_midnight or v_time >= p_quiet_from) then
      greatest(p_now, private.instant_at(v_clock::date + p_quiet_to, p_time_zone))
    else p_now
  end;
end
$$;
comment on function private.after_quiet_hours(timestamptz, text, time, time) is
'When a letter may leave that is written now: now, or once the quiet hours are over by the clock of the zone.';
