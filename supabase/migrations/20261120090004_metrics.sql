set lock_timeout = '5s';

create function private.bucket_start(p_at timestamptz, p_time_zone text, p_grain text) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_clock timestamp := p_at at time zone p_time_zone;
  v_start timestamptz;
begin
  if p_grain = 'hour' then
    -- One clock hour at one UTC offset: truncating local time would merge the two hours of an autumn night.
    return p_at - make_interval(mins => extract(minute from v_clock)::int, secs => extract(second from v_clock)::double precision);
  end if;
  v_clock := date_trunc(p_grain, v_clock);
  v_start := v_clock at time zone p_time_zone;
  -- Where the clock is set back at midnight, that midnight comes twice, and the day begins with the first.
  if (v_start - interval '1 hour') at time zone p_time_zone = v_clock then
    return v_start - interval '1 hour';
  end if;
  return v_start;
end
$$;
comment on function private.bucket_start(timestamptz, text, text) is
'The local hour, day, week (from Monday) or month in which an instant falls, as the instant it begins.';
grant execute on function private.bucket_start(timestamptz, text, text) to authenticated;

create function private.service_settings(out answer_within_seconds integer, out short_abandon_seconds integer)
language sql immutable parallel safe set search_path = '' as $$
  select 20, 5
$$;
comment on function private.service_settings() is
'Within how many seconds a call should be answered, and below how many an abandoned call counts as short: the defaults, the same for every organization.';
grant execute on function private.service_settings() to authenticated;

create type private.call_counts as (
  offered bigint,
  answered bigint,
  voicemail bigint,
  missed bigint,
  known_waits bigint,
  known_answered_waits bigint,
  known_missed_waits bigint,
  answered_in_time bigint,
  short_abandons bigint,
  answered_wait_seconds bigint,
  missed_wait_seconds bigint,
  longest_wait_seconds bigint,
  known_talks bigint,
  talk_seconds bigint,
  very_short bigint,
  known_durations bigint,
  duration_seconds bigint,
  dropped bigint,
  transferred bigint,
  outbound bigint,
  outbound_connected bigint,
  known_outbound_talks bigint,
  outbound_talk_seconds bigint
);
comment on type private.call_counts is 'What every KPI is computed from: sums over ended calls that can be added up. offered is A + V + M.';

create function private.count_calls(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[],
  p_grain text, p_time_zone text
)
returns table (bucket_start timestamptz, counts private.call_counts)
language sql stable set search_path = '' as $$
  select
    c.bucket_start,
    row(
      count(*) filter (where c.is_inbound),
      count(*) filter (where c.is_inbound and c.outcome = 'answered'),
      count(*) filter (where c.is_inbound and c.outcome = 'voicemail'),
      count(*) filter (where c.is_inbound and c.outcome = 'missed'),
      count(c.wait_seconds) filter (where c.is_inbound),
      count(c.wait_seconds) filter (where c.is_inbound and c.outcome = 'answered'),
      count(c.wait_seconds) filter (where c.is_inbound and c.outcome = 'missed'),
      count(*) filter (where c.is_inbound and c.outcome = 'answered' and c.wait_seconds <= s.answer_within_seconds),
      count(*) filter (where c.is_inbound and c.outcome = 'missed' and c.wait_seconds < s.short_abandon_seconds),
      coalesce(sum(c.wait_seconds) filter (where c.is_inbound and c.outcome = 'answered'), 0),
      coalesce(sum(c.wait_seconds) filter (where c.is_inbound and c.outcome = 'missed'), 0),
      max(c.wait_seconds) filter (where c.is_inbound),
      count(c.talk_seconds) filter (where c.is_inbound and c.outcome = 'answered'),
      coalesce(sum(c.talk_seconds) filter (where c.is_inbound and c.outcome = 'answered'), 0),
      count(*) filter (where c.is_inbound and c.outcome = 'answered' and c.talk_seconds < 10),
      count(c.duration_seconds) filter (where c.is_inbound),
      coalesce(sum(c.duration_seconds) filter (where c.is_inbound), 0),
      count(*) filter (where c.is_inbound and c.is_dropped),
      count(*) filter (where c.is_inbound and c.outcome = 'answered' and c.transfer_count > 0),
      count(*) filter (where not c.is_inbound),
      count(*) filter (where not c.is_inbound and c.outcome = 'answered'),
      count(c.talk_seconds) filter (where not c.is_inbound and c.outcome = 'answered'),
      coalesce(sum(c.talk_seconds) filter (where not c.is_inbound and c.outcome = 'answered'), 0)
    )::private.call_counts
  from (
    select
      case when p_grain is not null then private.bucket_start(started_at, p_time_zone, p_grain) end as bucket_start,
      direction = 'inbound' as is_inbound, outcome, wait_seconds, talk_seconds, duration_seconds, is_dropped, transfer_count
    from public.calls
    where org_id = any (p_org_ids) and started_at >= p_from and started_at < p_to
      and outcome is not null and deleted_at is null and direction <> 'internal'
      and (p_line_ids is null or line_id = any (p_line_ids))
      and (p_member_ids is null or member_ids && p_member_ids)
  ) c
  cross join private.service_settings() s
  group by c.bucket_start
