create function private.bucket_start(p_at timestamptz, p_time_zone text, p_grain text) returns timestamptz
language sql stable parallel safe set search_path = '' as $$
  select case p_grain
    -- One clock hour at one UTC offset: truncating local time would merge the two hours of an autumn night.
    when 'hour' then p_at - make_interval(
      mins => extract(minute from local.clock)::int, secs => extract(second from local.clock)::double precision
    )
    else date_trunc(p_grain, local.clock) at time zone p_time_zone
  end
  from (select p_at at time zone p_time_zone as clock) local
$$;
comment on function private.bucket_start(timestamptz, text, text) is
'The local hour, day, week (from Monday) or month in which an instant falls, as the instant it begins.';
grant execute on function private.bucket_start(timestamptz, text, text) to authenticated;
