begin;
select plan(37);

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
select pg_temp.try($$select private.open_api_request('x', 'y', now())$$);
select pg_temp.try('select from private.api_keys');
select pg_temp.try('select from private.api_grants');
select pg_temp.try('select private.redeem_api_grant()');
select pg_temp.try($$select private.claim_outbox_mail('me', now())$$);
select pg_temp.try('select public.accept_invitation(''x'')');
select pg_temp.try('select public.create_organization(''Mine'')');

select tests.act_as_role('sync');
select pg_temp.try('select private.sync_status(now())');
select pg_temp.try('select private.sync_credentials(null)');
select pg_temp.try('select from private.call_snapshots');
select pg_temp.try('select from public.calls');
select pg_temp.try('select from public.sync_jobs');
select pg_temp.try('select from private.integration_credentials');
select pg_temp.try('select private.webhook_secrets(null)');
select pg_temp.try($$select private.ingest_webhook_events('{}')$$);
select pg_temp.try($$select private.claim_outbox_mail('me', now())$$);
select pg_temp.try($$select private.add_invitation_token(gen_random_uuid(), 'me', sha256('x'), now())$$);
select pg_temp.try($$select private.finish_outbox_mail(gen_random_uuid(), 'me', 'sent', null, null, now())$$);
select pg_temp.try('select private.seal_audit_entries(now())');
select pg_temp.try('select private.forget_expired(now())');
select pg_temp.try('select from private.outbox_mails');
select pg_temp.try('select from private.invitations');
select pg_temp.try('select from private.invitation_tokens');
select pg_temp.try('select from public.audit_entries');
select pg_temp.try('select from public.org_members');
select pg_temp.try($$select private.open_api_request('x', 'y', now())$$);
select pg_temp.try('select public.accept_invitation(''x'')');
select pg_temp.try('update public.organizations set archived_at = now()');

select tests.act_as_role('postgres');
select is(tried.came, may.came, tried.who || ': ' || tried.what)
from tried
join (
  values
    ('webhooks', 'select private.ingest_webhook_events(''{}'')', '0 rows'),
    ('webhooks', 'select private.webhook_secrets(null)', '0 rows'),
    ('sync', 'select private.sync_status(now())', '21 rows'),
    ('sync', 'select private.sync_credentials(null)', '0 rows'),
    ('webhooks', 'select private.open_api_request(''x'', ''y'', now())', '1 row'),
    ('sync', 'select private.claim_outbox_mail(''me'', now())', '0 rows'),
    ('sync', 'select private.add_invitation_token(gen_random_uuid(), ''me'', sha256(''x''), now())', '1 row'),
    ('sync', 'select private.finish_outbox_mail(gen_random_uuid(), ''me'', ''sent'', null, null, now())', '1 row'),
    ('sync', 'select private.seal_audit_entries(now())', '1 row'),
    ('sync', 'select private.forget_expired(now())', '1 row')
) may (who, what, came) using (who, what);
select is(tried.came, '42501', tried.who || ' may not: ' || tried.what)
from tried
where came !~ 'row';

select * from finish();
rollback;
