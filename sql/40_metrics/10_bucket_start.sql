create function private.local_midnight(p_clock timestamp, p_time_zone text) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_start constant timestamptz := p_clock at time zone p_time_zone;
begin
  -- Where the clock is set back at midnight, that midnight comes twice, and the day begins with the first.
  if (v_start - interval '1 hour') at time zone p_time_zone = p_clock then
    return v_start - interval '1 hour';
  end if;
  return v_start;
end
$$;
comment on function private.local_midnight(timestamp, text) is 'The instant at which a local day begins.';

create function private.bucket_start(p_at timestamptz, p_time_zone text, p_grain text) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_clock constant timestamp := p_at at time zone p_time_zone;
begin
  if p_grain = 'hour' then
    -- One clock hour at one UTC offset: truncating local time would merge the two hours of an autumn night.
    return p_at - (v_clock - date_trunc('hour', v_clock));
  end if;
  return private.local_midnight(date_trunc(p_grain, v_clock), p_time_zone);
end
$$;
comment on function private.bucket_start(timestamptz, text, text) is
'The local hour, day, week (from Monday) or month in which an instant falls, as the instant it begins.';

create function private.is_boundary(p_at timestamptz, p_time_zone text, p_grain text) returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
begin
  -- After a change of clocks a bucket's beginning may lie before the first instant that falls into it, or within its neighbour.
  return private.bucket_start(p_at, p_time_zone, p_grain) = p_at
    and private.bucket_start(p_at + interval '59:59.999999', p_time_zone, p_grain) = p_at;
end
$$;
comment on function private.is_boundary(timestamptz, text, text) is
'Whether every instant before it falls into a local hour or day that begins before it, and no later one does.';

create function private.boundary_before(p_at timestamptz, p_time_zone text, p_grain text) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_at timestamptz := private.bucket_start(p_at, p_time_zone, p_grain);
begin
  while not private.is_boundary(v_at, p_time_zone, p_grain) loop
    v_at := private.bucket_start(v_at - interval '1 microsecond', p_time_zone, p_grain);
  end loop;
  return v_at;
end
$$;
comment on function private.boundary_before(timestamptz, text, text) is 'The last boundary of local hours or days at or before an instant.';

create function private.boundary_after(p_at timestamptz, p_time_zone text, p_grain text) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_step constant interval := case p_grain when 'hour' then interval '30 minutes' else interval '12 hours' end;
  v_ahead interval := '0';
  v_at timestamptz := p_at;
begin
  while v_at < p_at or not private.is_boundary(v_at, p_time_zone, p_grain) loop
    v_ahead := v_ahead + v_step;
    v_at := private.bucket_start(p_at + v_ahead, p_time_zone, p_grain);
  end loop;
  return v_at;
end
$$;
comment on function private.boundary_after(timestamptz, text, text) is 'The first boundary of local hours or days at or after an instant.';

create function private.hour_shown(p_hour timestamptz, p_time_zone text) returns timestamp
language plpgsql stable parallel safe set search_path = '' as $$
begin
  -- After a change of clocks by less than an hour a local hour may begin before the first instant that falls into it.
  if private.bucket_start(p_hour, p_time_zone, 'hour') <> p_hour then
    return date_trunc('hour', (p_hour + interval '59:59.999999') at time zone p_time_zone);
  end if;
  return p_hour at time zone p_time_zone;
end
$$;
comment on function private.hour_shown(timestamptz, text) is 'Which hour the clock shows when a local hour, told by private.bucket_start, begins.';

grant execute on function
  private.local_midnight(timestamp, text), private.bucket_start(timestamptz, text, text), private.is_boundary(timestamptz, text, text),
  private.boundary_before(timestamptz, text, text), private.boundary_after(timestamptz, text, text),
  private.hour_shown(timestamptz, text)
to authenticated, api_reader;
