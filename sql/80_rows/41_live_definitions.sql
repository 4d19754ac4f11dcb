insert into public.kpi_definitions (kpi, name, unit, direction, adds_up, population, formula, source, told_by)
values
(
  'ringing', 'Ringing now', 'calls', 'none', false, 'Calls in progress',
  'Calls in either direction that nobody has answered: ringing, waiting, being dialled. Rows: live_calls, state=eq.ringing.',
  'Events alone',
  '{live_summary}'
),
(
  'in_progress', 'In progress now', 'calls', 'none', false, 'Calls in progress',
  'Calls that were answered and have not ended. Rows: live_calls, state=eq.in_progress.', 'Events alone', '{live_summary}'
),
(
  'queue_length', 'Waiting now', 'calls', 'down', false, 'Calls in progress',
  'Inbound calls with no answer, end or outcome. Rows: live_calls, waiting_seconds=not.is.null.', 'Events alone', '{live_summary}'
),
(
  'longest_wait_now', 'Longest wait now', 'seconds', 'down', false, 'Calls waiting now',
  'Now − arrival, or the first ring if that is known to be earlier, of the oldest inbound call with no answer, end or outcome.',
  'Events alone', '{live_summary}'
),
(
  'calls_per_minute_now', 'Calls per minute now', 'calls_per_minute', 'none', false, 'Inbound calls that began of late',
  'Inbound calls that began in the last 5 (60) minutes, ended or not / 5 (60).', 'History and events', '{live_summary}'
),
(
  'agents_needed', 'Agents needed', 'agents', 'none', false, 'Calls offered',
  'Mean calls offered per local weekday-hour and mean handle time: the fewest agents whose service level by Erlang C meets the '
  'target, ÷ (1 − shrinkage), rounded up. Erlang C assumes that calls come at random and that nobody hangs up.',
  'History and events', '{staffing}'
);
