begin;
select plan(10);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
insert into private.integration_credentials (id, org_id, integration_id, purpose, key_id, sealed)
select '00000000-0000-4000-8000-000000000001', acme, acme_account, 'api_key', 'old', sha512('api_key') from story;
create temporary table seen (step text, said text) on commit drop;
grant insert on seen to public;

select tests.act_as_role('sync');
select private.store_provider_token(acme_account, 'access_token', 'new', sha512('1'), '2026-06-01 00:00Z') from story;
select private.store_provider_token(acme_account, 'access_token', 'new', sha512('2'), '2026-06-02 00:00Z') from story;
insert into seen
select 'token', format('%s %s %s', c.key_id, c.sealed = sha512('2'), c.valid_until at time zone 'UTC')
from story s, private.sync_credentials(s.acme_account) c
where c.purpose = 'access_token';
insert into seen
select 'no token', tests.attempt(format(
  'select private.store_provider_token(%L, ''api_key'', ''new'', sha512(''x''), null)', acme_account
)) from story;
insert into seen select 'left', c.purpose || ' ' || c.organization from private.credentials_not_sealed_with('new') c;
insert into seen
select 'changed meanwhile', private.replace_sealed('00000000-0000-4000-8000-000000000001', sha512('x'), 'new', sha512('y'))::text;
insert into seen
select 'sealed anew', private.replace_sealed('00000000-0000-4000-8000-000000000001', sha512('api_key'), 'new', sha512('z'))::text;
insert into seen select 'left then', count(*)::text from private.credentials_not_sealed_with('new');

select tests.act_as_role('postgres');
select is((select said from seen where step = 'token'), 'new t 2026-06-02 00:00:00', 'the latest token is what all workers read');
select is((select count(*)::int from private.integration_credentials where purpose = 'access_token'), 1, 'there is one');
select is((select said from seen where step = 'no token'), 'PT422 not_a_token', 'nothing but tokens is stored here');
select is(seen.said, 'api_key ' || story.acme, 'what is sealed to an old key is listed with its context')
from seen, story
where seen.step = 'left';
select is((select said from seen where step = 'changed meanwhile'), 'false', 'a credential that changed meanwhile is left alone');
select is((select said from seen where step = 'sealed anew'), 'true', 'one that did not is replaced');
select is((select said from seen where step = 'left then'), '0', 'and nothing is left');
select results_eq(
  'select key_id, sealed from private.integration_credentials where purpose = ''api_key''', $$select 'new', sha512('z')$$,
  'by what was sealed anew'
);
select is(private.sealing_context(private.holding_org_id()), 'platform', 'what nobody owns is the platform''s');
select is(private.sealing_context(acme), acme::text, 'what somebody owns is theirs') from story;

select * from finish();
rollback;
