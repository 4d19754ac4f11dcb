create function public.callbacks(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_window_hours integer default 24
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
  perform private.require_window(p_window_hours);

  return query
  select
    f.kpi, trim_scale(f.numerator / nullif(f.denominator, 0)), f.numerator, f.denominator, f.known::bigint, f.total::bigint,
    t.data_through, d.version
  from (
    select
      coalesce(sum(g.missed), 0) as missed, coalesce(sum(g.missed) filter (where g.external_number is not null), 0) as identified,
      count(g.first_missed_at) as callers, count(g.reached_at) as reached,
      count(*) filter (where g.reached_by = 'called_back') as called_back,
      count(*) filter (where g.reached_by = 'called_again') as called_again,
      percentile_cont(array[0.5, 0.9]) within group (order by g.seconds_to_contact::double precision) as seconds
    from private.callers(
      v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, make_interval(hours => p_window_hours)
    ) g
  ) c
  cross join lateral (values
    ('missed_callers', c.callers::numeric, 1::numeric, c.identified, c.missed),
    ('callback_rate', c.reached, c.callers, c.identified, c.missed),
    ('callers_called_back', c.called_back, 1, c.identified, c.missed),
    ('callers_who_called_again', c.called_again, 1, c.identified, c.missed),
    ('callers_outstanding', c.callers - c.reached, 1, c.identified, c.missed),
    ('time_to_callback_median', c.seconds[1]::numeric, 1, c.reached, c.callers),
    ('time_to_callback_p90', c.seconds[2]::numeric, 1, c.reached, c.callers)
  ) as f (kpi, numerator, denominator, known, total)
  join public.kpi_definitions d on d.kpi = f.kpi
  cross join private.data_through(v_org_ids) as t (data_through);
end
$$;
comment on function public.callbacks(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, integer) is
'How many of the numbers that were missed in a range of at most 31 days were reached within p_window_hours of their first miss, and how soon.

They were reached by a call that was answered, theirs or ours, on any line the caller sees, the end of the range notwithstanding; callers() lists them.
For numbers and rates known counts the missed calls of identified numbers and total all missed; for times, the callers reached and all.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, window_invalid.';
grant execute on function public.callbacks(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, integer) to authenticated, api_reader;
