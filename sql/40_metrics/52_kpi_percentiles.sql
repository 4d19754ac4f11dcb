create function private.wait_percentiles(p_answered bigint[])
returns table (share numeric, seconds numeric, is_at_least boolean)
language sql immutable parallel safe set search_path = '' as $$
  with bin as (
    select
      b.n, b.calls, coalesce((private.wait_edges())[b.n - 1], 0)::numeric as low, (private.wait_edges())[b.n]::numeric as high,
      sum(b.calls) over (order by b.n) as through, sum(b.calls) over () as calls_in_all
    from unnest(p_answered) with ordinality as b (calls, n)
  )
  select
    q.share, trim_scale(coalesce(b.low + (b.high - b.low) * (q.share * b.calls_in_all - (b.through - b.calls)) / b.calls, b.low)),
    b.high is null
  from (values (0.5), (0.9), (0.95)) as q (share)
  cross join lateral (
    select b.* from bin b where b.calls > 0 and b.through >= q.share * b.calls_in_all order by b.n limit 1
  ) b
$$;
comment on function private.wait_percentiles(bigint[]) is
'The median, the 90th and the 95th percentile of a histogram of waits, one number for each bin: as if the waits of a bin were spread evenly over it. The last has no end.';
grant execute on function private.wait_edges(), private.wait_percentiles(bigint[]) to authenticated, api_reader;

create function public.kpi_percentiles(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_exact boolean default false
)
returns table (
  kpi text, value numeric, is_at_least boolean, known bigint, total bigint, data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_answered bigint;
  v_exact double precision[];
  v_bins bigint[];
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  select (c.counts).answered into v_answered
  from private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, v_time_zone, p_in_hours) c;

  if p_exact then
    perform private.require_days(p_from, p_to, v_time_zone, 31);
    select percentile_cont(array[0.5, 0.9, 0.95]) within group (order by t.wait_seconds), array[count(t.wait_seconds)]
    into v_exact, v_bins
    from public.calls t
    left join private.settings_in_force(v_org_ids, p_from, p_to, true) s
      on p_in_hours is not null and s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    where t.org_id = any (v_org_ids) and t.started_at >= p_from and t.started_at < p_to
      and t.direction = 'inbound' and t.outcome = 'answered' and t.deleted_at is null
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours);
  else
    select array_agg(coalesce(w.answered, 0) order by b.n) into v_bins
    from generate_series(1, cardinality(private.wait_edges()) + 1) as b (n)
    left join private.count_waits(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours) w on w.bin = b.n;
  end if;

  return query
  select
    d.kpi, coalesce(trim_scale(v_exact[f.n]::numeric), p.seconds), coalesce(p.is_at_least, false),
    (select sum(b.calls) from unnest(v_bins) as b (calls))::bigint, coalesce(v_answered, 0), t.data_through, d.version
  from (values
    (1, 'answered_wait_median', 0.5), (2, 'answered_wait_p90', 0.9), (3, 'answered_wait_p95', 0.95)
  ) as f (n, kpi, share)
  join public.kpi_definitions d on d.kpi = f.kpi
  left join private.wait_percentiles(v_bins) p on p.share = f.share and not p_exact
  cross join private.data_through(v_org_ids) as t (data_through)
  order by f.n;
end
$$;
comment on function public.kpi_percentiles(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, boolean) is
'The median, the 90th and the 95th percentile of how long answered calls of known wait had waited.

They are read off a histogram whose bins end at the waits that thresholds can have, as if a bin''s waits were spread evenly over it. is_at_least: that long or longer,
as the last bin has no end. With p_exact they come from the calls themselves, over at most 31 days.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, scope_missing, business_hours_missing.';
grant execute on function public.kpi_percentiles(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, boolean)
to authenticated, api_reader;
