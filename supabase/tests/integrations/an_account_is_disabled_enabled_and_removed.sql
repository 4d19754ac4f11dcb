begin;
select plan(29);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.switch(p_how text, p_account uuid) returns text
language sql as $$select tests.attempt(format('select public.%s_integration(%L)', p_how, p_account))$$;
grant execute on function pg_temp.switch(text, uuid) to public;
insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)
select s.acme, s.acme_account, c.purpose, 'key-1' as key_id, sha512(c.purpose::bytea) as sealed
from story s, unnest(array['api_key', 'user_key', 'webhook_secret', 'access_token']) c (purpose);
insert into private.webhook_tokens (token_hash, org_id, integration_id) select sha256('t'), acme, acme_account from story;
insert into private.webhook_tokens (token_hash, org_id, integration_id) select sha256('u'), globex, globex_account from story;

-- Who may.
create temporary table tried (who text, how text, said text) on commit drop;
grant insert on tried to public;
create function pg_temp.try(p_who text, p_user uuid, p_account uuid) returns void
language plpgsql as $$
begin
  perform tests.act_as(p_user);
  insert into tried select p_who, h, pg_temp.switch(h, p_account) from unnest(array['disable', 'enable', 'remove']) h;
  perform tests.act_as_role('postgres');
end
$$;
select
  pg_temp.try('viewer', viewer, acme_account), pg_temp.try('agent', agent, acme_account), pg_temp.try('manager', manager, acme_account),
  pg_temp.try('their admin', their_admin, acme_account), pg_temp.try('admin elsewhere', org_admin, platform_account),
  pg_temp.try('admin of nothing', org_admin, gen_random_uuid()), pg_temp.try('admin', org_admin, acme_account),
  pg_temp.try('operator', platform_admin, acme_account), pg_temp.try('operator, shared', platform_admin, platform_account)
from story;
select set_eq(
  $$select who from tried group by who having count(*) filter (where said = 'PT404 integration_not_found') = 3$$,
  array['viewer', 'agent', 'manager', 'their admin', 'admin elsewhere', 'admin of nothing'], 'others than its admins find no account'
);
select set_eq(
  $$select who from tried group by who having count(*) filter (where said = '1 row') = 3$$, array['admin', 'operator', 'operator, shared'],
  'its admins and the operator switch it'
);

-- Disabled.
create function pg_temp.account() returns text
language sql as $$
  select concat_ws(
    ', ', case when i.disabled_at is not null then 'off since ' || (now() - i.disabled_at) end,
    case when i.removed_at is not null then 'removed' end
  )
  from public.integrations i join story s on s.acme_account = i.id
$$;
create function pg_temp.due() returns int
language sql as $$
  select count(*)::int from private.sync_cursors c join story s on s.acme_account = c.integration_id
  where c.next_run_at <= now() and c.failures = 0
$$;
create function pg_temp.claim() returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  select c.kind || ' ' || c.resource into v_said from private.claim_sync_job('me', now()) c;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
delete from private.sync_cursors c using story s where c.integration_id <> s.acme_account;
select tests.act_as(org_admin) from story;
select public.disable_integration(acme_account) from story;
select tests.act_as_role('postgres');
select is(pg_temp.account(), 'off since 00:00:00', 'a disabled account is off');
select is(pg_temp.claim(), null, 'nothing is pulled from it');
update public.integrations i set disabled_at = now() - interval '1 hour' from story s where i.id = s.acme_account;
select tests.act_as(org_admin) from story;
select public.disable_integration(acme_account) from story;
select tests.act_as_role('postgres');
select is(pg_temp.account(), 'off since 01:00:00', 'disabling it again does not change since when');
select tests.act_as(org_admin) from story;
select is(
  tests.attempt(format('select public.request_backfill(%L, ''2026-01-01'')', acme_account)), 'PT409 integration_disabled',
  'nobody asks for what is past'
) from story;
select tests.act_as_role('postgres');
select is((select count(*)::int from private.integration_credentials), 4, 'its keys stay');

-- Enabled.
update private.sync_cursors set next_run_at = now() + interval '1 day', failures = 7;
select tests.act_as(org_admin) from story;
select public.enable_integration(acme_account) from story;
select tests.act_as_role('postgres');
select is(pg_temp.account(), '', 'an enabled one is on');
select is(pg_temp.due(), 7, 'everything is due, whatever went wrong before');
select is(pg_temp.claim(), 'scheduled phone_numbers', 'and is pulled');
select is((select count(*)::int from public.sync_jobs where kind = 'replay'), 1, 'what was delivered meanwhile is applied');
update private.sync_cursors set next_run_at = now() + interval '1 day', failures = 7;
select tests.act_as(org_admin) from story;
select public.enable_integration(acme_account) from story;
select tests.act_as_role('postgres');
select is(pg_temp.due(), 0, 'enabling what is on does nothing');

