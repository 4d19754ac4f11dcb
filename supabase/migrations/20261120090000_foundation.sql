set lock_timeout = '5s';

create schema if not exists extensions;
create schema private;
comment on schema private is 'Helpers, appliers, raw events and secrets. Never in PostgREST''s schemas; public is the API''s contract.';

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists btree_gist with schema extensions;

-- Login roles of our own processes. Their passwords and LOGIN are given outside migrations.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'webhooks') then
    create role webhooks nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'sync') then
    create role sync nologin noinherit;
  end if;
end
$$;

grant usage on schema private to authenticated, webhooks, sync;

-- Hosted projects start with generous defaults; every grant below is explicit instead. A revoke from PUBLIC works only
-- without "in schema", one from the API roles only by name and schema.
alter default privileges for role postgres revoke execute on functions from public;
alter default privileges for role postgres in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public revoke all on functions from anon, authenticated, service_role;

create function private.tg_touch__updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.tg_touch__updated_at() is 'Keeps updated_at at the time of the last change.';

create function private.holding_org_id() returns uuid
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return '00000000-0000-0000-0000-000000000000'::uuid;
end
$$;
comment on function private.holding_org_id() is
'The reserved organization without members that owns what belongs to nobody yet; only platform admins see it.';
grant execute on function private.holding_org_id() to authenticated;

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
begin
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
  return case when p_text ~ '^-?[0-9]{1,18}(\.[0-9]{1,9})?$' then p_text::numeric end;
end
$$;
comment on function private.parse_number(text) is 'A decimal number, given as JSON number or string; null where it is none.';

create function private.parse_phone(p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  if p_text ~ '^\+[0-9]{3,15}$' then
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
