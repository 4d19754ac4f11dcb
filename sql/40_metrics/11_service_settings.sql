create function private.service_settings(out answer_within_seconds integer, out short_abandon_seconds integer)
language sql immutable parallel safe set search_path = '' as $$
  select 20, 5
$$;
comment on function private.service_settings() is
'Within how many seconds a call should be answered, and below how many an abandoned call counts as short: the defaults, the same for every organization.';
grant execute on function private.service_settings() to authenticated;
