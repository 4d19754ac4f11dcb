begin;
select plan(8);

create temporary table story on commit drop as select *, gen_random_uuid() as account from tests.two_organizations();
alter table story add key text, add token text, add invitation uuid;
grant select, update on story to public;
create function pg_temp.sealed(p_letter text) returns text
language sql as $$select encode(convert_to(repeat(p_letter, 80), 'UTF8'), 'base64')$$;
grant execute on function pg_temp.sealed(text) to public;
update public.platform_settings set app_url = 'https://app.example.com';

select tests.act_as(org_admin) from story;
select public.create_integration(
  acme, 'MightyCall', 'classic', 'signed', 'key-1',
  jsonb_build_object('api_key', pg_temp.sealed('a'), 'user_key', pg_temp.sealed('u'), 'webhook_secret', pg_temp.sealed('w')), account
) from story;
update story set key = (select k.secret from public.create_api_key(acme, 'Reports', '{calls:read}') k);
update story set invitation = public.invite_member(acme, 'ann@example.com', 'agent');
update story set token = split_part(public.create_invitation_link(invitation), '=', 2);
select tests.act_as_role('postgres');

-- The sync shares tokens and turns keys.
create temporary table credentials on commit drop as select id, sealed from private.integration_credentials;
grant select on credentials to sync;
grant select on story to sync;
select tests.act_as_role('sync');
select private.store_provider_token(account, 'access_token', 'key-1', convert_to(repeat('t', 80), 'UTF8'), now() + interval '1 hour')
from story;
select private.replace_sealed(id, sealed, 'key-2', convert_to(repeat('n', 80), 'UTF8')) from credentials;
select private.claim_outbox_mail('me', now());
select tests.act_as_role('postgres');
insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed, valid_until)
select acme, account, 'webhook_secret', 'key-2', convert_to(repeat('v', 80), 'UTF8'), now() + interval '1 day' from story;

-- What nobody may find in it, however it is written.
create temporary table secrets (what text, secret bytea) on commit drop;
insert into secrets
select 'a credential', convert_to(repeat(letter, 80), 'UTF8') from unnest(array['a', 'u', 'w', 't', 'n', 'v']) letter
union all
select 'an API key', convert_to(substr(key, 14), 'UTF8') from story
union all
select 'an API key''s hash', sha256(convert_to(key, 'UTF8')) from story
union all
select 'a token', convert_to(token, 'UTF8') from story
union all
select 'a token''s hash', sha256(convert_to(token, 'UTF8')) from story;
select is_empty(
  $$
    select s.what, e.resource
    from secrets s
    join public.audit_entries e on strpos(to_jsonb(e)::text, encode(s.secret, 'hex')) > 0
      or strpos(to_jsonb(e)::text, translate(encode(s.secret, 'base64'), e'\n', '')) > 0
      or (s.what !~ 'hash' and strpos(to_jsonb(e)::text, convert_from(case when s.what ~ 'hash' then '' else s.secret end, 'UTF8')) > 0)
  $$, 'no entry holds a secret, sealed, hashed or plain'
);
select is((select count(*)::int from secrets s join private.api_keys k on k.secret_hash = s.secret), 1, 'which there are');
select is((select count(*)::int from secrets s join private.invitation_tokens t on t.token_hash = s.secret), 1, 'all of them');

select set_eq(
  $$
    select e.action, e.details -> 'after' ->> 'purpose' as purpose, e.details -> 'after' ->> 'key_id' as key_id
    from public.audit_entries e
    where e.resource = 'integration_credentials'
  $$,
  $$values
    ('insert', 'api_key', 'key-1'), ('insert', 'user_key', 'key-1'), ('insert', 'webhook_secret', 'key-1'), ('insert', 'webhook_secret', 'key-2'),
    ('update', null, 'key-2')
  $$, 'that a credential was added or sealed anew is told; tokens come and go'
);
select is_empty(
  'select from public.audit_entries e where e.details::text ~ ''"sealed"|"secret_hash"|"token_hash"''', 'secrets are not even named'
);
select results_eq(
  $$
    select (e.details -> 'after') - array['id', 'created_by', 'expires_at', 'revoked_at']
    from public.audit_entries e
    where e.resource = 'api_keys'
  $$,
  $$select jsonb_build_object('org_id', acme, 'name', 'Reports', 'prefix', left(key, 12), 'scopes', array['calls:read']) from story$$,
  'a key is known by how it begins'
);

-- Used and counted, a key leaves nothing.
create temporary table counted (entries bigint) on commit drop;
insert into counted select count(*) from public.audit_entries;
create function pg_temp.use_key() returns void
language plpgsql as $$
begin
  perform tests.act_as_role('webhooks');
  perform private.open_api_request(s.secret, sha256('grant'), now()) from secrets s where s.what = 'an API key''s hash';
  perform tests.act_as_role('postgres');
end
$$;
grant select on secrets to webhooks;
select pg_temp.use_key();
select isnt_empty('select from private.api_keys where last_used_at is not null', 'that a key is used is told elsewhere');
select is((select count(*) from public.audit_entries), (select entries from counted), 'and not in the trail');

select * from finish();
rollback;
