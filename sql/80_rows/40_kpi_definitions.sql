insert into public.kpi_definitions (kpi, name, unit, direction, adds_up, population, formula, source, told_by)
select
  d.kpi, d.name, d.unit, d.direction, d.adds_up, d.population, d.formula, d.source,
  '{kpi_summary,kpi_series,kpi_comparison,kpi_unusual,kpi_heatmap,kpi_by_organization,kpi_by_line,kpi_by_member}'
from (values
  (
    'offered', 'Calls offered', 'calls', 'none', true, 'Inbound calls that have ended',
    'Answered + voicemail + missed. Internal calls and those in progress count nowhere; a transferred call counts once.',
    'History and events'
  ),
  (
    'answered', 'Answered', 'calls', 'up', true, 'Calls offered', 'Inbound calls that a person answered.', 'History and events'
  ),
  (
    'voicemail', 'Voicemail', 'calls', 'down', true, 'Calls offered', 'Inbound calls that ended in the voicemail.', 'History and events'
  ),
  (
    'missed', 'Missed', 'calls', 'down', true, 'Calls offered',
    'Inbound calls that neither a person nor the voicemail took: missed, abandoned, or dropped before an answer.', 'History and events'
  ),
  (
    'answer_rate', 'Answer rate', 'share', 'up', false, 'Calls offered', 'Answered / offered.', 'History and events'
  ),
  (
    'abandonment_rate', 'Abandonment rate', 'share', 'down', false, 'Calls offered',
    '(Missed − short abandons) / (offered − short abandons). A short abandon is missed after a wait below the limit in the settings '
    'of its day; a missed call of unknown wait counts as abandoned. Where short abandons are not left out: missed / offered.',
    'History; waits from events alone'
  ),
  (
    'service_level', 'Service level', 'share', 'up', false, 'Calls offered',
    'Answered within the threshold / (offered − short abandons), over the calls whose wait is known. Threshold and limit are those '
    'in the settings of the call''s day; where short abandons are not left out, none is taken off.',
    'Waits from events alone'
  ),
  (
    'average_speed_of_answer', 'Average speed of answer', 'seconds', 'down', false, 'Calls answered',
    'Mean wait of the answered calls whose wait is known. A wait is in whole seconds, from arrival, or the first ring if that is '
    'known to be earlier, to the first answer.',
    'Waits from events alone'
  ),
  (
    'average_abandon_wait', 'Average wait of missed calls', 'seconds', 'none', false, 'Calls missed',
    'Mean wait, from arrival to hanging up, of the missed calls whose wait is known.', 'Waits from events alone'
  ),
  (
    'longest_wait', 'Longest wait', 'seconds', 'down', false, 'Calls offered', 'The longest known wait of an inbound call.',
    'Waits from events alone'
  ),
  (
    'average_handle_time', 'Average handle time', 'seconds', 'none', false, 'Calls answered',
    'Talk / answered, over the calls whose talk is known. Talk is from answer to end, summed over the people who spoke; hold and '
    'work after the call are not told, and not guessed.',
    'History and events'
  ),
  (
    'total_talk', 'Total talk', 'seconds', 'none', true, 'Calls answered', 'Sum of the known talk of answered inbound calls.',
    'History and events'
  ),
  (
    'average_duration', 'Average duration', 'seconds', 'none', false, 'Calls offered',
    'Mean time from start to end of the inbound calls of which it is known.', 'History and events'
  ),
  (
    'calls_per_minute', 'Calls per minute', 'calls_per_minute', 'none', false, 'Calls offered',
    'Offered / minutes of the range that have passed.', 'History and events'
  ),
  (
    'dropped_rate', 'Dropped', 'share', 'down', false, 'Calls answered', 'Calls that broke off after they were answered / answered.',
    'History and events'
  ),
  (
    'transferred_rate', 'Transferred', 'share', 'down', false, 'Calls answered', 'Answered calls that were transferred / answered.',
    'History and events'
  ),
  (
    'very_short_rate', 'Very short', 'share', 'down', false, 'Calls answered',
    'Answered calls with less than 10 seconds of talk / answered calls whose talk is known.', 'History and events'
  ),
  (
    'outbound', 'Calls placed', 'calls', 'none', true, 'Outbound calls and callbacks that have ended',
    'Calls we made, callbacks among them.',
    'History and events'
  ),
  (
    'outbound_connected_rate', 'Calls placed that were answered', 'share', 'up', false, 'Outbound calls and callbacks that have ended',
    'Placed calls that were answered / placed.', 'History and events'
  ),
  (
    'outbound_talk', 'Talk of calls placed', 'seconds', 'none', true, 'Placed calls that were answered',
    'Sum of the known talk of placed calls.', 'History and events'
  )
) d (kpi, name, unit, direction, adds_up, population, formula, source);

