create function private.redact_api_key(p_payload jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  case jsonb_typeof(p_payload)
    when 'object' then
      return coalesce(
        (
          select jsonb_object_agg(
            key,
            case
              -- Most keys hold no k, which is quicker to see.
              when key ilike '%k%' and lower(regexp_replace(key, '[^[:alpha:]]', '', 'g')) in ('apikey', 'xapikey') then '"[redacted]"'
              when jsonb_typeof(value) in ('object', 'array') then private.redact_api_key(value)
              else value
            end
          )
          from jsonb_each(p_payload)
        ),
        '{}'
      );
    when 'array' then
      return coalesce(
        (select jsonb_agg(private.redact_api_key(value) order by position)
          from jsonb_array_elements(p_payload) with ordinality as item (value, position)),
        '[]'
      );
    else
      return p_payload;
  end case;
end
$$;
comment on function private.redact_api_key(jsonb) is 'The payload without the account''s key, which no row and no log may hold.';

create function private.try_redact_api_key(p_payload jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return private.redact_api_key(p_payload);
exception when program_limit_exceeded then
  return null;
end
$$;
comment on function private.try_redact_api_key(jsonb) is 'The payload without the account''s key, or null where it is nested too deep.';
