create function private.is_time_zone(p_name text) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  -- Postgres would also take POSIX rules such as FOO5, which name no place.
  if p_name !~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$' then
    return false;
  end if;
  perform now() at time zone p_name;
  return true;
exception when invalid_parameter_value then
  return false;
end
$$;
comment on function private.is_time_zone(text) is 'Whether the name is a time zone of the IANA database.';
grant execute on function private.is_time_zone(text) to authenticated;
