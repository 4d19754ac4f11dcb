create view private.counts_of_calls with (security_invoker = true) as
select
  c.id, c.org_id, c.line_id, c.member_ids, c.started_at, c.is_inbound::integer as offered, c.is_answered::integer as answered,
  (c.is_inbound and c.outcome = 'voicemail')::integer as voicemail,
  c.is_missed::integer as missed,
  (c.is_inbound and c.wait_seconds is not null)::integer as known_waits,
  (c.is_answered and c.wait_seconds is not null)::integer as known_answered_waits,
  (c.is_missed and c.wait_seconds is not null)::integer as known_missed_waits,
  case when c.is_answered then coalesce(c.wait_seconds, 0) else 0 end as answered_wait_seconds,
  case when c.is_missed then coalesce(c.wait_seconds, 0) else 0 end as missed_wait_seconds,
  case when c.is_inbound then c.wait_seconds end as longest_wait_seconds,
  (c.is_answered and c.talk_seconds is not null)::integer as known_talks,
  case when c.is_answered then coalesce(c.talk_seconds, 0) else 0 end as talk_seconds,
  case when c.is_answered and c.talk_seconds < 10 then 1 else 0 end as very_short,
  (c.is_inbound and c.duration_seconds is not null)::integer as known_durations,
  case when c.is_inbound then coalesce(c.duration_seconds, 0) else 0 end as duration_seconds,
  (c.is_inbound and c.is_dropped)::integer as dropped,
  (c.is_answered and c.transfer_count > 0)::integer as transferred,
  (not c.is_inbound)::integer as outbound,
  c.is_connected::integer as outbound_connected,
  (c.is_connected and c.talk_seconds is not null)::integer as known_outbound_talks,
  case when c.is_connected then coalesce(c.talk_seconds, 0) else 0 end as outbound_talk_seconds,
  case when c.is_answered then c.wait_seconds end as answered_after_seconds,
  case when c.is_missed then c.wait_seconds end as missed_after_seconds,
  -- Bins of answered calls hold their upper edge, those of missed ones their lower.
  case when c.is_answered then 1 + width_bucket(c.wait_seconds - 1, private.wait_edges()) end as answered_bin,
  case when c.is_missed then 1 + width_bucket(c.wait_seconds, private.wait_edges()) end as missed_bin
from (
  select
    c.*, c.direction = 'inbound' as is_inbound, c.direction = 'inbound' and c.outcome = 'answered' as is_answered,
    c.direction = 'inbound' and c.outcome = 'missed' as is_missed, c.direction <> 'inbound' and c.outcome = 'answered' as is_connected
  from public.calls c
  where c.outcome is not null and c.deleted_at is null and c.direction <> 'internal'
) c;
comment on view private.counts_of_calls is
'The ended calls, and what each of them adds to the counts (private.call_counts). Whether it was answered in time, or was a short abandon, the settings in force when it started decide, by answered_after_seconds and missed_after_seconds.';
grant select on private.counts_of_calls to authenticated, api_reader;
grant execute on function private.wait_edges() to authenticated, api_reader;

create trigger tg_counts_of_calls__refuse_writes instead of insert or update or delete on private.counts_of_calls
for each row execute function private.tg_refuse__writes();
