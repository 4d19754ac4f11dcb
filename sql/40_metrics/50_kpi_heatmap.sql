create function private.hours_of_week(p_from timestamptz, p_to timestamptz, p_time_zone text, p_now timestamptz)
returns table (weekday integer, hour integer, hours bigint, minutes numeric)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with day as materialized (
    select d.clock, d.clock at time zone p_time_zone as starts_at, (d.clock + interval '1 day') at time zone p_time_zone as ends_at
    from generate_series(
      date_trunc('day', p_from at time zone p_time_zone) - interval '1 day',
      date_trunc('day', least(p_to, p_now) at time zone p_time_zone) + interval '1 day', interval '1 day'
    ) as d (clock)
  ),
  -- Most days have each hour once; the others, and those that the range or the present cuts, are taken hour by hour.
  whole as (
    select extract(isodow from d.clock)::int as weekday, count(*) as days
    from day d
    where d.starts_at >= p_from and d.ends_at <= least(p_to, p_now) and d.ends_at - d.starts_at = interval '24 hours'
    group by 1
  ),
  met as (
    select
      extract(isodow from q.clock)::int as weekday, extract(hour from q.clock)::int as hour,
      count(distinct q.bucket_start) as hours,
      sum(extract(epoch from least(q.at + interval '15 minutes', p_to, p_now) - greatest(q.at, p_from))) / 60 as minutes
    from day d
    cross join lateral (
      -- Clocks are set, and hours begin, at quarters of an hour.
      select t.tick as at, b.bucket_start, private.hour_shown(b.bucket_start, p_time_zone) as clock
      from generate_series(
        date_bin('15 minutes', greatest(d.starts_at, p_from), '2000-01-01 00:00Z'),
        least(d.ends_at, p_to, p_now) - interval '1 microsecond', interval '15 minutes'
      ) as t (tick)
      cross join lateral private.bucket_start(t.tick, p_time_zone, 'hour') as b (bucket_start)
    ) q
    where greatest(d.starts_at, p_from) < least(d.ends_at, p_to, p_now)
      and not (d.starts_at >= p_from and d.ends_at <= least(p_to, p_now) and d.ends_at - d.starts_at = interval '24 hours')
    group by 1, 2
  )
  select
    w.weekday, h.hour, coalesce(t.days, 0) + coalesce(m.hours, 0), trim_scale(coalesce(t.days, 0) * 60 + coalesce(m.minutes, 0))
  from generate_series(1, 7) as w (weekday)
  cross join generate_series(0, 23) as h (hour)
  left join whole t on t.weekday = w.weekday
  left join met m on m.weekday = w.weekday and m.hour = h.hour;
end
$$;
comment on function private.hours_of_week(timestamptz, timestamptz, text, timestamptz) is
'How often each hour of the local week had begun in the range by now, and for how many minutes: a change of clocks leaves an hour out, or brings it twice.';
grant execute on function private.hours_of_week(timestamptz, timestamptz, text, timestamptz) to authenticated, api_reader;

create function public.kpi_heatmap(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_kpis text[] default null
)
returns table (
  weekday integer, hour integer, kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint,
  data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_days(p_from, p_to, v_time_zone, 366);
  perform private.require_kpis(p_kpis);

  return query
  with counted as (
    select
      extract(isodow from l.clock)::int as weekday, extract(hour from l.clock)::int as hour,
      row(
        sum((c.counts).offered), sum((c.counts).answered), sum((c.counts).voicemail), sum((c.counts).missed),
        sum((c.counts).known_waits), sum((c.counts).known_answered_waits), sum((c.counts).known_missed_waits),
        sum((c.counts).answered_in_time), sum((c.counts).short_abandons), sum((c.counts).answered_wait_seconds),
        sum((c.counts).missed_wait_seconds), max((c.counts).longest_wait_seconds), sum((c.counts).known_talks),
        sum((c.counts).talk_seconds), sum((c.counts).very_short), sum((c.counts).known_durations), sum((c.counts).duration_seconds),
        sum((c.counts).dropped), sum((c.counts).transferred), sum((c.counts).outbound), sum((c.counts).outbound_connected),
        sum((c.counts).known_outbound_talks), sum((c.counts).outbound_talk_seconds)
      )::private.call_counts as counts
    from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, 'hour', v_time_zone, p_in_hours) c
    cross join lateral private.hour_shown(c.bucket_start, v_time_zone) as l (clock)
    group by 1, 2
  )
  select
    w.weekday, w.hour, k.kpi, case when d.adds_up then trim_scale(k.numerator / nullif(w.hours, 0)) else k.value end,
    k.numerator, case when d.adds_up then w.hours else k.denominator end, k.known, k.total, t.data_through, d.version
  from private.hours_of_week(p_from, p_to, v_time_zone, now()) w
  left join counted c on c.weekday = w.weekday and c.hour = w.hour
  cross join lateral private.kpi_values(coalesce(c.counts, private.no_calls()), w.minutes) k
  join public.kpi_definitions d on d.kpi = k.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  where p_kpis is null or k.kpi = any (p_kpis)
  order by w.weekday, w.hour, k.kpi;
end
$$;
comment on function public.kpi_heatmap(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[]) is
'The KPIs per hour of the local week, weekday from 1 (Monday), over at most 366 days: what adds up as the mean per hour of that name that had begun by now, the rest over all of its calls.

value is null for an hour that never occurred; one that a change of clocks brings twice occurred twice. p_kpis chooses, as ''{offered}''.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, kpi_unknown.';
grant execute on function public.kpi_heatmap(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[]) to authenticated, api_reader;
