create function private.no_calls() returns private.call_counts
language sql immutable parallel safe set search_path = '' as $$
  select row(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)::private.call_counts
$$;
comment on function private.no_calls() is 'The counts of a range without a call.';
grant execute on function private.no_calls() to authenticated, api_reader;

create function private.elapsed_minutes(p_from timestamptz, p_to timestamptz) returns numeric
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return greatest(extract(epoch from least(p_to, now()) - p_from), 0) / 60;
end
$$;
comment on function private.elapsed_minutes(timestamptz, timestamptz) is 'Minutes of the range that have passed by now.';
grant execute on function private.elapsed_minutes(timestamptz, timestamptz) to authenticated, api_reader;