$$;
comment on function private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text) is
'Counts the ended calls that the caller may see, per bucket of the grain, or all together without one.';
grant execute on function private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text) to authenticated;

create function private.no_calls() returns private.call_counts
language sql immutable parallel safe set search_path = '' as $$
  select row(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)::private.call_counts
$$;
comment on function private.no_calls() is 'The counts of a range without a call.';
grant execute on function private.no_calls() to authenticated;

create function private.elapsed_minutes(p_from timestamptz, p_to timestamptz) returns numeric
language sql stable parallel safe set search_path = '' as $$
  select greatest(extract(epoch from least(p_to, now()) - p_from), 0) / 60
$$;
comment on function private.elapsed_minutes(timestamptz, timestamptz) is 'Minutes of the range that have passed by now.';
grant execute on function private.elapsed_minutes(timestamptz, timestamptz) to authenticated;

create function private.kpi_values(p_counts private.call_counts, p_minutes numeric)
returns table (kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint)
language sql immutable parallel safe set search_path = '' as $$
  select f.kpi, trim_scale(f.numerator / nullif(f.denominator, 0)), f.numerator, f.denominator, f.known, f.total
  from (select (p_counts).*) c
  cross join lateral (values
    ('offered', c.offered::numeric, 1::numeric, c.offered, c.offered),
    ('answered', c.answered, 1, c.offered, c.offered),
    ('voicemail', c.voicemail, 1, c.offered, c.offered),
    ('missed', c.missed, 1, c.offered, c.offered),
    ('answer_rate', c.answered, c.offered, c.offered, c.offered),
    -- A missed call of unknown wait counts as abandoned, never as short.
    ('abandonment_rate', c.missed - c.short_abandons, c.offered - c.short_abandons, c.offered - c.missed + c.known_missed_waits, c.offered),
    ('service_level', c.answered_in_time, c.known_waits - c.short_abandons, c.known_waits, c.offered),
    ('average_speed_of_answer', c.answered_wait_seconds, c.known_answered_waits, c.known_answered_waits, c.answered),
    ('average_abandon_wait', c.missed_wait_seconds, c.known_missed_waits, c.known_missed_waits, c.missed),
    ('longest_wait', c.longest_wait_seconds, 1, c.known_waits, c.offered),
    ('average_handle_time', c.talk_seconds, c.known_talks, c.known_talks, c.answered),
    ('total_talk', case when c.known_talks > 0 or c.answered = 0 then c.talk_seconds end, 1, c.known_talks, c.answered),
    ('average_duration', c.duration_seconds, c.known_durations, c.known_durations, c.offered),
    ('calls_per_minute', c.offered, p_minutes, c.offered, c.offered),
    ('dropped_rate', c.dropped, c.answered, c.answered, c.answered),
    ('transferred_rate', c.transferred, c.answered, c.answered, c.answered),
    ('very_short_rate', c.very_short, c.known_talks, c.known_talks, c.answered),
    ('outbound', c.outbound, 1, c.outbound, c.outbound),
    ('outbound_connected_rate', c.outbound_connected, c.outbound, c.outbound, c.outbound),
    (
      'outbound_talk', case when c.known_outbound_talks > 0 or c.outbound_connected = 0 then c.outbound_talk_seconds end,
      1, c.known_outbound_talks, c.outbound_connected
    )
  ) as f (kpi, numerator, denominator, known, total)
$$;
comment on function private.kpi_values(private.call_counts, numeric) is
'The formula of every KPI, once: rates between 0 and 1, durations in seconds, null where 0 / 0 or nothing is known.';
grant execute on function private.kpi_values(private.call_counts, numeric) to authenticated;

create function private.kpi_scope(
  p_org_id uuid, p_from timestamptz, p_to timestamptz, p_in_hours boolean, out org_ids uuid[], out time_zone text
)
language plpgsql stable set search_path = '' as $$
begin
  if p_from is null or p_to is null or p_from >= p_to then
    raise exception 'The range must run forward.'
      using errcode = 'PT422', detail = 'range_reversed', hint = 'Send p_from earlier than p_to; the end is not included.';
  end if;
  if p_from < '1900-01-01 00:00Z' or p_to > '2200-01-01 00:00Z' then
    raise exception 'The range leaves the years that can be told.'
      using errcode = 'PT422', detail = 'range_out_of_bounds', hint = 'Choose instants between 1900 and 2200.';
  end if;
  if p_in_hours is not null then
    raise exception 'There are no business hours to filter by.'
      using errcode = 'PT422', detail = 'business_hours_missing', hint = 'Leave p_in_hours out.';
  end if;

  if p_org_id is null then
    org_ids := array(select private.org_ids_read_in_full());
    time_zone := 'UTC';
    return;
  end if;
  select array[o.id], o.time_zone into org_ids, time_zone from public.organizations o where o.id = p_org_id;
  if not found then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those you are a member of.';
  end if;
