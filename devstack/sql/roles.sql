-- The roles a hosted Supabase project has before our migrations. Once per cluster, by its superuser supabase_admin.
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator login noinherit;
create role supabase_auth_admin login noinherit;
create role supabase_storage_admin login noinherit;
create role postgres login nosuperuser createdb createrole bypassrls replication;