-- Removed.
insert into public.sync_jobs (org_id, integration_id, resource, kind, state, error)
select s.acme, s.acme_account, 'calls', 'requested', state, case state when 'failed' then 'It rains.' end
from story s, unnest(array['queued', 'done', 'failed']) state;
insert into public.sync_jobs (org_id, integration_id, resource, kind) select globex, globex_account, 'calls', 'requested' from story;
select tests.deliver(acme_account, tests.event('IncomingCall', 'call', now(), '{"To": "+12125550105"}')) from story;
select tests.act_as(org_admin) from story;
select public.remove_integration(acme_account) from story;
select tests.act_as_role('postgres');
select is(pg_temp.account(), 'off since 00:00:00, removed', 'a removed account is off for good');
select is_empty('select from private.integration_credentials', 'its keys, secrets and tokens are gone');
select results_eq('select org_id from private.webhook_tokens', 'select globex from story', 'so are its webhook tokens, and no others');
select set_eq(
  $$
    select j.kind, j.state, j.error, j.worker, j.lease_until
    from public.sync_jobs j, story s where j.integration_id = s.acme_account
  $$,
  $$
    values
      ('requested', 'failed', 'The integration was removed.', null::text, null::timestamptz), ('requested', 'done', null, null, null),
      ('requested', 'failed', 'It rains.', null, null), ('scheduled', 'failed', 'The integration was removed.', null, null),
      ('replay', 'failed', 'The integration was removed.', null, null)
  $$, 'what was to be done has failed, also what somebody was about'
);
select is((select j.state from public.sync_jobs j, story s where j.integration_id = s.globex_account), 'queued', 'and nobody else''s');
update private.sync_cursors set next_run_at = '-infinity';
update public.sync_jobs j set state = 'done' from story s where j.integration_id = s.globex_account;
select is(pg_temp.claim(), null, 'nothing is pulled any more');
select isnt_empty('select from public.calls', 'its history stays');

-- At the door it is nobody's.
create temporary table heard (mode text) on commit drop;
grant insert on heard to public;
select tests.act_as_role('webhooks');
insert into heard select s.mode from story, private.webhook_secrets(story.acme_account) s;
insert into heard select s.mode || ' elsewhere' from story, private.webhook_secrets(story.globex_account) s;
select tests.act_as_role('postgres');
select results_eq('select mode from heard', array['signed elsewhere'], 'at the door it is known to nobody');

-- There is no way back.
select tests.act_as(org_admin) from story;
select is(pg_temp.switch('enable', acme_account), 'PT404 integration_not_found', 'it does not come back') from story;
select is(pg_temp.switch('disable', acme_account), 'PT404 integration_not_found', 'in no way') from story;
select is(pg_temp.switch('remove', acme_account), 'PT404 integration_not_found', 'nor goes again') from story;
select is(tests.attempt(format('select * from public.test_integration(%L)', acme_account)), 'PT404 integration_not_found', 'or is tested')
from story;
select is(
  tests.attempt(format('select public.replay_webhook_events(%L)', acme_account)), 'PT404 integration_not_found', 'or replayed'
) from story;
select is(
  tests.attempt(format('select public.request_backfill(%L, ''2026-01-01'')', acme_account)), 'PT404 integration_not_found', 'or filled'
) from story;
select results_eq(
  $$select i.removed_at = now() from public.integrations i, story s where i.id = s.acme_account$$, 'values (true)', 'it is read as removed'
);
select tests.act_as_role('postgres');
select is(
  tests.attempt(format('update public.integrations set disabled_at = null where id = %L', acme_account)), '23514',
  'what is removed is off, whoever writes it'
) from story;

-- In the trail.
select tests.act_as(org_admin) from story;
select results_eq(
  $$
    select k.key || case k.value when 'null' then ' ends' else ' begins' end
    from public.audit_entries e, story s, jsonb_each(e.details -> 'after') k
    where e.actor_id = s.org_admin and e.resource = 'integrations' and e.row_key ->> 'id' = s.acme_account::text
    order by e.id, k.key
  $$,
  $$values ('disabled_at begins'), ('disabled_at ends'), ('disabled_at begins'), ('removed_at begins')$$,
  'each switch is in the trail'
);

select * from finish();
rollback;
