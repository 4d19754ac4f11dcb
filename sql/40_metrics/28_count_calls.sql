create function private.count_calls(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[],
  p_grain text, p_time_zone text, p_in_hours boolean, p_by text default null
)
returns table (bucket_start timestamptz, org_id uuid, line_id uuid, member_id uuid, counts private.call_counts)
language plpgsql stable set search_path = '' rows 100 as $$
#variable_conflict use_column
declare
  v_level text;
  v_pieces private.count_piece[];
  v_sources text[];
begin
  select s.level, s.pieces into v_level, v_pieces
  from private.count_sources(p_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_grain, p_time_zone, p_by) s;
  v_sources := array(select distinct p.source from unnest(v_pieces) p);

  return query
  select
    coalesce(c.hour, private.local_midnight(c.day, p_time_zone)), c.org_id, c.line_id, c.member_id,
    row(
      sum(c.offered), sum(c.answered), sum(c.voicemail), sum(c.missed), sum(c.known_waits), sum(c.known_answered_waits),
      sum(c.known_missed_waits), sum(c.answered_in_time), sum(c.short_abandons), sum(c.answered_wait_seconds),
      sum(c.missed_wait_seconds), max(c.longest_wait_seconds), sum(c.known_talks), sum(c.talk_seconds), sum(c.very_short),
      sum(c.known_durations), sum(c.duration_seconds), sum(c.dropped), sum(c.transferred), sum(c.outbound), sum(c.outbound_connected),
      sum(c.known_outbound_talks), sum(c.outbound_talk_seconds)
    )::private.call_counts
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
      r.known_outbound_talks, r.outbound_talk_seconds
    from private.rollup_rows(v_pieces, v_level, p_line_ids, p_member_ids, p_in_hours) r
    union all
    select
      case p_grain when 'hour' then t.bucket_start end,
      case when p_grain <> 'hour' then date_trunc(p_grain, t.bucket_start at time zone p_time_zone) end,
      t.org_id, t.line_id, t.member_id, (t.counts).*
    from private.tally_calls(v_pieces, p_line_ids, p_member_ids, p_grain, p_time_zone, p_in_hours, variadic array[p_by]) t
    where 'calls' = any (v_sources)
  ) c
  group by c.hour, c.day, c.org_id, c.line_id, c.member_id;
end
$$;
comment on function private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, boolean, text) is
'Counts the ended calls that the caller may see: per bucket of the grain (null: all together), by organization, line or member (each with its organization) or not, from rollups wherever they are fresh. p_in_hours: null all, or those in or out of business hours. By member a call counts for each one with a leg.';

create function private.count_waits(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean, p_by text default null
)
returns table (org_id uuid, line_id uuid, member_id uuid, bin integer, answered bigint, missed bigint)
language plpgsql stable set search_path = '' rows 100 as $$
#variable_conflict use_column
declare
  v_level text;
  v_pieces private.count_piece[];
  v_sources text[];
begin
  select s.level, s.pieces into v_level, v_pieces
  from private.count_sources(p_org_ids, p_from, p_to, p_line_ids, p_member_ids, null, null, p_by) s;
  v_sources := array(select distinct p.source from unnest(v_pieces) p);

  return query
  select c.org_id, c.line_id, c.member_id, c.bin, sum(c.answered)::bigint, sum(c.missed)::bigint
  from (
    select
      case when p_by is not null then r.org_id end as org_id,
      case p_by when 'line' then r.line_id end as line_id,
      case p_by when 'member' then r.member_id end as member_id,
      w.bin::integer as bin, coalesce(w.answered, 0)::bigint as answered, coalesce(w.missed, 0)::bigint as missed
    from private.rollup_rows(v_pieces, v_level, p_line_ids, p_member_ids, p_in_hours) r
    cross join lateral unnest(r.answered_waits, r.missed_waits) with ordinality as w (answered, missed, bin)
    where w.answered is not null or w.missed is not null
    union all
    select t.org_id, t.line_id, t.member_id, t.bin, t.answered, t.missed
    from private.tally_waits(v_pieces, p_line_ids, p_member_ids, null, null, p_in_hours, variadic array[p_by]) t
    where 'calls' = any (v_sources)
  ) c
  group by c.org_id, c.line_id, c.member_id, c.bin;
end
$$;
comment on function private.count_waits(uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, text) is
'How many of the calls that private.count_calls counts waited how long, per bin of the histograms (see private.tally_waits).';

grant execute on function
  private.count_calls(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, boolean, text),
  private.count_waits(uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, text)
to authenticated, api_reader;
