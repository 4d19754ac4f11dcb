create function private.bucket_start(p_at timestamptz, p_time_zone text, p_grain text) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_clock timestamp := p_at at time zone p_time_zone;
  v_start timestamptz;
begin
  if p_grain = 'hour' then
    -- One clock hour at one UTC offset: truncating local time would merge the two hours of an autumn night.
    return p_at - make_interval(mins => extract(minute from v_clock)::int, secs => extract(second from v_clock)::double precision);
  end if;
  v_clock := date_trunc(p_grain, v_clock);
  v_start := v_clock at time zone p_time_zone;
  -- Where the clock is set back at midnight, that midnight comes twice, and the day begins with the first.
  if (v_start - interval '1 hour') at time zone p_time_zone = v_clock then
    return v_start - interval '1 hour';
  end if;
  return v_start;
end
$$;
comment on function private.bucket_start(timestamptz, text, text) is
'The local hour, day, week (from Monday) or month in which an instant falls, as the instant it begins.';
grant execute on function private.bucket_start(timestamptz, text, text) to authenticated, api_reader;
