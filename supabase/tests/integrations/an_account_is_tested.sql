begin;
select plan(31);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
delete from private.sync_cursors;
create function pg_temp.tries(p_how text, p_account uuid) returns text
language sql as $$select tests.attempt(format('select * from public.test_%s(%L)', p_how, p_account))$$;
grant execute on function pg_temp.tries(text, uuid) to public;
create function pg_temp.asks(p_how text) returns uuid
language plpgsql as $$
declare
  v_job_id uuid;
begin
  perform tests.act_as((select s.org_admin from story s));
  execute format('select t.job_id from public.test_%s($1) t', p_how) into v_job_id using (select s.acme_account from story s);
  perform tests.act_as_role('postgres');
  return v_job_id;
end
$$;
create function pg_temp.claim() returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  select concat_ws(' ', c.kind, c.resource, c.range_from) into v_said from private.claim_sync_job('me', now()) c;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.target(p_worker text default 'me') returns text
language plpgsql as $$
declare
  v_job_id uuid := (select j.id from public.sync_jobs j where j.state = 'running');
  v_said text;
begin
  perform tests.act_as_role('sync');
  select concat_ws(
    ' ', t.mode, replace(t.url, coalesce(t.token, 'none'), '<token>'), t.key_id, convert_from(substr(t.sealed, 1, 1),
    'UTF8'), t.organization
  ) into v_said
  from private.test_delivery_target(v_job_id, p_worker, now()) t;
  perform tests.act_as_role('postgres');
  return (select replace(replace(v_said, s.acme_account::text, 'acme'), s.acme::text, 'Acme') from story s);
end
$$;
create function pg_temp.end() returns void
language plpgsql as $$
begin
  update public.sync_jobs set state = 'done', worker = null, lease_until = null, created_at = now() - interval '1 minute';
end
$$;

-- Who may.
select tests.act_as(viewer) from story;
select is(pg_temp.tries('integration', acme_account), 'PT404 integration_not_found', 'a viewer tests nothing') from story;
select tests.act_as(manager) from story;
select is(pg_temp.tries('integration', acme_account), 'PT404 integration_not_found', 'nor does a manager') from story;
select is(pg_temp.tries('webhook', acme_account), 'PT404 integration_not_found', 'neither keys nor deliveries') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.tries('webhook', acme_account), 'PT404 integration_not_found', 'nor another organization''s admin') from story;
select tests.act_as(org_admin) from story;
select is(
  pg_temp.tries('integration', platform_account), 'PT404 integration_not_found', 'nor an admin the platform-wide account'
) from story;
select is(pg_temp.tries('integration', acme_account), '1 row', 'an admin tests the keys of their own') from story;
select is(
  pg_temp.tries('webhook', acme_account), 'PT409 webhooks_url_missing', 'its deliveries, once it is known where they arrive'
) from story;
select tests.act_as(platform_admin) from story;
update public.platform_settings set webhooks_url = 'https://hooks.example.com';
select is(pg_temp.tries('webhook', platform_account), '1 row', 'the operator tests any') from story;

-- Keys.
select tests.act_as_role('postgres');
select pg_temp.asks('integration');
select results_eq(
  $$select resource, kind, state, requested_by, org_id from public.sync_jobs$$,
  $$select 'phone_numbers', 'test', 'queued', org_admin, acme from story$$, 'a test of the keys is a job'
);
select pg_temp.asks('integration');
select is((select count(*)::int from public.sync_jobs), 1, 'asking again while it waits is asking once');
insert into public.sync_jobs (org_id, integration_id, resource, kind, run_after, created_at)
select s.acme, s.acme_account, 'calls', 'requested', now() as due_at, now() - interval '1 hour' as made_at from story s;
select is(pg_temp.claim(), 'test phone_numbers', 'it comes before everything else: somebody looks at it');
select pg_temp.asks('integration');
select is((select count(*)::int from public.sync_jobs where kind = 'test'), 1, 'also while it runs');
update public.sync_jobs set state = 'done', worker = null, lease_until = null;
select pg_temp.asks('integration');
select is((select count(*)::int from public.sync_jobs where kind = 'test'), 1, 'and for a moment after');
update public.sync_jobs set created_at = now() - interval '10 seconds' where kind = 'test';
select pg_temp.asks('integration');
select is((select count(*)::int from public.sync_jobs where kind = 'test'), 2, 'then it is another');
-- One of the numbers that a test is told does not stand for all.
select tests.pull(acme_account, 'phone_numbers', array['{"number": "+12125550105"}',
'{"number": "+12125550106"}'], now() - interval '1 day')
from story;
select is(
  (select count(*)::int from public.phone_numbers n where n.unlisted_at is null and n.e164 like '%0105'), 1, 'two numbers are listed'
);
update public.sync_jobs set state = 'running', worker = 'me', lease_until = now() + interval '1 minute', started_at = now()
where kind = 'test' and state = 'queued';
select private.apply_page(j.id, 'me', array['{"number": "+12125550105"}'], now(), null, null, true, now())
from public.sync_jobs j where j.state = 'running';
select results_eq(
  $$select e164 collate "default", unlisted_at from public.phone_numbers n join story s on s.acme_account = n.integration_id order by 1$$,
  $$values ('+12125550105', null::timestamptz), ('+12125550106', null)$$, 'what a test does not read is not gone'
);
select pg_temp.end();

