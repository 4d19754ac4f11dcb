create function public.kpi_series(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_grain text default 'day'
)
returns table (bucket_start timestamptz, kpi text, value numeric, known bigint, total bigint)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_allowed text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;

  select g.grain into v_allowed
  from (values (1, 'hour', interval '62 days'), (2, 'day', interval '5 years'), (3, 'week', interval '30 years'), (4, 'month', interval '100 years'))
    as g (fineness, grain, longest)
  where p_to <= p_from + g.longest
    and g.fineness >= array_position(array['hour', 'day', 'week', 'month'], p_grain)
  order by g.fineness
  limit 1;
  if p_grain is null or v_allowed is distinct from p_grain then
    raise exception 'The grain % does not fit this range.', coalesce(p_grain, 'null')
      using errcode = 'PT422', detail = 'grain_unfit',
        hint = coalesce('The nearest that fits is ' || v_allowed || '.', 'Choose hour, day, week or month, over at most 100 years.');
  end if;

  return query
  with bucket as (
    select
      b.bucket_start, greatest(b.bucket_start, p_from) as starts_at,
      least(lead(b.bucket_start, 1, p_to) over (order by b.bucket_start), p_to) as ends_at
    from (
      -- Quarter hours meet every local hour and day that there is, in zones of any offset.
      select distinct private.bucket_start(tick, v_time_zone, p_grain) as bucket_start
      from generate_series(p_from, p_to - interval '1 microsecond', case p_grain when 'hour' then interval '15 minutes' else interval '12 hours' end) tick
      union
      select private.bucket_start(p_to - interval '1 microsecond', v_time_zone, p_grain)
    ) b
  )
  select b.bucket_start, k.kpi, k.value, k.known, k.total
  from bucket b
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_grain, v_time_zone, p_in_hours) c
    on c.bucket_start = b.bucket_start
  cross join lateral private.kpi_values(
    coalesce(c.counts, private.no_calls()), private.elapsed_minutes(b.starts_at, b.ends_at)
  ) k
  order by b.bucket_start, k.kpi;
end
$$;
comment on function public.kpi_series(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text) is
'The KPIs of a range per local hour, day, week (from Monday) or month, empty buckets included.

Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, grain_unfit.';
grant execute on function public.kpi_series(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text) to authenticated, api_reader;
