create function private.redact_api_key(p_payload jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_rest text;
begin
  case jsonb_typeof(p_payload)
    when 'object' then
      -- Mostly a payload is short, the key stands where it always stands, and nothing else can be read as its name: then none is
      -- looked at singly.
      v_rest := (p_payload - 'ApiKey')::text;
      if octet_length(v_rest) < 1000 and octet_length(v_rest) = char_length(v_rest) and strpos(v_rest, '\') = 0
        and v_rest !~* 'k[^a-z]*e[^a-z]*y' then
        return jsonb_set(p_payload, '{ApiKey}', '"[redacted]"', false);
      end if;
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

create function private.read_body(p_body text) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return private.redact_api_key(private.parse_json(private.without_nul(p_body)));
exception when program_limit_exceeded then
  return null;
end
$$;
comment on function private.read_body(text) is
'A delivery''s body as it may be stored, or null where it is nested too deep or holds what jsonb cannot.';
