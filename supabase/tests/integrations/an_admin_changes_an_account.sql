begin;
select plan(40);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.sealed(p_letter text default 'x', p_bytes int default 80) returns text
language sql as $$select encode(convert_to(repeat(p_letter, p_bytes), 'UTF8'), 'base64')$$;
create function pg_temp.change(p_account uuid, p_what text) returns text
language sql as $$select tests.attempt(format('select public.change_integration(%L, %s)', p_account, p_what))$$;
grant execute on function pg_temp.sealed(text, int), pg_temp.change(uuid, text) to public;
insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)
select s.acme, s.acme_account, c.purpose, 'old' as key_id, sha512(c.purpose::bytea) as sealed
from story s, unnest(array['api_key', 'user_key', 'webhook_secret', 'access_token', 'refresh_token']) c (purpose);
update private.sync_cursors set next_run_at = now() + interval '1 hour', failures = 3;

-- Who may.
select tests.act_as(viewer) from story;
select is(pg_temp.change(acme_account, 'p_name => ''x'''), 'PT404 integration_not_found', 'a viewer changes no account') from story;
select tests.act_as(agent) from story;
select is(pg_temp.change(acme_account, 'p_name => ''x'''), 'PT404 integration_not_found', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.change(acme_account, 'p_name => ''x'''), 'PT404 integration_not_found', 'nor a manager, who reads it') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.change(acme_account, 'p_name => ''x'''), 'PT404 integration_not_found', 'nor another organization''s admin') from story;
select tests.act_as(org_admin) from story;
select is(
  pg_temp.change(platform_account, 'p_name => ''x'''), 'PT404 integration_not_found', 'nor an admin the platform-wide one'
) from story;
select is(pg_temp.change(gen_random_uuid(), 'p_name => ''x'''), 'PT404 integration_not_found', 'or one that is not there');
select is(pg_temp.change(acme_account, 'p_name => ''x'''), '1 row', 'an admin changes their own') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.change(acme_account, 'p_name => ''x'''), '1 row', 'the operator any') from story;
select is(pg_temp.change(platform_account, 'p_name => ''x'''), '1 row', 'the platform-wide one too') from story;
select tests.act_as_role('anon');
select is(pg_temp.change(acme_account, 'p_name => ''x'''), '42501', 'and nobody none') from story;

-- To what.
select tests.act_as(org_admin) from story;
select is(pg_temp.change(acme_account, 'p_name => '' '''), 'PT422 name_invalid', 'a name says something') from story;
select is(pg_temp.change(acme_account, 'p_name => repeat(''x'', 201)'), 'PT422 name_invalid', 'that is short') from story;
select is(pg_temp.change(acme_account, 'p_account_type => ''x'''), 'PT422 account_type_unknown', 'there are two types') from story;
select is(pg_temp.change(acme_account, 'p_webhook_mode => ''x'''), 'PT422 webhook_mode_unknown', 'and two modes') from story;
select is(
  pg_temp.change(acme_account, 'p_key_id => ''k'', p_credentials => ''[]'''), 'PT422 credential_unknown', 'credentials are named'
) from story;
select is(
  pg_temp.change(acme_account, 'p_key_id => ''k'', p_credentials => ''"api_key"'''), 'PT422 credential_unknown', 'each'
) from story;
select is(
  pg_temp.change(acme_account, format('p_key_id => ''k'', p_credentials => %L', jsonb_build_object('webhook_secret', pg_temp.sealed()))),
  'PT422 credential_unknown', 'a webhook secret is replaced with some time for both'
) from story;
select is(
  pg_temp.change(acme_account, format('p_key_id => ''k'', p_credentials => %L', jsonb_build_object('access_token', pg_temp.sealed()))),
  'PT422 credential_unknown', 'a token is fetched'
) from story;
select is(
  pg_temp.change(acme_account, 'p_key_id => ''k'', p_credentials => ''{"api_key": "secret"}'''), 'PT422 credential_not_sealed',
  'a key comes sealed'
) from story;
select is(
  pg_temp.change(acme_account, format('p_credentials => %L', jsonb_build_object('api_key', pg_temp.sealed()))),
  'PT422 credential_not_sealed', 'and says for whom'
) from story;
select is(
  pg_temp.change(
    acme_account, format('p_name => ''New'', p_key_id => ''k'', p_credentials => %L', jsonb_build_object('api_key', 'x', 'user_key', 'y'))
  ), 'PT422 credential_not_sealed', 'all of it or nothing'
) from story;

-- What is left out stays.
create function pg_temp.account() returns text
language sql as $$
  select concat_ws(', ', i.name, i.account_type, i.webhook_mode) from public.integrations i join story s on s.acme_account = i.id
