begin;
select plan(17);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme) as key, tests.api_key(w.acme, array['sync:request']) as narrow from tests.two_organizations() w;
insert into private.api_grants (grant_hash, api_key_id, expires_at)
select sha256(convert_to(g.grant_text, 'UTF8')), s.key, now() + g.lasts
from story s, (values ('good', interval '1 second'), ('ended', interval '0')) g (grant_text, lasts);
grant select on story to public;
create temporary table seen (who text, what text) on commit drop;
grant insert on seen to public;
-- What a request of this role with these headers goes on as.
create function pg_temp.request(p_role text, p_headers text, p_user_id uuid default null) returns text
language plpgsql as $$
declare
  v_state text;
  v_detail text;
  v_became text;
begin
  perform tests.act_as_role(p_role);
  if p_user_id is not null then
    perform tests.act_as(p_user_id);
  end if;
  perform set_config('request.headers', p_headers, true);
  begin
    perform private.redeem_api_grant();
    v_became := format(
      '%s, key %s, user %s, %s', current_user, nullif(current_setting('victorysync.api_key_id', true), '') is not null,
      coalesce(current_setting('request.jwt.claims', true)::json ->> 'sub', '') <> '', tests.attempt('select from public.lines')
    );
  exception when others then
    get stacked diagnostics v_state = returned_sqlstate, v_detail = pg_exception_detail;
    v_became := v_state || ' ' || v_detail;
  end;
  perform tests.act_as_role('postgres');
  return v_became;
end
$$;

select is(pg_temp.request('anon', '{"x-api-grant": "good"}'), 'api_reader, key t, user f, 2 rows', 'a grant makes a request the key''s');
select is(pg_temp.request('anon', '{"x-api-grant": "good"}'), 'api_reader, key t, user f, 2 rows', 'for its minute, as often as one asks');
select is(
  pg_temp.request('authenticated', '{"x-api-grant": "good"}', their_admin), 'api_reader, key t, user f, 2 rows',
  'and nobody else''s, whoever signed in'
) from story;
select is(
  pg_temp.request('authenticated', '{"x-api-grant": "good"}', platform_admin), 'api_reader, key t, user f, 2 rows', 'whatever they may'
) from story;
select is(pg_temp.request('anon', '{"x-api-grant": "ended"}'), 'PT401 api_grant_unknown', 'one that has run out is refused');
select is(pg_temp.request('anon', '{"x-api-grant": "guess"}'), 'PT401 api_grant_unknown', 'as is one that never was');
select is(pg_temp.request('anon', '{"x-api-grant": ""}'), 'PT401 api_grant_unknown', 'or an empty one');
select is(
  pg_temp.request('authenticated', '{"x-api-grant": "guess"}', org_admin), 'PT401 api_grant_unknown', 'instead of whoever signed in'
) from story;
select is(pg_temp.request('anon', '{"user-agent": "curl"}'), 'anon, key f, user f, 42501', 'a request without a grant stays what it is');
select is(pg_temp.request('anon', ''), 'anon, key f, user f, 42501', 'as does one without headers');
select is(
  pg_temp.request('authenticated', '{"user-agent": "curl"}', their_admin), 'authenticated, key f, user t, 1 row', 'or a signed-in user''s'
) from story;
select is(pg_temp.request('service_role', '{}'), 'service_role, key f, user f, 42501', 'or the service''s, which has nothing here');
-- A grant does not tell for which key it is; its hash is not the grant.
select is(
  pg_temp.request('anon', json_build_object('x-api-grant', encode(sha256('good'), 'hex'))::text), 'PT401 api_grant_unknown',
  'a stolen hash lets nobody in'
);

select is(
  pg_temp.request('anon', '{"x-api-grant": "good"}') || ', ' || current_setting('statement_timeout'),
  'api_reader, key t, user f, 2 rows, 8s',
  'a key''s request has as long as a user''s'
);

-- The key ends while its grant is good.
update private.api_keys set revoked_at = now() where id = (select key from story);
select is(
  pg_temp.request('anon', '{"x-api-grant": "good"}'), 'api_reader, key t, user f, 0 rows',
  'a key that was revoked meanwhile reads nothing'
);
update private.api_keys set revoked_at = null, expires_at = now() where id = (select key from story);
select is(pg_temp.request('anon', '{"x-api-grant": "good"}'), 'api_reader, key t, user f, 0 rows', 'nor does one that has ended');
update private.api_keys set expires_at = null where id = (select key from story);
update public.organizations set archived_at = now() where id = (select acme from story);
select is(
  pg_temp.request('anon', '{"x-api-grant": "good"}'), 'api_reader, key t, user f, 0 rows', 'or one of an organization that was archived'
);

select * from finish();
rollback;
