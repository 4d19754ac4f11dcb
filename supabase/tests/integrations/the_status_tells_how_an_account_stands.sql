begin;
select plan(24);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.stands() returns jsonb
language sql as $$
  select to_jsonb(i) - array['id', 'org_id', 'name'] from public.integration_status i join story s on s.acme_account = i.id
$$;
grant execute on function pg_temp.stands() to public;

-- Who sees what.
select tests.act_as(viewer) from story;
select is_empty('select from public.integration_status', 'a viewer is told of no account');
select is_empty('select from public.sync_resources', 'nor what is pulled');
select tests.act_as(agent) from story;
select is_empty('select from public.integration_status', 'nor is an agent');
select is_empty('select from public.sync_resources', 'of either');
select tests.act_as(manager) from story;
select results_eq(
  'select id from public.integration_status', 'select acme_account from story', 'a manager is told of the organization''s own'
);
select results_eq(
  'select distinct integration_id, org_id, count(*) from public.sync_resources group by 1, 2',
  'select acme_account, acme, 7::bigint from story',
  'with what is pulled from it'
);
select tests.act_as(org_admin) from story;
select results_eq('select id from public.integration_status', 'select acme_account from story', 'so is an admin');
select tests.act_as(their_admin) from story;
select results_eq('select id from public.integration_status', 'select globex_account from story', 'each their own');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.integration_status), 3, 'the operator of all');
select is((select count(*)::int from public.sync_resources), 21, 'and everything');
select is(tests.attempt('update public.integration_status set name = ''x'''), '42501', 'it is only read');
select is(tests.attempt('delete from public.sync_resources'), '42501', 'both');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.integration_status'), '42501', 'nobody is told of none');

-- A new one.
select tests.act_as(org_admin) from story;
select is(
  pg_temp.stands() - 'next_run_at',
  '{
    "state": "enabled", "requests_used_today": 0, "requests_per_day": 2500, "last_success_at": null, "last_error": null,
    "last_error_at": null, "last_event_at": null, "failed_events": 0, "kept_events": 0, "rejected_items": 0,
    "has_api_key": false, "has_user_key": false, "webhook_secrets": 0, "webhook_tokens": 0, "webhook_url": null
  }', 'of a new account all is told that is not there yet'
);

-- One that is used.
select tests.act_as_role('postgres');
update public.platform_settings set webhooks_url = 'https://hooks.example.com';
insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed, valid_until)
select s.acme, s.acme_account, c.purpose, 'key-1' as key_id, sha512(c.purpose::bytea) as sealed, c.valid_until
from story s, (
  values ('api_key', null), ('webhook_secret', null), ('webhook_secret', now() + interval '1 day'), ('webhook_secret', now())
) c (purpose, valid_until);
insert into private.webhook_tokens (token_hash, org_id, integration_id, valid_until)
select sha256(t.name::bytea) as token_hash, s.acme, s.acme_account, t.valid_until
from story s, (values ('a', null), ('b', now())) t (name, valid_until);
select tests.deliver(acme_account, tests.event('IncomingCall', 'call'), now() - interval '1 minute') from story;
select tests.deliver(acme_account, '{"EventType": "IncomingCall"}', now() - interval '2 minutes') from story;
select tests.deliver(platform_account, tests.event('IncomingCall', 'another')) from story;
update private.webhook_events e set status = 'kept' from story s where e.integration_id = s.acme_account and e.status = 'applied';
select tests.pull(acme_account, 'calls', array['{}', '[]']) from story;
update private.sync_cursors c set next_run_at = now() + interval '9 hours' from story s where c.integration_id = s.acme_account;
update private.sync_cursors c set next_run_at = now() + interval '3 minutes', watermark = now(), last_error = 'It rains.', failures = 2
from story s where c.integration_id = s.acme_account and c.resource = 'messages';
update public.integrations i set last_success_at = now(), last_error = 'It rains.', last_error_at = now()
from story s where i.id = s.acme_account;
select tests.act_as_role('sync');
select
  private.count_provider_request(sha256('key'), acme_account, 'scheduled', now()),
  private.count_provider_request(sha256('key'), globex_account, 'scheduled', now())
from story;
select tests.act_as(manager) from story;
select is(
  pg_temp.stands() - array['next_run_at', 'last_success_at', 'last_error_at', 'last_event_at', 'webhook_url'],
  '{
    "state": "enabled", "requests_used_today": 2, "requests_per_day": 2500, "last_error": "It rains.", "failed_events": 1,
    "kept_events": 1, "rejected_items": 2, "has_api_key": true, "has_user_key": false, "webhook_secrets": 2, "webhook_tokens": 1
  }', 'of one that is used what went well, what did not, and what it has'
);
select results_eq(
  $$
    select i.next_run_at - now(), i.last_event_at - now(), i.last_success_at = now(), i.last_error_at = now(), i.webhook_url
    from public.integration_status i
  $$,
  $$
    select
      interval '3 minutes', interval '-1 minute', true, true, 'https://hooks.example.com/webhooks/mightycall/' || acme_account
    from story
  $$, 'when, and where deliveries go'
);
select results_eq(
  $$select resource, watermark = now(), next_run_at - now(), failures, last_error from public.sync_resources where failures > 0$$,
  $$values ('messages', true, interval '3 minutes', 2, 'It rains.')$$, 'resource by resource'
);
select is(
  (select i.requests_used_today from public.integration_status i), 2, 'requests are those of its key, by whichever account'
);
select is_empty($$select from public.rejected_items$$, 'a manager does not read what was set aside');
select tests.act_as(org_admin) from story;
select set_eq(
  'select org_id, integration_id, resource, item, reason from public.rejected_items',
  $$
    select acme, acme_account, 'calls', v.item, v.reason
    from story, (values ('{}', 'The call has no id.'), ('[]', 'The item is not a JSON object.')) v (item, reason)
  $$, 'an admin does, with the reason'
);
select is(tests.attempt('delete from public.rejected_items'), '42501', 'and only reads it');

select public.disable_integration(acme_account) from story;
select is(
  pg_temp.stands() - array(select k from jsonb_object_keys(pg_temp.stands()) k where k not in ('state', 'next_run_at')),
  '{"state": "disabled", "next_run_at": null}', 'of a disabled one nothing is due'
);
select tests.act_as_role('postgres');
update public.integrations i set webhook_mode = 'token' from story s where i.id = s.acme_account;
select tests.act_as(org_admin) from story;
select alike(
  (select i.webhook_url from public.integration_status i), '%/<token>', 'where deliveries come by token its place is shown, never it'
);
select public.remove_integration(acme_account) from story;
select is(
  pg_temp.stands() - array(
    select k from jsonb_object_keys(pg_temp.stands()) k where k not in ('state', 'has_api_key', 'webhook_secrets', 'webhook_tokens')
  ), '{"state": "removed", "has_api_key": false, "webhook_secrets": 0, "webhook_tokens": 0}', 'and a removed one has nothing'
);

select * from finish();
rollback;
