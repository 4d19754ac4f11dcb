-- Readers of the provider's values. None of them ever fails: what cannot be read is null, that is, unknown. They run for
-- every item, hence plpgsql: functions in SQL that cannot be inlined are planned anew in every statement.

create function private.parse_json(p_text text) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_text::jsonb;
exception
  when data_exception or program_limit_exceeded then
    return null;
end
$$;
comment on function private.parse_json(text) is 'The text as jsonb, or null where Postgres cannot hold it.';

create function private.without_nul(p_json text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- An escaped NUL is \u0000 after an even number of backslashes; jsonb cannot hold it.
  if strpos(p_json, '\u0000') = 0 then
    return p_json;
  end if;
  return regexp_replace(p_json, '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd', 'g');
end
$$;
comment on function private.without_nul(text) is 'JSON text with every escaped NUL character replaced by U+FFFD.';

create function private.parse_timestamp(p_text text) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_shape constant text := translate(p_text, '012345678', '999999999');
begin
  -- What is usual is told by its shape: a regular expression takes longer than all the rest.
  if v_shape in ('9999-99-99T99:99:99Z', '9999-99-99T99:99:99.999Z', '9999-99-99T99:99:99.9999999Z') then
    return case when pg_input_is_valid(p_text, 'timestamptz') then p_text::timestamptz end;
  end if;
  if p_text !~ '^[0-9]{4}-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]{1,9})?)?(Z|[+-][0-9][0-9](:?[0-9][0-9])?)?$' then
    return null;
  end if;
  if p_text ~ '[0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]+)?)?$' and p_text !~ '[+-][0-9][0-9]:?[0-9][0-9]$' then
    p_text := p_text || 'Z';
  end if;
  return case when pg_input_is_valid(p_text, 'timestamptz') then p_text::timestamptz end;
end
$$;
comment on function private.parse_timestamp(text) is 'An ISO 8601 instant, UTC where it names no offset; null where it is none.';

create function private.parse_number(p_text text) returns numeric
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  if p_text <> '' and char_length(p_text) <= 18 and translate(p_text, '0123456789', '') = '' then
    return p_text::numeric;
  end if;
  return case when p_text ~ '^-?[0-9]{1,18}(\.[0-9]{1,9})?$' then p_text::numeric end;
end
$$;
comment on function private.parse_number(text) is 'A decimal number, given as JSON number or string; null where it is none.';

create function private.parse_phone(p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  if p_text like '+___%' and char_length(p_text) <= 16 and translate(p_text, '0123456789', '') = '+' then
    return p_text;
  end if;
  p_text := regexp_replace(regexp_replace(p_text, '[\s().\-]', '', 'g'), '^00', '+');
  return case
    when p_text ~ '^\+[0-9]{3,15}$' then p_text
    when p_text ~ '^[0-9]{11,15}$' then '+' || p_text
    when p_text ~ '^[0-9]{3,10}$' then p_text
  end;
end
$$;
comment on function private.parse_phone(text) is
'A phone number as +digits, or bare digits where it is too short to carry a country code; null for withheld words.';

create function private.seconds_between(p_from timestamptz, p_to timestamptz) returns integer
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- A clock that ran backwards tells nothing; nor does a gap longer than a week.
  return case when p_to >= p_from and p_to < p_from + interval '7 days' then floor(extract(epoch from p_to - p_from))::int end;
end
$$;
comment on function private.seconds_between(timestamptz, timestamptz) is 'Whole seconds, floored; null where an end is unknown or precedes the start.';