insert into public.kpi_definitions (kpi, name, unit, direction, adds_up, population, formula, source, told_by)
values
  (
    'answered_wait_median', 'Median wait', 'seconds', 'down', false, 'Calls answered',
    'The wait that half of the answered calls did not exceed, from a histogram whose bins end at 1 … 10, 12, 15, 20, 25, 30, 40, 45, '
    '60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1800 and 3600 seconds; or exact, on request.',
    'Waits from events alone', '{kpi_percentiles}'
  ),
  (
    'answered_wait_p90', 'Wait, 90th percentile', 'seconds', 'down', false, 'Calls answered',
    'The wait that nine of ten answered calls did not exceed; see the median wait.', 'Waits from events alone', '{kpi_percentiles}'
  ),
  (
    'answered_wait_p95', 'Wait, 95th percentile', 'seconds', 'down', false, 'Calls answered',
    'The wait that 19 of 20 answered calls did not exceed; see the median wait.', 'Waits from events alone', '{kpi_percentiles}'
  ),
  (
    'repeat_calls', 'Repeat calls', 'calls', 'down', true, 'Calls offered; known: those of identified numbers',
    'Calls offered whose number had already called the organization, on any line one sees, within the 7 × 24 hours before. Withheld '
    'numbers are never taken for one another.',
    'History and events', '{repeat_callers}'
  ),
  (
    'repeat_rate', 'Repeat rate', 'share', 'down', false, 'Calls offered; known: those of identified numbers',
    'Repeat calls / offered.', 'History and events', '{repeat_callers}'
  ),
  (
    'first_call_resolution_proxy', 'First-call resolution (proxy)', 'share', 'up', false,
    'Calls offered; known: those of identified numbers',
    '1 − repeat calls / offered. A proxy: who does not call again need not have been helped.', 'History and events', '{repeat_callers}'
  ),
  (
    'calls_per_reached_contact', 'Calls per reached contact', 'calls_per_caller', 'down', false,
    'Calls offered; known: those of identified numbers',
    'Calls offered of identified numbers / identified numbers answered at least once.',
    'History and events', '{repeat_callers}'
  ),
  (
    'missed_callers', 'Missed callers', 'callers', 'down', false, 'Calls missed; known: those of identified numbers',
    'Distinct identified numbers with a missed call.', 'History and events', '{callbacks}'
  ),
  (
    'callback_rate', 'Callback rate', 'share', 'up', false, 'Calls missed; known: those of identified numbers',
    'Missed callers reached, by an answered call in either direction, within the window (24 hours unless chosen) after their first '
    'missed call of the range / missed callers.',
    'History and events', '{callbacks}'
  ),
  (
    'callers_called_back', 'Missed callers we called back', 'callers', 'up', false, 'Calls missed; known: those of identified numbers',
    'Missed callers whose first contact within the window was a call we made.', 'History and events', '{callbacks}'
  ),
  (
    'callers_who_called_again', 'Missed callers who called again', 'callers', 'none', false,
    'Calls missed; known: those of identified numbers', 'Missed callers whose first contact within the window was a call they made.',
    'History and events', '{callbacks}'
  ),
  (
    'callers_outstanding', 'Missed callers outstanding', 'callers', 'down', false, 'Calls missed; known: those of identified numbers',
    'Missed callers who were not reached within the window.', 'History and events', '{callbacks}'
  ),
  (
    'time_to_callback_median', 'Median time to callback', 'seconds', 'down', false, 'Missed callers; known: those reached',
    'Median time from the start of the first missed call to the start of the contact, over missed callers reached.', 'History and events',
    '{callbacks}'
  ),
  (
    'time_to_callback_p90', 'Time to callback, 90th percentile', 'seconds', 'down', false, 'Missed callers; known: those reached',
    'The time within which nine of ten missed callers who were reached were reached.', 'History and events', '{callbacks}'
  ),
  (
    'peak_concurrency', 'Most calls at once', 'calls', 'none', false, 'Inbound calls in progress in the range',
    'The most inbound calls in progress at the same instant, those begun before the range included; one that ends as another begins '
    'is over. No call is taken to last longer than a day.',
    'History and events', '{peak_concurrency}'
  ),
  (
    'messages_received', 'Messages received', 'messages', 'none', true, 'Messages received', 'Text messages received.',
    'Journal and events',
    '{kpi_messages}'
  ),
  (
    'messages_sent', 'Messages sent', 'messages', 'none', true, 'Messages sent',
    'Text messages that left: sent, delivered, or failed with the provider.', 'Journal and events', '{kpi_messages}'
  ),
  (
    'message_delivery_rate', 'Messages delivered', 'share', 'up', false, 'Messages sent; known: those delivered or failed',
    'Delivered / sent.', 'Journal and events', '{kpi_messages}'
  ),
  (
    'first_reply_median', 'Median time to first reply', 'seconds', 'down', false,
    'Messages that open a conversation; known: those replied to',
    'Median time from a message received, that is the first, follows one of ours or comes more than a day after the one before, to '
    'our next.',
    'Journal and events', '{kpi_messages}'
  ),
  (
    'availability', 'Availability', 'share', 'none', false, 'Time in which the agent''s status is known',
    '(Busy + available) / time in which the status is known.', 'Status as observed, and calls', '{team_availability}'
  ),
  (
    'occupancy', 'Occupancy', 'share', 'none', false, 'Time in which the agent was busy or available', 'Busy / (busy + available).',
    'Status as observed, and calls', '{team_availability}'
  ),
  (
    'sla_days_missed', 'Days that missed the target', 'days', 'down', true, 'Local days with a call of known wait to be judged',
    'Days whose service level was below the target in force that day. Rows: report_sla, is_missed=is.true.', 'Waits from events alone',
    '{report_sla}'
  ),
  (
    'revenue', 'Revenue', 'cents', 'up', true, 'Payments',
    'What was paid, by instant of payment, for each currency by itself. Rows: payments, paid_at=gte.…&paid_at=lt.…&currency=eq.….',
    'Payments as the operator writes them', '{revenue}'
  );

