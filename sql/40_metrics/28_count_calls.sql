create function private.count_calls(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[],
  p_grain text, p_time_zone text, p_in_hours boolean, p_by text default null, p_with_waits boolean default false
)
returns table (
  bucket_start timestamptz, org_id uuid, line_id uuid, member_id uuid, counts private.call_counts,
  answered_waits integer[], missed_waits integer[]
)
language plpgsql stable set search_path = '' rows 100 as $$
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
    array_agg(c.answered_waits) filter (where c.answered_waits is not null), array_agg(c.missed_waits) filter (where c.missed_waits is not null)
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
      r.known_outbound_talks, r.outbound_talk_seconds,
      case when p_with_waits then r.answered_waits end as answered_waits, case when p_with_waits then r.missed_waits end as missed_waits
    -- Each level's rows are found by an index of their own; what a question does not need is not run.
    from (
      select r.*
      from unnest(v_sources.pieces) p
      join private.call_rollups r on r.org_id = p.org_id and r.level = 'organization' and r.member_id is null
        and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
      where v_sources.level = 'organization'
      union all
      select r.*
      from unnest(v_sources.pieces) p
      join private.call_rollups r on r.org_id = p.org_id and r.level = 'line' and r.member_id is null
        and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
      where v_sources.level = 'line' and v_sources.line_ids is null
      union all
      select r.*
      from unnest(v_sources.pieces) p
      join private.call_rollups r on r.org_id = p.org_id and r.level = 'line' and r.line_id = any (v_sources.line_ids)
        and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
      where v_sources.level = 'line' and not p.is_elsewhere
      union all
      select r.*
      from unnest(v_sources.pieces) p
      join private.call_rollups r on r.org_id = p.org_id and r.level = 'member'
        and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
      where v_sources.level = 'member' and p_member_ids is null
        and (v_sources.line_ids is null or r.line_id = any (v_sources.line_ids))
      union all
      select r.*
      from unnest(v_sources.pieces) p
      join private.call_rollups r on r.org_id = p.org_id and r.level = 'member' and r.member_id = any (p_member_ids)
        and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
      where v_sources.level = 'member'
        and (v_sources.line_ids is null or r.line_id = any (v_sources.line_ids))
      union all
      select r.*
      from unnest(v_sources.pieces) p
      join private.call_rollups r on r.org_id = p.org_id and r.level = 'member' and r.member_id = any (v_sources.own_member_ids)
        and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
      where p.is_elsewhere
        and r.line_id = any (v_sources.line_ids) is not true and (p_line_ids is null or r.line_id = any (p_line_ids))
    ) r
    where p_in_hours is null or r.in_hours = p_in_hours
    union all
    select
      case p_grain when 'hour' then t.bucket_start end,
      case when p_grain <> 'hour' then date_trunc(p_grain, t.bucket_start at time zone p_time_zone) end,
      t.org_id, t.line_id, t.member_id, (t.counts).*, t.answered_waits, t.missed_waits
    from private.tally_calls(
      v_sources.pieces, p_line_ids, p_member_ids, p_grain, p_time_zone, p_in_hours, p_with_waits, variadic array[p_by]
    ) t
    where v_sources.has_calls
  ) c
  group by c.hour, c.day, c.org_id, c.line_id, c.member_id;
end
$$;
comment on function private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, boolean, text, boolean) is
'Counts the ended calls that the caller may see: per bucket of the grain (null: all together), by organization, line or member (each with its organization) or not, from rollups wherever they are fresh. p_in_hours: null all, or those in or out of business hours. By member a call counts for each one with a leg. p_with_waits: with the histograms that make it up, one after the other.';

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
  select
    c.org_id, c.line_id, c.member_id, ((w.position - 1) % v_bins)::integer + 1, coalesce(sum(w.answered), 0)::bigint,
    coalesce(sum(w.missed), 0)::bigint
  from private.count_calls(p_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, null, p_in_hours, p_by, true) c
  cross join lateral unnest(c.answered_waits, c.missed_waits) with ordinality as w (answered, missed, position)
  where w.answered is not null or w.missed is not null
  group by 1, 2, 3, 4;
end
$$;
comment on function private.count_waits(uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, text) is
'How many of the calls that private.count_calls counts waited how long, per bin of the histograms (see call_rollups).';

grant execute on function
  private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, boolean, text, boolean),
  private.count_waits(uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, text)
to authenticated, api_reader;
