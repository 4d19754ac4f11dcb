create function private.evaluate_alert_rule(p_rule public.alert_rules, p_now timestamptz) returns integer
language plpgsql set search_path = '' as $$
declare
  v_measured record;
  v_alert public.alerts;
  v_is_bad boolean;
  v_is_good boolean;
  v_words record;
  v_clear numeric;
begin
  v_measured := private.alert_value(p_rule, p_now);
  v_clear := coalesce(p_rule.clear_threshold, v_measured.threshold);
  -- What cannot be measured is not bad, and an episode does not outlast the calls it was about.
  v_is_bad := coalesce((case p_rule.kind
    when 'sla' then v_measured.value < v_measured.threshold else v_measured.value >= v_measured.threshold
  end), false);
  v_is_good := coalesce((case p_rule.kind when 'sla' then v_measured.value >= v_clear else v_measured.value < v_clear end), true);

  select * into v_alert from public.alerts a where a.rule_id = p_rule.id and a.cleared_at is null for no key update;
  if not found then
    if not v_is_bad or (p_rule.kind = 'sla' and v_measured.population < p_rule.min_calls) then
      return 0;
    end if;
    v_words := private.alert_words(p_rule, v_measured.value, v_measured.threshold);
    insert into public.alerts (org_id, rule_id, kind, raised_at, value, worst_value, threshold, title, created_at)
    values (
      p_rule.org_id, p_rule.id, p_rule.kind, p_now, v_measured.value, v_measured.value, v_measured.threshold, v_words.title, p_now
    )
    on conflict (rule_id) where cleared_at is null do nothing
    returning * into v_alert;
    if not found then
      return 0;
    end if;
    perform private.notify_people(
      private.alert_audience(p_rule), p_rule.org_id, v_words.kind, 'alert', v_words.title, v_words.body, '/alerts?alert=' || v_alert.id,
      v_alert.id,
      (
        select private.after_quiet_hours(p_now, o.time_zone, p_rule.quiet_from, p_rule.quiet_to)
        from public.organizations o
        where o.id = p_rule.org_id
      ),
      p_now
    );
    return 1;
  end if;

  if v_is_good and coalesce(v_alert.good_since, p_now) <= p_now - make_interval(mins => p_rule.clear_after_minutes) then
    perform private.clear_alerts(array[v_alert.id], p_now);
    return 1;
  end if;
  update public.alerts a set
    good_since = case when v_is_good then coalesce(a.good_since, p_now) end,
    worst_value = case p_rule.kind
      when 'sla' then least(a.worst_value, v_measured.value) else greatest(a.worst_value, v_measured.value)
    end
  where a.id = v_alert.id and (
    (a.good_since is null) = v_is_good
    or case p_rule.kind when 'sla' then v_measured.value < a.worst_value else v_measured.value > a.worst_value end
  );
  return 0;
end
$$;
comment on function private.evaluate_alert_rule(public.alert_rules, timestamptz) is
'Looks at one rule: begins an episode, and tells of it once, or ends one. Returns 1 where it did.';

create function private.clear_alerts(p_alert_ids uuid[], p_now timestamptz) returns void
language plpgsql set search_path = '' as $$
begin
  update public.alerts a set cleared_at = greatest(p_now, a.raised_at), good_since = null where a.id = any (p_alert_ids);
  update public.notifications n set resolved_at = p_now where n.alert_id = any (p_alert_ids);
end
$$;
comment on function private.clear_alerts(uuid[], timestamptz) is 'Ends episodes, and says so where people were told of them.';

create function private.evaluate_alerts(p_now timestamptz, p_limit integer) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_rule public.alert_rules;
  v_over uuid[];
  v_count integer := private.stop_without_owner(p_now);
begin
  v_over := array(
    select a.id
    from public.alerts a
    join public.alert_rules r on r.id = a.rule_id
    where a.cleared_at is null and not r.enabled
    order by a.id
    for no key update of a skip locked
  );
  if v_over <> '{}' then
    perform private.clear_alerts(v_over, p_now);
    v_count := v_count + cardinality(v_over);
  end if;

  for v_rule in
    select r.*
    from public.alert_rules r
    join public.organizations o on o.id = r.org_id and o.archived_at is null
    left join private.alert_checks c on c.rule_id = r.id
    where r.enabled and coalesce(c.next_check_at, '-infinity') <= p_now
    order by c.next_check_at nulls first, r.id
    limit p_limit
    for no key update of r skip locked
  loop
    begin
      v_count := v_count + private.evaluate_alert_rule(v_rule, p_now);
      insert into private.alert_checks as c (rule_id, next_check_at) values (v_rule.id, p_now + interval '20 seconds')
      on conflict (rule_id) do update set next_check_at = excluded.next_check_at, error = null;
    exception when others then
      -- One rule that cannot be looked at must not stop the others.
      insert into private.alert_checks as c (rule_id, next_check_at, error)
      values (v_rule.id, p_now + interval '5 minutes', left(sqlerrm, 2000))
      on conflict (rule_id) do update set next_check_at = excluded.next_check_at, error = excluded.error;
    end;
  end loop;
  return v_count;
end
$$;
comment on function private.evaluate_alerts(timestamptz, integer) is
'Looks at the alert rules whose turn it is, each every twenty seconds, whatever number of workers ask; returns how many episodes began or ended.';
grant execute on function private.evaluate_alerts(timestamptz, integer) to sync;
