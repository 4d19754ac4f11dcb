create function private.tally_waits(
  p_pieces private.count_piece[], p_line_ids uuid[], p_member_ids uuid[], p_grain text, p_time_zone text,
  p_in_hours boolean, variadic p_by text[]
)
returns table (
  bucket_start timestamptz, org_id uuid, line_id uuid, member_id uuid, in_hours boolean, bin integer, answered bigint, missed bigint
)
language plpgsql stable set search_path = '' set enable_sort = off set enable_mergejoin = off
set enable_bitmapscan = off rows 100 as $$
#variable_conflict use_column
begin
  return query
  select
    coalesce(c.hour, private.local_midnight(c.day, p_time_zone)), c.org_id, c.line_id, c.member_id, c.in_hours, c.bin,
    count(*) filter (where c.outcome = 'answered'), count(*) filter (where c.outcome = 'missed')
  from (
    select
      case when p_grain = 'hour' then t.started_at - (k.clock - date_trunc('hour', k.clock)) end as hour,
      case when p_grain <> 'hour' then date_trunc(p_grain, k.clock) end as day,
      case when p_by && '{organization,line,member}' then t.org_id end as org_id,
      case when 'line' = any (p_by) then t.line_id end as line_id,
      m.member_id,
      case when 'hours' = any (p_by) then (t.started_at at time zone s.time_zone) <@ s.open_hours end as in_hours,
      t.outcome,
      -- Bins of answered calls hold their upper edge, those of missed ones their lower.
      1 + width_bucket(t.wait_seconds - case t.outcome when 'answered' then 1 else 0 end, private.wait_edges()) as bin
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
    where p.source = 'calls' and t.outcome in ('answered', 'missed') and t.deleted_at is null and t.direction = 'inbound'
      and t.wait_seconds is not null
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_member_ids is null or m.member_id is null or m.member_id = any (p_member_ids))
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
      and (
        not p.is_elsewhere
        or (t.member_ids && array(select private.my_member_ids()) and t.line_id = any (array(select private.my_line_ids())) is not true)
      )
  ) c
  group by c.hour, c.day, c.org_id, c.line_id, c.member_id, c.in_hours, c.bin;
end
$$;
comment on function private.tally_waits(private.count_piece[], uuid[], uuid[], text, text, boolean, text[]) is
'The waits of the calls that private.tally_calls counts, as far as they are known, per bin of the histograms: bin i of answered calls ends with edge i of private.wait_edges(), of missed ones before it.';
grant execute on function private.tally_waits(private.count_piece[], uuid[], uuid[], text, text, boolean, text[])
to authenticated, api_reader;
grant execute on function private.wait_edges() to authenticated, api_reader;
