create function private.kpi_values(p_counts private.call_counts, p_minutes numeric)
returns table (kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint)
language plpgsql immutable parallel safe set search_path = '' rows 20 as $$
#variable_conflict use_column
begin
  return query
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
  ) as f (kpi, numerator, denominator, known, total);
end
$$;
comment on function private.kpi_values(private.call_counts, numeric) is
'The formula of every KPI, once: rates between 0 and 1, durations in seconds, null where 0 / 0 or nothing is known.';
grant execute on function private.kpi_values(private.call_counts, numeric) to authenticated, api_reader;
