create function private.histogram(p_bins integer[]) returns integer[]
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_histogram integer[] := array_fill(null::integer, array[cardinality(private.wait_edges()) + 1]);
  v_bin integer;
begin
  foreach v_bin in array p_bins loop
    v_histogram[v_bin] := coalesce(v_histogram[v_bin], 0) + 1;
  end loop;
  return v_histogram;
end
$$;
comment on function private.histogram(integer[]) is 'How often each bin comes, as an array with a place for every bin; null where it never does.';
grant execute on function private.wait_edges(), private.histogram(integer[]) to authenticated, api_reader;

-- The join with the settings is taken for one row: all calls would be sorted before they are grouped, and looked for in all of the index.
create function private.tally_calls(
  p_pieces private.count_piece[], p_line_ids uuid[], p_member_ids uuid[], p_grain text, p_time_zone text,
  p_in_hours boolean, p_with_waits boolean, variadic p_by text[]
)
returns table (
  bucket_start timestamptz, org_id uuid, line_id uuid, member_id uuid, in_hours boolean, counts private.call_counts,
  answered_waits integer[], missed_waits integer[]
)
language plpgsql stable set search_path = '' set enable_sort = off set enable_mergejoin = off
set enable_bitmapscan = off rows 100 as $$
#variable_conflict use_column
begin
  return query
  select
    coalesce(c.hour, private.local_midnight(c.day, p_time_zone)), c.org_id, c.line_id, c.member_id, c.in_hours,
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
    )::private.call_counts,
    private.histogram(array_agg(c.bin) filter (where c.bin is not null and c.outcome = 'answered')),
    private.histogram(array_agg(c.bin) filter (where c.bin is not null and c.outcome = 'missed'))
  from (
    select
      case when p_grain = 'hour' then t.started_at - (k.clock - date_trunc('hour', k.clock)) end as hour,
      case when p_grain <> 'hour' then date_trunc(p_grain, k.clock) end as day,
      case when p_by && '{organization,line,member}' then t.org_id end as org_id,
      case when 'line' = any (p_by) then t.line_id end as line_id,
      m.member_id,
      case when 'hours' = any (p_by) then (t.started_at at time zone s.time_zone) <@ s.open_hours end as in_hours,
      t.direction = 'inbound' as is_inbound, t.outcome, t.wait_seconds, t.talk_seconds, t.duration_seconds, t.is_dropped,
      t.transfer_count, s.answer_within_seconds, s.short_abandon_seconds,
      -- Bins of answered calls hold their upper edge, those of missed ones their lower.
      case when p_with_waits and t.direction = 'inbound' and t.outcome in ('answered', 'missed')
        then 1 + width_bucket(t.wait_seconds - case t.outcome when 'answered' then 1 else 0 end, private.wait_edges())
      end as bin
    from unnest(p_pieces) p
    join private.settings_in_force(
      array(select distinct u.org_id from unnest(p_pieces) u), (select min(u.starts_at) from unnest(p_pieces) u),
      (select max(u.ends_at) from unnest(p_pieces) u), p_in_hours is not null or 'hours' = any (p_by)
    ) s on s.org_id = p.org_id and s.starts_at < p.ends_at and s.ends_at > p.starts_at
    join public.calls t
      on t.org_id = p.org_id
      and t.started_at >= greatest(p.starts_at, s.starts_at) and t.started_at < least(p.ends_at, s.ends_at)
    cross join lateral (select case when p_grain is not null then t.started_at at time zone p_time_zone end as clock) k
    left join lateral unnest(case t.member_ids when '{}' then array[null::uuid] else t.member_ids end) as m (member_id)
      on 'member' = any (p_by)
    where p.source = 'calls' and t.outcome is not null and t.deleted_at is null and t.direction <> 'internal'
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_member_ids is null or m.member_id is null or m.member_id = any (p_member_ids))
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
      and (
        not p.is_elsewhere
        or (t.member_ids && array(select private.my_member_ids()) and t.line_id = any (array(select private.my_line_ids())) is not true)
      )
  ) c
  group by c.hour, c.day, c.org_id, c.line_id, c.member_id, c.in_hours;
end
$$;
comment on function private.tally_calls(private.count_piece[], uuid[], uuid[], text, text, boolean, boolean, text[]) is
'Counts, one by one, the ended calls that the caller may see in the pieces whose source is calls: per bucket of the grain, and by organization, line, member and (in or out of business) hours as asked. By member a call counts for each one with a leg. p_with_waits: with histograms of the waits, as call_rollups has them.';
grant execute on function private.tally_calls(private.count_piece[], uuid[], uuid[], text, text, boolean, boolean, text[])
to authenticated, api_reader;
