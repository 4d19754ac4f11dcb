-- Hosted projects start with generous defaults; every grant below is explicit instead. A revoke from PUBLIC works only
-- without "in schema", one from the API roles only by name and schema.
alter default privileges for role postgres revoke execute on functions from public;
alter default privileges for role postgres in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public revoke all on functions from anon, authenticated, service_role;
