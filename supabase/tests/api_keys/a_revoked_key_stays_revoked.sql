begin;
select plan(10);

create temporary table story on commit drop as
select
  w.*, tests.api_key(w.acme) as key, tests.api_key(w.acme) as other_key, tests.api_key(w.globex) as of_globex,
  tests.api_key(null) as platform_key
from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.revoke(p_id uuid) returns text
language sql as $$select tests.attempt(format('select public.revoke_api_key(%L)', p_id))$$;
grant execute on function pg_temp.revoke(uuid) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.revoke(key), 'PT404 api_key_not_found', 'a viewer ends no key') from story;
select tests.act_as(manager) from story;
select is(pg_temp.revoke(key), 'PT404 api_key_not_found', 'nor does a manager') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.revoke(of_globex), 'PT404 api_key_not_found', 'an admin none of another organization') from story;
select is(pg_temp.revoke(platform_key), 'PT404 api_key_not_found', 'nor one for the whole platform') from story;
select is(pg_temp.revoke(null), 'PT404 api_key_not_found', 'nor none');
select public.revoke_api_key(key) from story;
select results_eq(
  'select id, revoked_at, state from public.api_keys order by state', $$
    select other_key, null::timestamptz, 'active' from story union all select key, now(), 'revoked' from story
  $$, 'but one of their own, and only that one'
);
select tests.act_as_role('postgres');
update private.api_keys set revoked_at = '2026-01-01' where id = (select key from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.revoke(key), '1 row', 'ending it again is no mistake') from story;
select public.revoke_api_key(key) from story;
select is((select revoked_at from public.api_keys where state = 'revoked'), '2026-01-01', 'and does not change when it ended');
select tests.act_as(platform_admin) from story;
select is(pg_temp.revoke(of_globex), '1 row', 'the operator ends any') from story;
select is(pg_temp.revoke(platform_key), '1 row', 'and those for the whole platform') from story;

select * from finish();
rollback;
