create function private.report_title(p_report text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_report
    when 'summary' then 'Summary' when 'days' then 'Days' when 'hours' then 'Hours' when 'lines' then 'Lines'
    when 'members' then 'Team' when 'sla' then 'Service level' when 'calls' then 'Calls'
  end;
end
$$;
comment on function private.report_title(text) is 'What a report is called; null where there is none of this name.';
grant execute on function private.report_title(text) to authenticated, api_reader;

create function private.report_columns(p_report text) returns table (n bigint, name text, title text, unit text)
language sql immutable parallel safe set search_path = '' as $$
  with own (report, place, name, title, unit) as (
    values
      ('summary', 1, 'kpi', 'Figure', 'text'), ('summary', 2, 'value', 'Value', 'number'),
      ('summary', 3, 'previous', 'Period before', 'number'), ('summary', 4, 'numerator', 'Numerator', 'number'),
      ('summary', 5, 'denominator', 'Denominator', 'number'), ('summary', 6, 'known', 'Known', 'calls'),
      ('summary', 7, 'total', 'Of', 'calls'), ('summary', 8, 'data_through', 'Data through', 'instant'),
      ('summary', 9, 'definition_version', 'Definition', 'number'),
      ('days', 1, 'day', 'Day', 'day'),
      ('hours', 1, 'starts_at', 'Starts at', 'instant'), ('hours', 2, 'day', 'Day', 'day'), ('hours', 3, 'hour', 'Hour', 'clock'),
      ('lines', 1, 'line_id', 'Line id', 'id'), ('lines', 2, 'line', 'Line', 'text'), ('lines', 3, 'number', 'Number', 'text'),
      ('members', 1, 'member_id', 'Member id', 'id'), ('members', 2, 'member', 'Member', 'text'), ('members', 3, 'role', 'Role', 'text'),
      ('sla', 1, 'day', 'Day', 'day'), ('sla', 2, 'calls', 'Calls', 'calls'), ('sla', 3, 'known_waits', 'Known waits', 'calls'),
      ('sla', 4, 'service_level', 'Service level', 'share'), ('sla', 5, 'target', 'Target', 'share'), ('sla', 6, 'is_missed', 'Missed', 'flag'),
      ('calls', 1, 'id', 'Id', 'id'), ('calls', 2, 'started_at', 'Started at', 'instant'), ('calls', 3, 'local_time', 'Time', 'text'),
      ('calls', 4, 'direction', 'Direction', 'text'), ('calls', 5, 'outcome', 'Outcome', 'text'), ('calls', 6, 'line', 'Line', 'text'),
      ('calls', 7, 'business_number', 'Our number', 'text'), ('calls', 8, 'external_number', 'Their number', 'text'),
      ('calls', 9, 'external_name', 'Their name', 'text'), ('calls', 10, 'wait_seconds', 'Wait', 'seconds'),
      ('calls', 11, 'talk_seconds', 'Talk', 'seconds'), ('calls', 12, 'duration_seconds', 'Duration', 'seconds'),
      ('calls', 13, 'members', 'Members', 'text'), ('calls', 14, 'transfer_count', 'Transfers', 'number'),
      ('calls', 15, 'is_dropped', 'Dropped', 'flag'), ('calls', 16, 'outcome_code', 'Outcome code', 'text'), ('calls', 17, 'tags', 'Tags', 'text')
  ),
  figures (place, name, title, unit) as (
    values
      (101, 'offered', 'Offered', 'calls'), (102, 'answered', 'Answered', 'calls'), (103, 'voicemail', 'Voicemail', 'calls'),
      (104, 'missed', 'Missed', 'calls'), (105, 'answer_rate', 'Answer rate', 'share'),
      (106, 'abandonment_rate', 'Abandonment rate', 'share'), (107, 'service_level', 'Service level', 'share'),
      (108, 'known_waits', 'Known waits', 'calls'), (109, 'average_speed_of_answer', 'Average speed of answer', 'seconds'),
      (110, 'average_abandon_wait', 'Average abandon wait', 'seconds'), (111, 'longest_wait', 'Longest wait', 'seconds'),
      (112, 'average_handle_time', 'Average handle time', 'seconds'), (113, 'total_talk', 'Total talk', 'seconds'),
      (114, 'average_duration', 'Average duration', 'seconds'), (115, 'dropped_rate', 'Dropped', 'share'),
      (116, 'transferred_rate', 'Transferred', 'share'), (117, 'very_short_rate', 'Very short', 'share'),
      (118, 'outbound', 'Outbound', 'calls'), (119, 'outbound_connected_rate', 'Outbound connected', 'share'),
      (120, 'outbound_talk', 'Outbound talk', 'seconds')
  )
  select row_number() over (order by c.place), c.name, c.title, c.unit
  from (
    select o.place, o.name, o.title, o.unit from own o where o.report = p_report
    union all
    select f.place, f.name, f.title, f.unit from figures f where p_report in ('days', 'hours', 'lines', 'members')
  ) c
  order by c.place
$$;
comment on function private.report_columns(text) is 'The columns of a report in their order, which a CSV keeps: name, heading, and what its values are.';
grant execute on function private.report_columns(text) to authenticated, api_reader;
