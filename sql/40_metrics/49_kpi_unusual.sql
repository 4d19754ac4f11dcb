create function public.kpi_unusual(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_grain text default 'day', p_kpis text[] default null
)
returns table (
  bucket_start timestamptz, kpi text, value numeric, median numeric, low numeric, high numeric,
  observations bigint, calls bigint, is_unusual boolean, data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_from timestamptz;
  v_to timestamptz;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  perform private.require_kpis(p_kpis);
  if p_grain is null or p_grain not in ('hour', 'day') then
    raise exception 'The grain % tells nothing unusual.', coalesce(p_grain, 'null')
      using errcode = 'PT422', detail = 'grain_unfit', hint = 'Choose day, over at most 92 days, or hour, over at most 7.';
  end if;
  perform private.require_days(p_from, p_to, v_time_zone, (case p_grain when 'hour' then 7 else 92 end));
  v_from := private.boundary_before(p_from, v_time_zone, p_grain);
  v_to := private.boundary_after(p_to, v_time_zone, p_grain);

  return query
  with asked as materialized (
    select
      b.bucket_start, b.starts_at, b.ends_at, date_trunc(p_grain, (b.bucket_start + interval '59:59.999999') at time zone v_time_zone) as clock
    from private.buckets(v_from, v_to, v_time_zone, p_grain) b
  ),
  before as materialized (
    select distinct on (b.bucket_start)
      b.bucket_start, b.starts_at, b.ends_at, date_trunc(p_grain, (b.bucket_start + interval '59:59.999999') at time zone v_time_zone) as clock
    from generate_series(1, 8) n
    cross join lateral private.buckets(
      -- An hour earlier: of one that comes twice, local time names the second.
      (v_from at time zone v_time_zone - make_interval(weeks => n)) at time zone v_time_zone - interval '1 hour',
      (v_to at time zone v_time_zone - make_interval(weeks => n)) at time zone v_time_zone, v_time_zone, p_grain
    ) b
    order by b.bucket_start asc, b.starts_at asc, b.ends_at desc
  ),
  counted as materialized (
    select c.bucket_start, c.counts
    from private.count_calls(
      v_org_ids, (v_from at time zone v_time_zone - interval '56 days') at time zone v_time_zone, v_to, p_line_ids, p_member_ids, p_grain,
      v_time_zone, p_in_hours
    ) c
  ),
  -- What lies before the first call of twelve weeks is no observation.
  first as (
    select case when (e.counts).offered + (e.counts).outbound > 0 then '-infinity' else (select min(c.bucket_start) from counted c) end as called_at
    from (values (true)) as always (is_so)
    left join lateral private.count_calls(
      v_org_ids, (v_from at time zone v_time_zone - interval '84 days') at time zone v_time_zone,
      (v_from at time zone v_time_zone - interval '56 days') at time zone v_time_zone, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours
    ) e on true
  ),
  used as (
    select b.bucket_start, b.starts_at, b.ends_at, b.clock
    from before b
    where b.bucket_start >= (select f.called_at from first f)
      and b.bucket_start not in (select a.bucket_start from asked a)
      and b.clock in (select a.clock - make_interval(weeks => n) from asked a cross join generate_series(1, 8) n)
    union all
    select a.bucket_start, a.starts_at, a.ends_at, a.clock from asked a
  ),
  figure as materialized (
    select u.bucket_start, u.clock, k.kpi, k.value, k.known
    from used u
    left join counted c on c.bucket_start = u.bucket_start
    cross join lateral private.kpi_values(
      coalesce(c.counts, private.no_calls()), private.elapsed_minutes(u.starts_at, u.ends_at)
    ) k
    where p_kpis is null or k.kpi = any (p_kpis)
  ),
  observed as (
    select a.bucket_start, h.kpi, array_agg(h.value order by h.value) as seen, count(*) as observations, sum(h.known)::bigint as calls
    from asked a
    cross join generate_series(1, 8) n
    join figure h on h.clock = a.clock - make_interval(weeks => n) and h.bucket_start < a.bucket_start
    where h.value is not null
    group by a.bucket_start, h.kpi
  ),
  -- Percentiles are of the type double precision, and quotients have more digits: what is in the middle is not rounded.
  spread as (
    select o.bucket_start, o.kpi, o.calls, o.observations, m.median, 3 * 1.4826 * d.deviation as tolerance
    from observed o
    cross join lateral (
      select (o.seen[(o.observations + 1) / 2] + o.seen[o.observations / 2 + 1]) / 2 as median
    ) m
    cross join lateral (select array_agg(abs(s.value - m.median) order by abs(s.value - m.median)) as away from unnest(o.seen) as s (value)) v
    cross join lateral (
      select (v.away[(o.observations + 1) / 2] + v.away[o.observations / 2 + 1]) / 2 as deviation
    ) d
  )
  select
    a.bucket_start, f.kpi, f.value, trim_scale(s.median), trim_scale(s.median - s.tolerance), trim_scale(s.median + s.tolerance),
    coalesce(s.observations, 0), coalesce(s.calls, 0),
    case
      -- A bucket that is not over would be unusually quiet.
      when a.ends_at <= now() and s.observations >= 5 and s.calls >= 20 then f.value not between s.median - s.tolerance and s.median + s.tolerance
    end,
    t.data_through, d.version
  from asked a
  join figure f on f.bucket_start = a.bucket_start
  join public.kpi_definitions d on d.kpi = f.kpi
  left join spread s on s.bucket_start = f.bucket_start and s.kpi = f.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  order by a.bucket_start, f.kpi;
end
$$;
comment on function public.kpi_unusual(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text, text[]) is
'The KPIs of each whole local day (at most 92) or hour (of at most 7 days) that a range meets, and whether they are unusual: outside median ± 3 × 1.4826 × the median deviation of the same weekday, or weekday and hour, of the 8 weeks before.

is_unusual is null where that cannot be said: fewer than 5 observations or 20 calls (calls: over how many known ones the observations are), a value that is not measurable, a
day or hour that is not over. Observations begin with the first call of twelve weeks. p_kpis chooses.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing, grain_unfit, kpi_unknown.';
grant execute on function public.kpi_unusual(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text, text[])
to authenticated, api_reader;
