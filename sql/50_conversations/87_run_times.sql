create function private.instant_at(p_clock timestamp, p_time_zone text) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_at constant timestamptz := p_clock at time zone p_time_zone;
  v_shown constant timestamp := v_at at time zone p_time_zone;
  v_before timestamptz := v_at - interval '24 hours';
  v_early timestamptz;
  v_late timestamptz := v_at;
  v_middle timestamptz;
begin
  if v_shown = p_clock then
    -- Of a time that comes twice Postgres takes the second.
    v_early := (p_clock - ((v_before at time zone p_time_zone) - (v_before at time zone 'UTC'))) at time zone 'UTC';
    return case when v_early < v_at and (v_early at time zone p_time_zone) = p_clock then v_early else v_at end;
  end if;
  v_early := v_at - (v_shown - p_clock);
  while v_late - v_early > interval '1 second' loop
    v_middle := date_trunc('second', v_early + (v_late - v_early) / 2, 'UTC');
    if (v_middle at time zone p_time_zone) < p_clock then
      v_early := v_middle;
    else
      v_late := v_middle;
    end if;
  end loop;
  return v_late;
end
$$;
comment on function private.instant_at(timestamp, text) is
'When the clock of a zone shows this: the first of two times, and where the clock skips it, the first instant after.';

create function private.run_times(
  p_frequency text, p_weekday integer, p_day_of_month integer, p_local_time time, p_time_zone text, p_from date, p_to date
)
returns table (day date, runs_at timestamptz)
language plpgsql stable parallel safe set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select d.midnight::date, private.instant_at(d.midnight + p_local_time, p_time_zone)
  from generate_series(p_from::timestamp, p_to::timestamp, interval '1 day') as d (midnight)
  where case p_frequency
    when 'daily' then true
    when 'weekly' then extract(isodow from d.midnight) = p_weekday
    when 'monthly' then extract(day from d.midnight) = least(
      p_day_of_month, extract(day from date_trunc('month', d.midnight) + interval '1 month' - interval '1 day')
    )
  end;
end
$$;
comment on function private.run_times(text, integer, integer, time, text, date, date) is
'When a schedule runs on these local days. In a month that is too short it runs on the last day.';

create function private.report_period(
  p_frequency text, p_day date, p_time_zone text, out period_start timestamptz, out period_end timestamptz
)
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_end timestamp := p_day;
  v_start timestamp;
begin
  case p_frequency
    when 'daily' then
      v_start := v_end - interval '1 day';
    when 'weekly' then
      v_end := date_trunc('week', v_end);
      v_start := v_end - interval '7 days';
    when 'monthly' then
      v_end := date_trunc('month', v_end);
      v_start := v_end - interval '1 month';
  end case;
  period_start := private.instant_at(v_start, p_time_zone);
  period_end := private.instant_at(v_end, p_time_zone);
end
$$;
comment on function private.report_period(text, date, text) is
'What a report that runs on this local day is about: the day before, the last whole week from Monday, or the last whole month.';

create function private.period_name(p_from timestamptz, p_to timestamptz, p_time_zone text) returns text
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_from constant timestamp := p_from at time zone p_time_zone;
  v_to constant timestamp := p_to at time zone p_time_zone;
  v_last constant timestamp := v_to - interval '1 microsecond';
begin
  return case
    when v_from::date = v_last::date then to_char(v_from, 'FMDay, FMDD FMMonth YYYY')
    when v_from = date_trunc('month', v_from) and v_to = v_from + interval '1 month' then to_char(v_from, 'FMMonth YYYY')
    when date_trunc('month', v_from) = date_trunc('month', v_last) then
      to_char(v_from, 'FMDD') || to_char(v_last, '" to "FMDD FMMonth YYYY')
    when date_trunc('year', v_from) = date_trunc('year', v_last) then
      to_char(v_from, 'FMDD FMMonth') || to_char(v_last, '" to "FMDD FMMonth YYYY')
    else to_char(v_from, 'FMDD FMMonth YYYY') || to_char(v_last, '" to "FMDD FMMonth YYYY')
  end;
end
$$;
comment on function private.period_name(timestamptz, timestamptz, text) is 'A range of local days in words.';
