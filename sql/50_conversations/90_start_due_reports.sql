create function private.stop_without_owner(p_now timestamptz) returns integer
language plpgsql set search_path = '' as $$
declare
  v_stopped record;
  v_count integer := 0;
begin
  for v_stopped in
    with without_owner as (
      select s.id, private.owner_problem(s.owner_id, s.org_id) as problem
      from public.report_schedules s
      join public.organizations o on o.id = s.org_id and o.archived_at is null
      where s.enabled and not private.is_in_charge(s.owner_id, s.org_id)
      order by s.id
      for no key update of s skip locked
    )
    update public.report_schedules s set enabled = false, next_run_at = null, stopped_at = p_now, stopped_reason = w.problem
    from without_owner w
    where s.id = w.id and s.enabled
    returning
      s.org_id, s.stopped_reason, format('The report “%s” is not sent any more', s.name) as title, '/reports/schedules?schedule=' || s.id as link
  loop
    perform private.tell_stopped(v_stopped.org_id, v_stopped.title, v_stopped.stopped_reason, v_stopped.link, p_now);
    v_count := v_count + 1;
  end loop;

  for v_stopped in
    with without_owner as (
      select r.id, private.owner_problem(r.owner_id, r.org_id) as problem
      from public.alert_rules r
      join public.organizations o on o.id = r.org_id and o.archived_at is null
      where r.enabled and not private.is_in_charge(r.owner_id, r.org_id)
      order by r.id
      for no key update of r skip locked
    )
    update public.alert_rules r set enabled = false, stopped_at = p_now, stopped_reason = w.problem
    from without_owner w
    where r.id = w.id and r.enabled
    returning r.org_id, r.stopped_reason, format('The alert “%s” is not watched any more', r.name) as title, '/alerts/rules?rule=' || r.id as link
  loop
    perform private.tell_stopped(v_stopped.org_id, v_stopped.title, v_stopped.stopped_reason, v_stopped.link, p_now);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function private.stop_without_owner(timestamptz) is
'Stops schedules and alert rules whose owners may not have them any more, and tells the admins of their organizations; returns how many.';

create function private.tell_stopped(p_org_id uuid, p_title text, p_reason text, p_link text, p_now timestamptz) returns void
language plpgsql set search_path = '' as $$
begin
  perform private.notify_people(
    private.active_admin_ids(p_org_id), p_org_id, 'schedule_stopped', 'schedule_stopped', p_title,
    p_reason || ' An admin can take it over, or delete it.', p_link, null, p_now, p_now
  );
end
$$;
comment on function private.tell_stopped(uuid, text, text, text, timestamptz) is
'Tells an organization''s admins that something was stopped, and why.';

create function private.start_due_reports(p_now timestamptz, p_limit integer) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_schedule public.report_schedules;
  v_run_id uuid;
  v_time_zone text;
  v_last record;
  v_period record;
  v_count integer := private.stop_without_owner(p_now);
begin
  for v_schedule in
    select s.*
    from public.report_schedules s
    join public.organizations o on o.id = s.org_id and o.archived_at is null
    where s.enabled and s.next_run_at <= p_now
    order by s.next_run_at, s.id
    limit p_limit
    for no key update of s skip locked
  loop
    select o.time_zone into v_time_zone from public.organizations o where o.id = v_schedule.org_id;
    -- After a time without workers only the last period is told of, not a flood of those before.
    v_last := private.last_run(v_schedule, v_time_zone, p_now);
    v_period := private.report_period(v_schedule.frequency, v_last.day, v_time_zone);
    -- A day that a zone skipped has no hours to tell of.
    if v_period.period_start < v_period.period_end then
      perform private.start_report_run(v_schedule, v_period.period_start, v_period.period_end, false, p_now);
    end if;
    update public.report_schedules s set next_run_at = private.next_run_at(v_schedule, v_time_zone, p_now) where s.id = v_schedule.id;
    v_count := v_count + 1;
  end loop;

  -- Runs that nobody will advance: their documents were deleted while they were being made.
  for v_run_id in
    select r.id
    from public.report_runs r
    where r.state = 'rendering' and not exists (
      select from public.documents d where d.id = any (r.document_ids) and d.state in ('queued', 'rendering')
    )
    order by r.id
    limit p_limit
  loop
    perform private.advance_report_run(v_run_id, p_now);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function private.start_due_reports(timestamptz, integer) is
'Begins the runs of schedules whose time has come, each once for its period whatever number of workers ask, and stops schedules and alert rules without an owner. Returns how much it did.';
grant execute on function private.start_due_reports(timestamptz, integer) to sync;
