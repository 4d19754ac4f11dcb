-- The join with the settings is taken for one row: all calls would be looked for in all of the index.
create function private.judged_calls(
  p_pieces private.count_piece[], p_line_ids uuid[], p_member_ids uuid[], p_time_zone text, p_in_hours boolean, p_with_hours boolean
)
returns table (
  org_id uuid, line_id uuid, member_ids uuid[], started_at timestamptz, clock timestamp, in_hours boolean,
  offered integer, answered integer, voicemail integer, missed integer, known_waits integer, known_answered_waits integer,
  known_missed_waits integer, answered_in_time integer, short_abandons integer, answered_wait_seconds integer, missed_wait_seconds integer,
  longest_wait_seconds integer, known_talks integer, talk_seconds integer, very_short integer, known_durations integer,
  duration_seconds integer, dropped integer, transferred integer, outbound integer, outbound_connected integer,
  known_outbound_talks integer, outbound_talk_seconds integer, answered_bin integer, missed_bin integer
)
language plpgsql stable set search_path = '' set enable_mergejoin = off set enable_bitmapscan = off rows 1000 as $$
#variable_conflict use_column
begin
  return query
  select
    t.org_id, t.line_id, t.member_ids, t.started_at, t.started_at at time zone p_time_zone, t.in_hours,
    t.is_inbound::integer,
    t.is_answered::integer,
    (t.is_inbound and t.outcome = 'voicemail')::integer,
    t.is_missed::integer,
    (t.is_inbound and t.wait_seconds is not null)::integer,
    (t.is_answered and t.wait_seconds is not null)::integer,
    (t.is_missed and t.wait_seconds is not null)::integer,
    case when t.is_answered and t.wait_seconds <= t.answer_within_seconds then 1 else 0 end,
    case when t.is_missed and t.wait_seconds < t.short_abandon_seconds then 1 else 0 end,
    case when t.is_answered then coalesce(t.wait_seconds, 0) else 0 end,
    case when t.is_missed then coalesce(t.wait_seconds, 0) else 0 end,
    case when t.is_inbound then t.wait_seconds end,
    (t.is_answered and t.talk_seconds is not null)::integer,
    case when t.is_answered then coalesce(t.talk_seconds, 0) else 0 end,
    case when t.is_answered and t.talk_seconds < 10 then 1 else 0 end,
    (t.is_inbound and t.duration_seconds is not null)::integer,
    case when t.is_inbound then coalesce(t.duration_seconds, 0) else 0 end,
    (t.is_inbound and t.is_dropped)::integer,
    (t.is_answered and t.transfer_count > 0)::integer,
    (not t.is_inbound)::integer,
    t.is_connected::integer,
    (t.is_connected and t.talk_seconds is not null)::integer,
    case when t.is_connected then coalesce(t.talk_seconds, 0) else 0 end,
    -- Bins of answered calls hold their upper edge, those of missed ones their lower.
    case when t.is_answered then 1 + width_bucket(t.wait_seconds - 1, private.wait_edges()) end,
    case when t.is_missed then 1 + width_bucket(t.wait_seconds, private.wait_edges()) end
  from (
    select
      c.*, s.answer_within_seconds, s.short_abandon_seconds,
      case when p_with_hours then (c.started_at at time zone s.time_zone) <@ s.open_hours end as in_hours,
      c.direction = 'inbound' as is_inbound, c.direction = 'inbound' and c.outcome = 'answered' as is_answered,
      c.direction = 'inbound' and c.outcome = 'missed' as is_missed, c.direction <> 'inbound' and c.outcome = 'answered' as is_connected
    from unnest(p_pieces) p
    join private.settings_in_force(
      array(select distinct u.org_id from unnest(p_pieces) u), (select min(u.starts_at) from unnest(p_pieces) u),
      (select max(u.ends_at) from unnest(p_pieces) u), p_in_hours is not null or p_with_hours
    ) s on s.org_id = p.org_id and s.starts_at < p.ends_at and s.ends_at > p.starts_at
    join public.calls c
      on c.org_id = p.org_id
      and c.started_at >= greatest(p.starts_at, s.starts_at) and c.started_at < least(p.ends_at, s.ends_at)
    where p.source = 'calls' and c.outcome is not null and c.deleted_at is null and c.direction <> 'internal'
      and (p_line_ids is null or c.line_id = any (p_line_ids))
      and (p_member_ids is null or c.member_ids && p_member_ids)
      and (p_in_hours is null or ((c.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
      and (
        not p.is_elsewhere
        or (c.member_ids && array(select private.my_member_ids()) and c.line_id = any (array(select private.my_line_ids())) is not true)
      )
  ) t;
end
$$;
comment on function private.judged_calls(private.count_piece[], uuid[], uuid[], text, boolean, boolean) is
'The ended calls that the caller may see in the pieces whose source is calls, and what each of them adds to the counts, judged by the settings of its start. p_time_zone: whose clock tells when it started; p_with_hours: with whether it was in business hours, null where none were set.';
grant execute on function private.wait_edges(), private.judged_calls(private.count_piece[], uuid[], uuid[], text, boolean, boolean)
to authenticated, api_reader;
