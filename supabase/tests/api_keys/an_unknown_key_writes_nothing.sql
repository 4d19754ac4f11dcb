begin;
select plan(12);

create temporary table story on commit drop as
select
  w.*, tests.api_key(w.acme) as key, tests.api_key(w.acme) as revoked, tests.api_key(w.acme) as ended, tests.api_key(w.acme) as ending,
  tests.api_key(w.globex) as archived, tests.api_key(null) as platform_key
from tests.two_organizations() w;
update private.api_keys set revoked_at = now() where id = (select revoked from story);
update private.api_keys set expires_at = now() where id = (select ended from story);
update private.api_keys set expires_at = now() + interval '1 second' where id = (select ending from story);
update public.organizations set archived_at = now() where id = (select globex from story);
create function pg_temp.request(p_secret_hash bytea, p_now timestamptz default now()) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('webhooks');
  select concat_ws(' ', r.outcome, r.request_limit, r.remaining, r.reset_seconds) into v_said
  from private.open_api_request(p_secret_hash, sha256(convert_to(gen_random_uuid()::text, 'UTF8')), p_now) r;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.hash(p_key uuid) returns bytea language sql as $$select sha256(convert_to(p_key::text, 'UTF8'))$$;

select is(pg_temp.request(sha256('guess')), 'unknown', 'a key that was never made is unknown');
select is(pg_temp.request(null), 'unknown', 'so is none');
select is(pg_temp.request(pg_temp.hash(revoked)), 'unknown', 'a revoked one is not told from it') from story;
select is(pg_temp.request(pg_temp.hash(ended)), 'unknown', 'nor one that has ended') from story;
select is(pg_temp.request(pg_temp.hash(ending), now() + interval '1 second'), 'unknown', 'at that instant') from story;
select is(pg_temp.request(pg_temp.hash(archived)), 'unknown', 'nor one of an archived organization') from story;
select is_empty(
  'select api_key_id from private.api_key_minutes union all select api_key_id from private.api_grants', 'nothing is written for them'
);
select is_empty('select from private.api_keys where last_used_at is not null', 'not even that somebody tried');

select matches(pg_temp.request(pg_temp.hash(ending)), '^granted', 'until it ends a key is let through') from story;
select matches(pg_temp.request(pg_temp.hash(platform_key)), '^granted', 'a platform-wide one whoever is archived') from story;
update public.organizations set archived_at = null where id = (select globex from story);
select matches(pg_temp.request(pg_temp.hash(archived)), '^granted', 'an organization that is opened again has its keys again') from story;
select is((select count(*)::int from private.api_grants), 3, 'only those are let through');

select * from finish();
rollback;
