create function private.stored_counts(
  p_pieces private.count_piece[], p_level text, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean, p_is_elsewhere boolean
)
returns setof private.call_rollups
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan rows 500 as $$
begin
  -- A statement for each index that finds the rows, so that each keeps the plan that goes by it.
  if p_level = 'member' and p_member_ids is not null then
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r on r.org_id = p.org_id and r.level = 'member' and r.member_id = any (p_member_ids)
      and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
    where p.is_elsewhere = p_is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours)
      and (p_line_ids is null or r.line_id = any (p_line_ids));
  elsif p_level = 'line' and p_line_ids is not null then
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r on r.org_id = p.org_id and r.level = 'line' and r.line_id = any (p_line_ids)
      and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
    where p.is_elsewhere = p_is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours);
  else
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r on r.org_id = p.org_id and r.level = p_level
      and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
    where p.is_elsewhere = p_is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours)
      and (p_line_ids is null or r.line_id = any (p_line_ids));
  end if;
end
$$;
comment on function private.stored_counts(private.count_piece[], text, uuid[], uuid[], boolean, boolean) is
'The rollups of a level, of these lines and members (null: all), in the pieces whose source they are; in those that are elsewhere, or in the others.';

create function private.count_calls(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[],
  p_grain text, p_time_zone text, p_in_hours boolean, p_by text default null, p_with_waits boolean default false
)
returns table (
  bucket_start timestamptz, org_id uuid, line_id uuid, member_id uuid, counts private.call_counts,
  answered_waits integer[], missed_waits integer[], answered_bins integer[], missed_bins integer[]
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_sort = off
set enable_mergejoin = off set enable_bitmapscan = off rows 100 as $$
#variable_conflict use_column
declare
  v_sources record;
begin
  select s.* into v_sources
  from private.count_sources(p_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_grain, p_time_zone, p_by) s;

  return query
  select
    coalesce(c.hour, private.local_midnight(c.day, p_time_zone)), c.org_id, c.line_id, c.member_id,
    row(
      sum(c.offered), sum(c.answered), sum(c.voicemail), sum(c.missed), sum(c.known_waits), sum(c.known_answered_waits),
      sum(c.known_missed_waits), sum(c.answered_in_time), sum(c.short_abandons), sum(c.answered_wait_seconds),
      sum(c.missed_wait_seconds), max(c.longest_wait_seconds), sum(c.known_talks), sum(c.talk_seconds), sum(c.very_short),
      sum(c.known_durations), sum(c.duration_seconds), sum(c.dropped), sum(c.transferred), sum(c.outbound), sum(c.outbound_connected),
      sum(c.known_outbound_talks), sum(c.outbound_talk_seconds)
    )::private.call_counts,
    array_agg(c.answered_waits) filter (where p_with_waits and c.answered_waits is not null),
    array_agg(c.missed_waits) filter (where p_with_waits and c.missed_waits is not null),
    array_agg(c.answered_bin) filter (where p_with_waits and c.answered_bin is not null),
    array_agg(c.missed_bin) filter (where p_with_waits and c.missed_bin is not null)
  from (
    select
      case p_grain when 'hour' then r.bucket_start end as hour,
      case when p_grain <> 'hour' then date_trunc(p_grain, r.bucket_start at time zone p_time_zone) end as day,
      case when p_by is not null then r.org_id end as org_id,
      case p_by when 'line' then r.line_id end as line_id,
      case p_by when 'member' then r.member_id end as member_id,
      r.offered, r.answered, r.voicemail, r.missed, r.known_waits, r.known_answered_waits, r.known_missed_waits, r.answered_in_time,
      r.short_abandons, r.answered_wait_seconds, r.missed_wait_seconds, r.longest_wait_seconds, r.known_talks, r.talk_seconds,
      r.very_short, r.known_durations, r.duration_seconds, r.dropped, r.transferred, r.outbound, r.outbound_connected,
      r.known_outbound_talks, r.outbound_talk_seconds, r.answered_waits, r.missed_waits, null::integer as answered_bin,
      null::integer as missed_bin
    from (
      select r.*
      from private.stored_counts(v_sources.pieces, v_sources.level, v_sources.line_ids, p_member_ids, p_in_hours, false) r
      union all
      select r.*
      from private.stored_counts(
        v_sources.pieces, 'member', p_line_ids, coalesce(p_member_ids, v_sources.own_member_ids), p_in_hours, true
      ) r
      where v_sources.has_elsewhere and r.line_id = any (v_sources.line_ids) is not true
    ) r
    union all
    select
      case p_grain when 'hour' then j.started_at - (k.clock - date_trunc('hour', k.clock)) end,
      case when p_grain <> 'hour' then date_trunc(p_grain, k.clock) end,
      case when p_by is not null then j.org_id end,
      case p_by when 'line' then j.line_id end,
      m.member_id,
      j.offered, j.answered, j.voicemail, j.missed, j.known_waits, j.known_answered_waits, j.known_missed_waits,
      case when j.answered_after_seconds <= s.answer_within_seconds then 1 else 0 end,
      case when j.missed_after_seconds < s.short_abandon_seconds then 1 else 0 end,
      j.answered_wait_seconds, j.missed_wait_seconds, j.longest_wait_seconds, j.known_talks, j.talk_seconds,
      j.very_short, j.known_durations, j.duration_seconds, j.dropped, j.transferred, j.outbound, j.outbound_connected,
      j.known_outbound_talks, j.outbound_talk_seconds, null, null, j.answered_bin, j.missed_bin
    from unnest(v_sources.pieces) p
    join private.settings_in_force(p_org_ids, v_sources.calls_from, v_sources.calls_to, p_in_hours is not null) s
      on s.org_id = p.org_id and s.starts_at < p.ends_at and s.ends_at > p.starts_at
    join private.counts_of_calls j
      on j.org_id = p.org_id and j.started_at >= greatest(p.starts_at, s.starts_at) and j.started_at < least(p.ends_at, s.ends_at)
    cross join lateral (select j.started_at at time zone p_time_zone as clock) k
    left join lateral (
      select unnest(case j.member_ids when '{}' then array[null::uuid] else j.member_ids end) as member_id where p_by = 'member'
    ) m on true
    where v_sources.calls_from is not null and p.source = 'calls'
      and (p_line_ids is null or j.line_id = any (p_line_ids))
      and (p_member_ids is null or j.member_ids && p_member_ids)
      and (p_member_ids is null or m.member_id is null or m.member_id = any (p_member_ids))
      and (p_in_hours is null or ((j.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
      and (
        not p.is_elsewhere
        or (j.member_ids && v_sources.own_member_ids and j.line_id = any (v_sources.my_line_ids) is not true)
      )
  ) c
  group by c.hour, c.day, c.org_id, c.line_id, c.member_id;
end
$$;
comment on function private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, boolean, text, boolean) is
'Counts the ended calls that the caller may see: per bucket of the grain (null: all together), by organization, line or member (each with its organization) or not, from rollups wherever they are fresh. p_in_hours: null all, or those in or out of business hours. By member a call counts for each one with a leg. p_with_waits: with the histograms that make it up, one after the other, and the bins of what was counted call by call.';

create function private.count_waits(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean, p_by text default null
)
returns table (org_id uuid, line_id uuid, member_id uuid, bin integer, answered bigint, missed bigint)
language plpgsql stable set search_path = '' rows 100 as $$
#variable_conflict use_column
declare
  v_bins constant integer := cardinality(private.wait_edges()) + 1;
begin
  return query
  select c.org_id, c.line_id, c.member_id, w.bin, sum(w.answered)::bigint, sum(w.missed)::bigint
  from private.count_calls(p_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, null, p_in_hours, p_by, true) c
  cross join lateral (
    select ((a.position - 1) % v_bins)::integer + 1, a.calls, 0
    from unnest(c.answered_waits) with ordinality as a (calls, position)
    union all
    select ((m.position - 1) % v_bins)::integer + 1, 0, m.calls
    from unnest(c.missed_waits) with ordinality as m (calls, position)
    union all
    select a, 1, 0
    from unnest(c.answered_bins) a
    union all
    select m, 0, 1
    from unnest(c.missed_bins) m
  ) as w (bin, answered, missed)
  where w.answered + w.missed > 0
  group by 1, 2, 3, 4;
end
$$;
comment on function private.count_waits(uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, text) is
'How many of the calls that private.count_calls counts waited how long, per bin of the histograms (see call_rollups).';

grant execute on function
  private.stored_counts(private.count_piece[], text, uuid[], uuid[], boolean, boolean),
  private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, boolean, text, boolean),
  private.count_waits(uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, text)
to authenticated, api_reader;
