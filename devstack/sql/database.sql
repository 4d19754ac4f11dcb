-- A database as a hosted Supabase project hands it over, before Auth's and Storage's own tables. By supabase_admin.
do $$
begin
  execute format('alter database %I owner to postgres', current_database());
  execute format('grant create on database %I to supabase_auth_admin, supabase_storage_admin', current_database());
end
$$;

create schema extensions;
create extension pgcrypto with schema extensions;
create extension "uuid-ossp" with schema extensions;
grant all on schema extensions to postgres with grant option;
grant usage on schema extensions to anon, authenticated, service_role;

-- Generous on purpose, as hosted is: migrations that forget to revoke must be caught here.
grant usage on schema public to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
grant all on sequences to postgres, anon, authenticated, service_role;

create schema auth authorization supabase_auth_admin;
grant usage on schema auth to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_auth_admin in schema auth grant all on tables to postgres;
alter default privileges for role supabase_auth_admin in schema auth grant all on sequences to postgres;
alter default privileges for role supabase_auth_admin in schema auth grant all on functions to postgres;

create schema storage authorization supabase_storage_admin;
grant usage on schema storage to postgres with grant option;
grant usage on schema storage to anon, authenticated, service_role;
alter default privileges for role supabase_storage_admin in schema storage
grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_storage_admin in schema storage
grant all on functions to postgres, anon, authenticated, service_role;

-- postgres, a member of Storage's owner here, may still do no more to Storage's objects than on hosted: policies.
create function extensions.guard_storage() returns event_trigger language plpgsql as $$
begin
  if current_user = 'postgres' and exists (
    select from pg_event_trigger_ddl_commands() where schema_name = 'storage' and command_tag !~ ' POLICY$'
  ) then
    raise insufficient_privilege using message = 'must be owner of what is in schema storage';
  end if;
end
$$;
create event trigger guard_storage on ddl_command_end execute function extensions.guard_storage();
