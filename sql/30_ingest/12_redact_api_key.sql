create function private.redact_api_key(p_payload jsonb) returns jsonb
language sql immutable parallel safe set search_path = '' as $$
  select case jsonb_typeof(p_payload)
    when 'object' then coalesce(
      (
        select jsonb_object_agg(
          key,
          case
            when lower(key) in ('apikey', 'api_key', 'x-api-key') then '"[redacted]"'
            when jsonb_typeof(value) = 'object' then private.redact_api_key(value)
            else value
          end
        )
        from jsonb_each(p_payload)
      ),
      '{}'
    )
    else p_payload
  end
$$;
comment on function private.redact_api_key(jsonb) is 'The payload without the account''s key, which no row and no log may hold.';
