create function private.compared_ranges(p_from timestamptz, p_to timestamptz, p_time_zone text, p_with text, p_now timestamptz)
returns table (starts_at timestamptz, ends_at timestamptz)
language plpgsql stable set search_path = '' as $$
declare
  v_from constant timestamp := p_from at time zone p_time_zone;
  -- Today until now is compared with other days until the same time.
  v_to constant timestamp := least(p_to, greatest(p_now, p_from)) at time zone p_time_zone;
begin
  if p_with = 'previous' then
    return query select r.previous_from, r.previous_to from private.previous_range(p_from, p_to, p_time_zone, p_now) r;
  elsif p_with = 'weekdays' then
    -- Clocks that are set can make an end come before its start.
    return query
    select f.starts_at, greatest(f.starts_at, (v_to - make_interval(weeks => n)) at time zone p_time_zone)
    from generate_series(1, 4) n
    cross join lateral (select (v_from - make_interval(weeks => n)) at time zone p_time_zone as starts_at) f;
  elsif v_to <= v_from + interval '1 day' then
    return query
    select f.starts_at, greatest(f.starts_at, (v_to - make_interval(days => n)) at time zone p_time_zone)
    from generate_series(1, 28) n
    cross join lateral (select (v_from - make_interval(days => n)) at time zone p_time_zone as starts_at) f;
  else
    return query
    select
      (date_trunc('day', v_from) - make_interval(days => n)) at time zone p_time_zone,
      (date_trunc('day', v_from) - make_interval(days => n - 1)) at time zone p_time_zone
    from generate_series(1, 28) n;
  end if;
end
$$;
comment on function private.compared_ranges(timestamptz, timestamptz, text, text, timestamptz) is
'What a range is compared with: the one before, the same hours one to four weeks earlier, or each of the 28 days before (while no more than a day of the range has passed its hours, else whole days).';
grant execute on function private.compared_ranges(timestamptz, timestamptz, text, text, timestamptz) to authenticated, api_reader;

create function public.kpi_comparison(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_with text default 'previous'
)
returns table (
  kpi text, value numeric, compared numeric, change numeric, ranges bigint,
  known bigint, total bigint, data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_days numeric := 1;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  if p_with is null or p_with not in ('previous', 'weekdays', 'month_mean') then
    raise exception 'Nothing is compared with %.', coalesce(p_with, 'null')
      using errcode = 'PT422', detail = 'comparison_unknown', hint = 'Choose previous, weekdays or month_mean.';
  end if;
  if p_with = 'month_mean' then
    v_days := greatest(1, extract(
      epoch from (least(p_to, greatest(now(), p_from)) at time zone v_time_zone) - (p_from at time zone v_time_zone)
    ) / 86400);
  end if;

  return query
  with compared as materialized (
    select
      r.starts_at, r.ends_at,
      p_with = 'month_mean' and r.starts_at = private.bucket_start(r.starts_at, v_time_zone, 'day')
      and r.ends_at = private.local_midnight(
        date_trunc('day', r.starts_at at time zone v_time_zone) + interval '1 day', v_time_zone
      ) as is_day
    from private.compared_ranges(p_from, p_to, v_time_zone, p_with, now()) r
  ),
  counted as (
    select true as is_current, p_from as starts_at, p_to as ends_at, c.counts
    from (values (true)) as always (is_so)
    left join lateral private.count_calls(
      v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours
    ) c on true
    union all
    select false, r.starts_at, r.ends_at, c.counts
    from compared r
    left join lateral private.count_calls(
      v_org_ids, r.starts_at, r.ends_at, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours
    ) c on true
    where not r.is_day
    union all
    -- Whole days are counted together.
    select false, r.starts_at, r.ends_at, c.counts
    from compared r
    left join (
      select k.bucket_start, k.counts
      from (select min(d.starts_at) as starts_at, max(d.ends_at) as ends_at from compared d where d.is_day) a
      cross join lateral private.count_calls(
        v_org_ids, a.starts_at, a.ends_at, p_line_ids, p_member_ids, 'day', v_time_zone, p_in_hours
      ) k
    ) c on c.bucket_start = r.starts_at
    where r.is_day
  ),
  figure as (
    select c.is_current, k.kpi, k.value, k.known, k.total
    from counted c
    cross join lateral private.kpi_values(coalesce(c.counts, private.no_calls()), private.elapsed_minutes(c.starts_at, c.ends_at)) k
  ),
  before as (
    select f.kpi, avg(f.value) as value, count(f.value) as ranges from figure f where not f.is_current group by f.kpi
  )
  select
    f.kpi, f.value, b.value, (f.value - b.value) / nullif(b.value, 0), b.ranges, f.known, f.total, t.data_through, d.version
  from figure f
  join public.kpi_definitions d on d.kpi = f.kpi
  cross join lateral (
    select m.ranges, trim_scale(case when d.adds_up then m.value * v_days else m.value end) as value
    from before m
    where m.kpi = f.kpi
  ) b
  cross join private.data_through(v_org_ids) as t (data_through)
  where f.is_current;
end
$$;
comment on function public.kpi_comparison(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text) is
'The KPIs of a range beside those of others: of the range before (p_with previous), the mean of the same weekdays of four weeks (weekdays), or the mean per day of the 28 days before (month_mean).

compared is the mean over so many ranges, those in which it is measurable; change is the difference as a share of it. Ranges are shifted by the local calendar and,
while p_to is still to come, cut at the same time. month_mean compares a range of which at most a day has passed with its hours on each of the days; what adds up
over a longer one is compared with the mean per day times its days.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, comparison_unknown.';
grant execute on function public.kpi_comparison(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text) to authenticated, api_reader;
