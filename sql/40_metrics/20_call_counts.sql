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

-- The join with the settings is taken for one row, and all calls would be sorted before they are grouped.
create function private.count_calls(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[],
  p_grain text, p_time_zone text, p_in_hours boolean
)
returns table (bucket_start timestamptz, counts private.call_counts)
language sql stable set search_path = '' set enable_sort = off as $$
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
      count(*) filter (where c.is_inbound and c.outcome = 'answered' and c.wait_seconds <= c.answer_within_seconds),
      count(*) filter (where c.is_inbound and c.outcome = 'missed' and c.wait_seconds < c.short_abandon_seconds),
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
      case when p_grain is not null then private.bucket_start(t.started_at, p_time_zone, p_grain) end as bucket_start,
      t.direction = 'inbound' as is_inbound, t.outcome, t.wait_seconds, t.talk_seconds, t.duration_seconds, t.is_dropped,
      t.transfer_count, s.answer_within_seconds, s.short_abandon_seconds
    from public.calls t
    join private.settings_in_force(p_org_ids, p_from, p_to, p_in_hours is not null) s
      on s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    where t.org_id = any (p_org_ids) and t.started_at >= p_from and t.started_at < p_to
      and t.outcome is not null and t.deleted_at is null and t.direction <> 'internal'
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
  ) c
  group by c.bucket_start
$$;
comment on function private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, boolean) is
'Counts the ended calls that the caller may see, per bucket of the grain, or all together without one. p_in_hours: null all, or those in or out of business hours.';
grant execute on function private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, boolean)
to authenticated, api_reader;
