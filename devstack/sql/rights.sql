-- What those roles may do. By supabase_admin, again at every start: a cluster that was made earlier may lack some.
grant anon, authenticated, service_role to authenticator, supabase_storage_admin;
grant anon, authenticated, service_role to postgres with admin option;

-- On hosted an extension lets postgres create policies on Storage's tables; membership is the nearest thing here.
grant supabase_storage_admin to postgres with inherit true, set false;

-- On hosted an extension lets postgres set PostgREST's options on its role; the right to administer it is the nearest thing.
grant authenticator to postgres with admin true, inherit false, set false;
grant set on parameter pgrst.db_pre_request to postgres;

alter role supabase_admin set search_path = "$user", public, auth, extensions;
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_storage_admin set search_path = storage;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
