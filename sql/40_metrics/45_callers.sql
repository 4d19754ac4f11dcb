create function private.callers(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean,
  p_window interval
)
returns table (
  org_id uuid, external_number text, calls bigint, answered bigint, missed bigint, repeats bigint,
  first_called_at timestamptz, last_called_at timestamptz, first_missed_at timestamptz, first_missed_call_id uuid,
  reached_at timestamptz, reached_call_id uuid, reached_by text, seconds_to_contact numeric
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with history as (
    select
      t.id, t.org_id, t.line_id, t.member_ids, t.started_at, t.outcome,
      case when t.external_number ~ '[0-9]' then t.external_number end as external_number,
      max(t.started_at) over (
        partition by t.org_id, t.external_number order by t.started_at groups between unbounded preceding and 1 preceding
      ) as called_before_at
    from public.calls t
    where t.org_id = any (p_org_ids) and t.started_at >= p_from - interval '168 hours' and t.started_at < p_to
      and t.direction = 'inbound' and t.outcome is not null and t.deleted_at is null
  ),
  caller as (
    select
      t.org_id, t.external_number,
      count(*) as calls,
      count(*) filter (where t.outcome = 'answered') as answered,
      count(*) filter (where t.outcome = 'missed') as missed,
      count(*) filter (where t.external_number is not null and t.called_before_at >= t.started_at - interval '168 hours') as repeats,
      min(t.started_at) as first_called_at, max(t.started_at) as last_called_at,
      min(t.started_at) filter (where t.outcome = 'missed' and t.external_number is not null) as first_missed_at,
      (array_agg(t.id order by t.started_at, t.id) filter (where t.outcome = 'missed' and t.external_number is not null))[1]
        as first_missed_call_id
    from history t
    left join private.settings_in_force(p_org_ids, p_from, p_to, true) s
      on p_in_hours is not null and s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    where t.started_at >= p_from
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
    group by t.org_id, t.external_number
  )
  select
    g.org_id, g.external_number, g.calls, g.answered, g.missed, g.repeats, g.first_called_at, g.last_called_at,
    g.first_missed_at, g.first_missed_call_id, r.started_at, r.id,
    case when r.direction = 'inbound' then 'called_again' when r.direction is not null then 'called_back' end,
    trim_scale(extract(epoch from r.started_at - g.first_missed_at))
  from caller g
  left join lateral (
    select c.id, c.started_at, c.direction
    from public.calls c
    where p_window is not null and g.first_missed_at is not null
      and c.org_id = g.org_id and c.external_number = g.external_number
      and c.started_at > g.first_missed_at and c.started_at <= g.first_missed_at + p_window
      and c.outcome = 'answered' and c.direction <> 'internal' and c.deleted_at is null
    order by c.started_at, c.direction = 'inbound', c.id
    limit 1
  ) r on true;
end
$$;
comment on function private.callers(uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, interval) is
'Who called in a range, one row per number and one (null) for all who are not identified, and when those missed were reached within the window.';
grant execute on function private.callers(uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, interval) to authenticated, api_reader;

create function private.require_window(p_window_hours integer) returns void
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  if p_window_hours is null or p_window_hours not between 1 and 744 then
    raise exception 'A callback is awaited for 1 to 744 hours.'
      using errcode = 'PT422', detail = 'window_invalid', hint = 'Leave p_window_hours out for a day.';
  end if;
end
$$;
comment on function private.require_window(integer) is 'Refuses to wait for callbacks forever, or not at all.';
grant execute on function private.require_window(integer) to authenticated, api_reader;

create function public.callers(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_window_hours integer default 24
)
returns table (
  org_id uuid, external_number text, calls bigint, answered bigint, missed bigint, repeats bigint,
  first_called_at timestamptz, last_called_at timestamptz, first_missed_at timestamptz, first_missed_call_id uuid,
  reached_at timestamptz, reached_call_id uuid, reached_by text, seconds_to_contact numeric
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 31);
  perform private.require_window(p_window_hours);

  return query
  select c.*
  from private.callers(
    v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, make_interval(hours => p_window_hours)
  ) c
  order by c.last_called_at desc, c.external_number, c.org_id;
end
$$;
comment on function public.callers(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, integer) is
'Who called in a range of at most 31 days, one row per number: how often, how often again within 7 × 24 hours, and whether whoever was missed was then reached.

One row has no number: all calls of those who withheld theirs, whom nobody can call back. first_missed_at: the first missed call in the range. reached_by: called_back (we
called) or called_again (they did) within p_window_hours of it, in either case answered, on any line the caller sees; null: not reached.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, window_invalid.';
grant execute on function public.callers(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, integer) to authenticated, api_reader;

create function public.repeat_callers(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (
  kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint,
  data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 31);

  return query
  select
    f.kpi, trim_scale(f.numerator / nullif(f.denominator, 0)), f.numerator, f.denominator, c.identified::bigint, c.calls::bigint,
    t.data_through, d.version
  from (
    select
      coalesce(sum(g.calls), 0) as calls, coalesce(sum(g.repeats), 0) as repeats,
      coalesce(sum(g.calls) filter (where g.external_number is not null), 0) as identified,
      count(*) filter (where g.external_number is not null and g.answered > 0) as reached
    from private.callers(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, null) g
  ) c
  cross join lateral (values
    ('repeat_calls', c.repeats, 1::numeric),
    ('repeat_rate', c.repeats, c.calls),
    ('first_call_resolution_proxy', c.calls - c.repeats, c.calls),
    ('calls_per_reached_contact', c.identified, c.reached::numeric)
  ) as f (kpi, numerator, denominator)
  join public.kpi_definitions d on d.kpi = f.kpi
  cross join private.data_through(v_org_ids) as t (data_through);
end
$$;
comment on function public.repeat_callers(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'How many of a range''s calls came from numbers that had called within the 7 × 24 hours before, on any line the caller sees, over at most 31 days.

known counts the calls of identified numbers; the others repeat nothing. First-call resolution is a proxy: nobody says that a question was answered.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing.';
grant execute on function public.repeat_callers(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated, api_reader;
