begin;
select plan(5);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.secrets(p_account uuid) returns table (key_id text)
language plpgsql as $$
begin
  perform tests.act_as_role('webhooks');
  return query select s.key_id from private.webhook_secrets(p_account) s order by 1;
  perform tests.act_as_role('postgres');
end
$$;
insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed, valid_until)
select s.acme, s.acme_account, 'webhook_secret', secret.key_id, sha512(secret.key_id::bytea), secret.valid_until
from story s, (
  values ('lasting', null), ('ending', now() + interval '1 hour'), ('ended', now() - interval '1 second')
) secret (key_id, valid_until);

select results_eq(
  'select s.key_id from story, pg_temp.secrets(acme_account) s', $$values ('ending'), ('lasting')$$,
  'a secret counts beside its successor until it expires'
);
update private.integration_credentials set valid_until = now() where key_id = 'ending';
select results_eq('select s.key_id from story, pg_temp.secrets(acme_account) s', $$values ('lasting')$$, 'and not at that instant');
delete from private.integration_credentials where key_id = 'lasting';
select results_eq(
  'select s.key_id from story, pg_temp.secrets(acme_account) s', 'select null::text',
  'an account whose secrets have expired lets nothing in'
);
select is_empty('select pg_temp.secrets(gen_random_uuid())', 'an unknown account is no account');
select is(
  tests.attempt($$
    insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)
    select acme, acme_account, 'api_key', key_id, sha512(key_id::bytea) from story, unnest(array['one', 'two']) key_id
  $$), '23505', 'of everything else there is one'
);

select * from finish();
rollback;
