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