end
$$;
comment on function private.kpi_scope(uuid, timestamptz, timestamptz, boolean) is
'Checks what every KPI function is asked, and tells the organizations and the time zone it is about. Several organizations are told in UTC.';
grant execute on function private.kpi_scope(uuid, timestamptz, timestamptz, boolean) to authenticated;

create function private.previous_range(
  p_from timestamptz, p_to timestamptz, p_time_zone text, p_now timestamptz,
  out previous_from timestamptz, out previous_to timestamptz
)
language plpgsql stable set search_path = '' as $$
declare
  v_from timestamp := p_from at time zone p_time_zone;
  v_to timestamp := p_to at time zone p_time_zone;
  v_length interval := v_to - v_from;
begin
  if v_from = date_trunc('month', v_from) and v_to = date_trunc('month', v_to) then
    v_length := age(v_to, v_from);
  end if;
  previous_from := (v_from - v_length) at time zone p_time_zone;
  -- Today until now is compared with yesterday until the same time.
  previous_to := ((least(p_to, greatest(p_now, p_from)) at time zone p_time_zone) - v_length) at time zone p_time_zone;
end
$$;
comment on function private.previous_range(timestamptz, timestamptz, text, timestamptz) is
'The range shifted back by its own length in local calendar units, cut at the same local time while it is unfinished.';
grant execute on function private.previous_range(timestamptz, timestamptz, text, timestamptz) to authenticated;

create function private.data_through(p_org_ids uuid[]) returns timestamptz
language sql stable security definer set search_path = '' as $$
  select case when bool_and(c.watermark is not null) then min(c.watermark) end
  from private.sync_cursors c
  join public.integrations i on i.id = c.integration_id
  where c.resource = 'calls' and i.disabled_at is null
    and i.id in (
      select own.id from public.integrations own where own.org_id = any (p_org_ids)
      union
      select n.integration_id
      from public.lines l
      join public.phone_numbers n on n.id = l.phone_number_id
      where l.org_id = any (p_org_ids) and upper_inf(l.period)
    )
    and p_org_ids <@ array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))
$$;
comment on function private.data_through(uuid[]) is
'Until when the history of all accounts that serve these organizations has been read; null while one never was.';
grant execute on function private.data_through(uuid[]) to authenticated;

create function public.kpi_summary(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (
  kpi text, value numeric, previous numeric, numerator numeric, denominator numeric,
  known bigint, total bigint, data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
  v_previous_from timestamptz;
  v_previous_to timestamptz;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone from private.kpi_scope(p_org_id, p_from, p_to, p_in_hours) s;
  select r.previous_from, r.previous_to into v_previous_from, v_previous_to
  from private.previous_range(p_from, p_to, v_time_zone, now()) r;

  return query
  with counted as (
    select r.is_current, private.elapsed_minutes(r.starts_at, r.ends_at) as minutes, coalesce(c.counts, private.no_calls()) as counts
    from (values (true, p_from, p_to), (false, v_previous_from, v_previous_to)) as r (is_current, starts_at, ends_at)
    left join lateral private.count_calls(
      v_org_ids, r.starts_at, r.ends_at, p_line_ids, p_member_ids, null, v_time_zone
    ) c on true
  )
  select
    k.kpi, k.value, p.value, k.numerator, k.denominator, k.known, k.total, t.data_through, 1
  from counted a
  cross join lateral private.kpi_values(a.counts, a.minutes) k
  join counted b on not b.is_current
  join lateral private.kpi_values(b.counts, b.minutes) p on p.kpi = k.kpi
  cross join private.data_through(v_org_ids) as t (data_through)
  where a.is_current;
end
$$;
comment on function public.kpi_summary(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'The KPIs of a range [p_from, p_to) over the calls the caller may see, each with its value in the previous range.

p_org_id null: every organization the caller reads in full. value is null where it is not measurable; known and total say over how many calls it is.
Errors: range_reversed, range_out_of_bounds, organization_not_found, business_hours_missing.';
grant execute on function public.kpi_summary(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated;

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
  left join private.count_calls(v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_grain, v_time_zone) c
    on c.bucket_start = b.bucket_start
  cross join lateral private.kpi_values(
    coalesce(c.counts, private.no_calls()), private.elapsed_minutes(b.starts_at, b.ends_at)
  ) k
  order by b.bucket_start, k.kpi;
end
$$;
comment on function public.kpi_series(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text) is
'The KPIs of a range per local hour, day, week (from Monday) or month, empty buckets included.

Errors: range_reversed, range_out_of_bounds, organization_not_found, business_hours_missing, grain_unfit.';
grant execute on function public.kpi_series(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text) to authenticated;
