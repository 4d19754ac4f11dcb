begin;
select plan(18);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table tried (who text, what text, came text) on commit drop;
grant insert on tried to public;

create function pg_temp.try(p_what text) returns void
language sql as $$insert into tried values (current_user, p_what, tests.attempt(p_what))$$;
grant execute on function pg_temp.try(text) to public;

select tests.act_as_role('webhooks');
select pg_temp.try($$select private.ingest_webhook_events('{}')$$);
select pg_temp.try('select private.webhook_secrets(null)');
select pg_temp.try('select from public.calls');
select pg_temp.try('select from private.webhook_events');
select pg_temp.try('select from private.integration_credentials');
select pg_temp.try('select private.sync_credentials(null)');
select pg_temp.try($$select private.claim_sync_job('me', now())$$);
select pg_temp.try('select private.rebuild_calls(null)');
select pg_temp.try('select public.kpi_summary(null, now() - interval ''1 day'', now())');

select tests.act_as_role('sync');
select pg_temp.try('select private.sync_status(now())');
select pg_temp.try('select private.sync_credentials(null)');
select pg_temp.try($$insert into private.staged_items values (gen_random_uuid(), 0, '{}')$$);
select pg_temp.try('select from private.staged_items');
select pg_temp.try('select from public.calls');
select pg_temp.try('select from public.sync_jobs');
select pg_temp.try('select from private.integration_credentials');
select pg_temp.try('select private.webhook_secrets(null)');
select pg_temp.try($$select private.ingest_webhook_events('{}')$$);

select tests.act_as_role('postgres');
select is(tried.came, may.came, tried.who || ': ' || tried.what)
from tried
join (
  values
    ('webhooks', 'select private.ingest_webhook_events(''{}'')', '0 rows'),
    ('webhooks', 'select private.webhook_secrets(null)', '0 rows'),
    ('sync', 'select private.sync_status(now())', '6 rows'),
    ('sync', 'select private.sync_credentials(null)', '0 rows'),
    ('sync', 'insert into private.staged_items values (gen_random_uuid(), 0, ''{}'')', '1 row')
) may (who, what, came) using (who, what);
select is(tried.came, '42501', tried.who || ' may not: ' || tried.what)
from tried
where came !~ 'row';

select * from finish();
rollback;
