create schema if not exists extensions;
create schema private;
comment on schema private is 'Helpers, appliers, raw events and secrets. Never in PostgREST''s schemas; public is the API''s contract.';

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists btree_gist with schema extensions;
