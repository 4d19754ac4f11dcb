-- Login roles of our own processes, whose passwords and LOGIN are given outside migrations, and the role that PostgREST
-- becomes for a request that redeems an API key's grant.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'webhooks') then
    create role webhooks nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'sync') then
    create role sync nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'api_reader') then
    create role api_reader nologin noinherit;
  end if;
end
$$;

grant api_reader to authenticator;

grant usage on schema public to api_reader;
grant usage on schema private to anon, authenticated, service_role, api_reader, webhooks, sync, supabase_auth_admin;