$$;
create function pg_temp.credentials() returns text
language sql as $$
  select string_agg(c.purpose || ' ' || c.key_id, ', ' order by c.purpose)
  from private.integration_credentials c join story s on s.acme_account = c.integration_id
$$;
create function pg_temp.due() returns bigint
language sql as $$
  select count(*) from private.sync_cursors c join story s on s.acme_account = c.integration_id
  where c.next_run_at = now() and c.failures = 0
$$;
select tests.act_as(org_admin) from story;
select public.change_integration(acme_account) from story;
select public.change_integration(acme_account, p_name => 'Front desk') from story;
select tests.act_as_role('postgres');
select is(pg_temp.account(), 'Front desk, call_center, signed', 'what is left out stays');
select is(
  pg_temp.credentials(), 'access_token old, api_key old, refresh_token old, user_key old, webhook_secret old', 'the credentials too'
);
select is(pg_temp.due(), 0::bigint, 'and nothing is pulled sooner for it');
select tests.act_as(org_admin) from story;
select public.change_integration(acme_account, p_webhook_mode => 'token') from story;
select tests.act_as_role('postgres');
select is(pg_temp.account(), 'Front desk, call_center, token', 'deliveries may come another way');
select alike(pg_temp.credentials(), '%access_token old%webhook_secret old', 'which touches no credential');

-- New keys, or another host.
select tests.act_as(org_admin) from story;
select public.change_integration(
  acme_account, p_key_id => 'new', p_credentials => jsonb_build_object('user_key', pg_temp.sealed('u'))
) from story;
select tests.act_as_role('postgres');
select is(pg_temp.credentials(), 'api_key old, user_key new, webhook_secret old', 'a key takes the place of the one before; its tokens go');
select is(
  (select c.sealed from private.integration_credentials c where c.purpose = 'user_key'), convert_to(repeat('u', 80), 'UTF8'), 'as sealed'
);
select is(pg_temp.due(), 7::bigint, 'and everything is tried with it at once');
update private.sync_cursors set next_run_at = now() + interval '1 hour', failures = 3;
insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)
select acme, acme_account, 'access_token', 'old', sha512('x') from story;
select tests.act_as(org_admin) from story;
select public.change_integration(acme_account, p_account_type => 'call_center') from story;
select tests.act_as_role('postgres');
select is(pg_temp.due(), 0::bigint, 'the same host is no other');
select tests.act_as(org_admin) from story;
select public.change_integration(acme_account, p_account_type => 'classic') from story;
select tests.act_as_role('postgres');
select is(pg_temp.credentials(), 'api_key old, user_key new, webhook_secret old', 'tokens of another host are none');
select is(pg_temp.due(), 7::bigint, 'and everything is due');
select is(
  (select count(*)::int from private.sync_cursors c join story s on s.globex_account = c.integration_id where c.failures = 3), 7,
  'no other account is touched'
);

-- In the trail.
select tests.act_as(org_admin) from story;
select results_eq(
  $$
    select e.action || ' ' || e.resource, e.details -> 'after' from public.audit_entries e, story s
    where e.actor_id = s.org_admin and e.resource = 'integrations' order by e.id
  $$,
  $$
    values
      ('update integrations', '{"name": "Front desk"}'::jsonb), ('update integrations', '{"webhook_mode": "token"}'),
      ('update integrations', '{"account_type": "classic"}')
  $$, 'each change is in the trail'
);
select results_eq(
  $$
    select e.details -> 'after' ->> 'key_id', e.details::text like '%sealed%' from public.audit_entries e, story s
    where e.actor_id = s.org_admin and e.resource = 'integration_credentials' and e.action = 'update'
  $$, $$values ('new', false)$$, 'of a key, that there is a new one'
);

-- Removed, it is no account any more.
select public.remove_integration(acme_account) from story;
select is(
  pg_temp.change(acme_account, 'p_name => ''x'''), 'PT404 integration_not_found', 'a removed account is changed no more'
) from story;
select is(
  tests.attempt(format('select public.rotate_webhook_secret(%L, ''k'', %L)', acme_account, pg_temp.sealed())),
  'PT404 integration_not_found', 'in no way'
) from story;
select is(
  tests.attempt(format('select * from public.rotate_webhook_token(%L)', acme_account)), 'PT404 integration_not_found', 'whatever'
) from story;
select is(tests.attempt('update public.integrations set removed_at = null'), '42501', 'and it does not come back');
select isnt_empty($$select from public.integrations where removed_at is not null$$, 'it stays listed as what it was');

select * from finish();
rollback;
