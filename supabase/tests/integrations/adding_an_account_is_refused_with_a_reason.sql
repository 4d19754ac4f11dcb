begin;
select plan(30);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.sealed(p_bytes int default 80) returns text
language sql as $$select encode(convert_to(repeat('x', p_bytes), 'UTF8'), 'base64')$$;
create function pg_temp.keys(p_more jsonb default '{}') returns jsonb
language sql as $$select jsonb_build_object('api_key', pg_temp.sealed(), 'user_key', pg_temp.sealed()) || p_more$$;
create function pg_temp.add(
  p_org_id uuid, p_credentials jsonb, p_id uuid default gen_random_uuid(), p_name text default 'MightyCall',
  p_account_type text default 'call_center', p_webhook_mode text default 'signed', p_key_id text default 'key-1'
) returns text
language sql as $$
  select tests.attempt(format(
    'select public.create_integration(%L, %L, %L, %L, %L, %L, %L)',
    p_org_id, p_name, p_account_type, p_webhook_mode, p_key_id, p_credentials, p_id
  ))
$$;
grant execute on function
  pg_temp.sealed(int), pg_temp.keys(jsonb), pg_temp.add(uuid, jsonb, uuid, text, text, text, text)
to public;

select tests.act_as(viewer) from story;
select is(pg_temp.add(acme, pg_temp.keys()), 'PT403 role_not_sufficient', 'a viewer adds no account') from story;
select tests.act_as(agent) from story;
select is(pg_temp.add(acme, pg_temp.keys()), 'PT403 role_not_sufficient', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.add(acme, pg_temp.keys()), 'PT403 role_not_sufficient', 'nor a manager') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.add(acme, pg_temp.keys()), 'PT404 organization_not_found', 'nor another organization''s admin') from story;

select tests.act_as(org_admin) from story;
select is(pg_temp.add(acme, pg_temp.keys()), '1 row', 'an admin may') from story;
select is(pg_temp.add(null, pg_temp.keys()), 'PT403 platform_admin_required', 'but not for the whole platform');
select is(
  pg_temp.add(private.holding_org_id(), pg_temp.keys()), 'PT404 organization_not_found', 'nor for the holding organization'
);
select is(pg_temp.add(gen_random_uuid(), pg_temp.keys()), 'PT404 organization_not_found', 'nor for one that is not there');

select is(pg_temp.add(acme, null), 'PT422 credentials_missing', 'credentials are needed') from story;
select is(pg_temp.add(acme, '{}'), 'PT422 credentials_missing', 'both keys of them') from story;
select is(pg_temp.add(acme, '{"api_key": "x"}'), 'PT422 credentials_missing', 'one is not enough') from story;
select is(pg_temp.add(acme, '["api_key", "user_key"]'), 'PT422 credentials_missing', 'and their names are not credentials') from story;
select is(
  pg_temp.add(acme, pg_temp.keys('{"access_token": "x"}')), 'PT422 credential_unknown', 'tokens are fetched, not given'
) from story;
select is(pg_temp.add(acme, pg_temp.keys('{"api_key": "%"}')), 'PT422 credential_not_sealed', 'what is no base64 is not sealed') from story;
select is(
  pg_temp.add(acme, pg_temp.keys('{"user_key": "c2VjcmV0"}')), 'PT422 credential_not_sealed', 'nor is a bare secret'
) from story;
select is(
  pg_temp.add(acme, pg_temp.keys(jsonb_build_object('webhook_secret', pg_temp.sealed(48)))), 'PT422 credential_not_sealed',
  'a message of 48 bytes holds nothing'
) from story;
select is(
  pg_temp.add(acme, pg_temp.keys(jsonb_build_object('webhook_secret', pg_temp.sealed(8193)))), 'PT422 credential_not_sealed',
  'and one of 8 KiB no secret'
) from story;
select is(pg_temp.add(acme, pg_temp.keys('{"api_key": null}')), 'PT422 credential_not_sealed', 'nor does null') from story;
select is(
  pg_temp.add(acme, pg_temp.keys(), p_key_id => null), 'PT422 credential_not_sealed', 'it is known to which key it is sealed'
) from story;
select is(pg_temp.add(acme, pg_temp.keys(), acme_account), 'PT409 integration_exists', 'an id is used once') from story;
select is(
  pg_temp.add(acme, pg_temp.keys(), globex_account), 'PT409 integration_exists', 'whoever uses it'
) from story;
select is(pg_temp.add(acme, pg_temp.keys(), p_name => ' '), 'PT422 name_invalid', 'a name says something') from story;
select is(pg_temp.add(acme, pg_temp.keys(), p_name => null), 'PT422 name_invalid', 'there is one') from story;
select is(pg_temp.add(acme, pg_temp.keys(), p_name => repeat('x', 201)), 'PT422 name_invalid', 'that is short') from story;
select is(
  pg_temp.add(acme, pg_temp.keys(), p_account_type => 'x'), 'PT422 account_type_unknown', 'there are two types of account'
) from story;
select is(pg_temp.add(acme, pg_temp.keys(), p_account_type => null), 'PT422 account_type_unknown', 'of which one is said') from story;
select is(
  pg_temp.add(acme, pg_temp.keys(), p_webhook_mode => 'unsigned'), 'PT422 webhook_mode_unknown', 'deliveries are signed, or come by a token'
) from story;
select is(pg_temp.add(acme, pg_temp.keys(), p_webhook_mode => null), 'PT422 webhook_mode_unknown', 'of which one is said') from story;
select is(pg_temp.add(acme, pg_temp.keys(), p_webhook_mode => 'token'), '1 row', 'an account that cannot sign is added too') from story;
select is(pg_temp.add(acme, pg_temp.keys(), null), '23502', 'the id is the client''s choice') from story;

select * from finish();
rollback;