update public.kpi_definitions set
  rows_of = f.rows_of, numerator = f.numerator, numerator_filter = f.numerator_filter, denominator_filter = f.denominator_filter,
  known_filter = f.known_filter, total_filter = f.total_filter
from (values
  ('offered', 'counted_calls', 'count()', 'direction=eq.inbound', null, 'direction=eq.inbound', 'direction=eq.inbound'),
  ('answered', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.answered', null, 'direction=eq.inbound',
  'direction=eq.inbound'),
  ('voicemail', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.voicemail', null, 'direction=eq.inbound',
  'direction=eq.inbound'),
  ('missed', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.missed', null, 'direction=eq.inbound', 'direction=eq.inbound'),
  (
    'answer_rate', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.answered', 'direction=eq.inbound', 'direction=eq.inbound',
    'direction=eq.inbound'
  ),
  (
    'abandonment_rate', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.missed&is_short_abandon=is.false',
    'direction=eq.inbound&is_short_abandon=is.false', 'direction=eq.inbound&or=(outcome.neq.missed,wait_seconds.not.is.null)',
    'direction=eq.inbound'
  ),
  (
    'service_level', 'counted_calls', 'count()', 'direction=eq.inbound&is_answered_in_time=is.true',
    'direction=eq.inbound&wait_seconds=not.is.null&is_short_abandon=is.false', 'direction=eq.inbound&wait_seconds=not.is.null',
    'direction=eq.inbound'
  ),
  (
    'average_speed_of_answer', 'counted_calls', 'wait_seconds.sum()', 'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'average_abandon_wait', 'counted_calls', 'wait_seconds.sum()', 'direction=eq.inbound&outcome=eq.missed&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.missed&wait_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.missed&wait_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.missed'
  ),
  (
    'longest_wait', 'counted_calls', 'wait_seconds.max()', 'direction=eq.inbound&wait_seconds=not.is.null', null,
    'direction=eq.inbound&wait_seconds=not.is.null', 'direction=eq.inbound'
  ),
  (
    'average_handle_time', 'counted_calls', 'talk_seconds.sum()', 'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'total_talk', 'counted_calls', 'talk_seconds.sum()', 'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null', null,
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'average_duration', 'counted_calls', 'duration_seconds.sum()', 'direction=eq.inbound&duration_seconds=not.is.null',
    'direction=eq.inbound&duration_seconds=not.is.null', 'direction=eq.inbound&duration_seconds=not.is.null', 'direction=eq.inbound'
  ),
  ('calls_per_minute', 'counted_calls', 'count()', 'direction=eq.inbound', null, 'direction=eq.inbound', 'direction=eq.inbound'),
  (
    'dropped_rate', 'counted_calls', 'count()', 'direction=eq.inbound&is_dropped=is.true', 'direction=eq.inbound&outcome=eq.answered',
    'direction=eq.inbound&outcome=eq.answered', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'transferred_rate', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.answered&transfer_count=gt.0',
    'direction=eq.inbound&outcome=eq.answered', 'direction=eq.inbound&outcome=eq.answered', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'very_short_rate', 'counted_calls', 'count()', 'direction=eq.inbound&outcome=eq.answered&talk_seconds=lt.10',
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'outbound', 'counted_calls', 'count()', 'direction=in.(outbound,callback)', null, 'direction=in.(outbound,callback)',
    'direction=in.(outbound,callback)'
  ),
  (
    'outbound_connected_rate', 'counted_calls', 'count()', 'direction=in.(outbound,callback)&outcome=eq.answered',
    'direction=in.(outbound,callback)', 'direction=in.(outbound,callback)', 'direction=in.(outbound,callback)'
  ),
  (
    'outbound_talk', 'counted_calls', 'talk_seconds.sum()',
    'direction=in.(outbound,callback)&outcome=eq.answered&talk_seconds=not.is.null', null,
    'direction=in.(outbound,callback)&outcome=eq.answered&talk_seconds=not.is.null',
    'direction=in.(outbound,callback)&outcome=eq.answered'
  ),
  (
    'answered_wait_median', 'counted_calls', 'wait_seconds', 'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', null,
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'answered_wait_p90', 'counted_calls', 'wait_seconds', 'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', null,
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'answered_wait_p95', 'counted_calls', 'wait_seconds', 'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', null,
    'direction=eq.inbound&outcome=eq.answered&wait_seconds=not.is.null', 'direction=eq.inbound&outcome=eq.answered'
  ),
  (
    'repeat_calls', 'counted_calls', 'count()', 'is_repeat=is.true', null, 'direction=eq.inbound&is_identified=is.true',
    'direction=eq.inbound'
  ),
  (
    'repeat_rate', 'counted_calls', 'count()', 'is_repeat=is.true', 'direction=eq.inbound', 'direction=eq.inbound&is_identified=is.true',
    'direction=eq.inbound'
  ),
  (
    'first_call_resolution_proxy', 'counted_calls', 'count()', 'direction=eq.inbound&is_repeat=is.false', 'direction=eq.inbound',
    'direction=eq.inbound&is_identified=is.true', 'direction=eq.inbound'
  ),
  (
    'calls_per_reached_contact', 'rpc/callers', 'calls.sum()', 'external_number=not.is.null', 'external_number=not.is.null&answered=gt.0',
    null, null
  ),
  ('missed_callers', 'rpc/callers', 'count()', 'first_missed_at=not.is.null', null, null, null),
  ('callback_rate', 'rpc/callers', 'count()', 'reached_at=not.is.null', 'first_missed_at=not.is.null', null, null),
  ('callers_called_back', 'rpc/callers', 'count()', 'reached_by=eq.called_back', null, null, null),
  ('callers_who_called_again', 'rpc/callers', 'count()', 'reached_by=eq.called_again', null, null, null),
  ('callers_outstanding', 'rpc/callers', 'count()', 'first_missed_at=not.is.null&reached_at=is.null', null, null, null),
  (
    'time_to_callback_median', 'rpc/callers', 'seconds_to_contact', 'reached_at=not.is.null', null, 'reached_at=not.is.null',
    'first_missed_at=not.is.null'
  ),
  (
    'time_to_callback_p90', 'rpc/callers', 'seconds_to_contact', 'reached_at=not.is.null', null, 'reached_at=not.is.null',
    'first_missed_at=not.is.null'
  ),
  (
    'peak_concurrency', 'counted_calls', 'count()', 'direction=eq.inbound&started_at=lte.{peak_at}&over_at=gt.{peak_at}', null, null, null
  ),
  ('messages_received', 'messages', 'count()', 'direction=eq.inbound', null, 'direction=eq.inbound', 'direction=eq.inbound'),
  (
    'messages_sent', 'messages', 'count()',
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))', null,
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))',
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))'
  ),
  (
    'message_delivery_rate', 'messages', 'count()', 'direction=eq.outbound&state=eq.delivered',
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))',
    'direction=eq.outbound&or=(state.eq.delivered,and(state.eq.failed,provider_message_id.not.is.null))',
    'direction=eq.outbound&or=(state.in.(sent,delivered),and(state.eq.failed,provider_message_id.not.is.null))'
  )
) f (kpi, rows_of, numerator, numerator_filter, denominator_filter, known_filter, total_filter)
where kpi_definitions.kpi = f.kpi;
