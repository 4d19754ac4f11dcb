create function private.previous_range(
  p_from timestamptz, p_to timestamptz, p_time_zone text, p_now timestamptz,
  out previous_from timestamptz, out previous_to timestamptz
)
language plpgsql stable set search_path = '' as $$
declare
  v_from timestamp := p_from at time zone p_time_zone;
  v_to timestamp := p_to at time zone p_time_zone;
  v_length interval := v_to - v_from;
begin
  if v_from = date_trunc('month', v_from) and v_to = date_trunc('month', v_to) then
    v_length := age(v_to, v_from);
  end if;
  previous_from := (v_from - v_length) at time zone p_time_zone;
  -- Today until now is compared with yesterday until the same time.
  previous_to := ((least(p_to, greatest(p_now, p_from)) at time zone p_time_zone) - v_length) at time zone p_time_zone;
  -- Clocks that are put forward take an hour away, and with it a range within it.
  previous_to := greatest(previous_from, previous_to);
end
$$;
comment on function private.previous_range(timestamptz, timestamptz, text, timestamptz) is
'The range shifted back by its own length in local calendar units, cut at the same local time while it is unfinished.';
grant execute on function private.previous_range(timestamptz, timestamptz, text, timestamptz) to authenticated, api_reader;