-- A delivery, signed.
select pg_temp.asks('webhook');
select results_eq(
  $$select resource, kind, requested_by from public.sync_jobs where state = 'queued'$$,
  $$select 'calls', 'test_delivery', org_admin from story$$, 'a test delivery is a job too'
);
select is(pg_temp.claim(), 'test_delivery calls', 'which nobody waits long for');
select is(
  pg_temp.target(), 'signed https://hooks.example.com/webhooks/mightycall/acme Acme',
  'without a secret it cannot be signed, and is sent unsigned'
);
insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed, valid_until, created_at)
select s.acme, s.acme_account, c.purpose, c.key_id, convert_to(repeat(c.letter, 80), 'UTF8') as sealed, c.valid_until, c.created_at
from story s, (
  values
    ('webhook_secret', 'expired', 'x', now(), now()), ('webhook_secret', 'ending', 'e', now() + interval '1 day', now()),
    ('webhook_secret', 'older', 'o', null, now() - interval '1 day'), ('webhook_secret', 'newest', 'n', null, now()),
    ('api_key', 'key', 'k', null, now())
) c (purpose, key_id, letter, valid_until, created_at);
select is(
  pg_temp.target(), 'signed https://hooks.example.com/webhooks/mightycall/acme newest n Acme', 'it is signed with the newest secret'
);
select is(pg_temp.target('another'), null, 'by who has the job');
select is_empty('select from private.webhook_tokens', 'signed ones need no token');

-- By token.
update public.integrations i set webhook_mode = 'token' from story s where i.id = s.acme_account;
select is(
  pg_temp.target(), 'token https://hooks.example.com/webhooks/mightycall/acme/<token> Acme', 'by token it is sent with one made for it'
);
select results_eq(
  'select integration_id, valid_until - now() from private.webhook_tokens',
  $$select acme_account, interval '2 minutes' from story$$, 'that counts for two minutes'
);
update public.sync_jobs set kind = 'requested' where state = 'running';
select is(pg_temp.target(), null, 'no other job is told');
update public.sync_jobs set kind = 'test_delivery' where state = 'running';

-- It moves nothing.
update public.integrations set last_error = 'It rains.', last_error_at = now(), last_success_at = null;
select tests.act_as_role('postgres');
select private.finish_sync_job(j.id, 'me', null, null, now()) from public.sync_jobs j where j.state = 'running';
select results_eq(
  'select last_error, last_success_at from public.integrations join story on acme_account = id',
  $$values ('It rains.', null::timestamptz)$$,
  'that a delivery arrived says nothing of the pulls'
);
select is(
  (select d.status from story s, tests.deliver(s.acme_account, '{"EventType": "TestDelivery", "Guid": "test-1", "Body": {}}') d), 'ignored',
  'when it arrives it is kept'
);
select tests.act_as(org_admin) from story;
select results_eq('select event_type from public.webhook_events', array['TestDelivery'], 'and seen');

-- Of a disabled account there is nothing to test.
select public.disable_integration(acme_account) from story;
select is(pg_temp.tries('integration', acme_account), 'PT409 integration_disabled', 'a disabled account is enabled first') from story;
select is(pg_temp.tries('webhook', acme_account), 'PT409 integration_disabled', 'for either') from story;
select tests.act_as_role('anon');
select is(pg_temp.tries('integration', acme_account), '42501', 'nobody tests none') from story;

select * from finish();
rollback;
