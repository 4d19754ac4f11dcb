begin;
select plan(14);

create temporary table story on commit drop as
select
  w.*, tests.api_key(w.acme) as key, tests.api_key(w.acme) as ended, tests.api_key(w.acme) as revoked, tests.api_key(w.globex) as of_globex,
  tests.api_key(null) as platform_key
from tests.two_organizations() w;
update private.api_keys set expires_at = now() where id = (select ended from story);
update private.api_keys set revoked_at = now(), expires_at = now() - interval '1 day' where id = (select revoked from story);
grant select on story to public;

select tests.act_as(viewer) from story;
select is_empty('select from public.api_keys', 'a viewer reads no key');
select tests.act_as(agent) from story;
select is_empty('select from public.api_keys', 'nor does an agent');
select tests.act_as(manager) from story;
select is_empty('select from public.api_keys', 'nor a manager');
select tests.act_as(org_admin) from story;
select set_eq(
  'select id, state from public.api_keys',
  $$select key, 'active' from story union all select ended, 'expired' from story union all select revoked, 'revoked' from story$$,
  'an admin reads those of the organization, and what became of them'
);
select tests.act_as(their_admin) from story;
select results_eq('select id from public.api_keys', 'select of_globex from story', 'each organization its own');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.api_keys), 5, 'the operator all of them');
select results_eq(
  'select id from public.api_keys where org_id is null', 'select platform_key from story', 'those for the whole platform too'
);

select is(tests.attempt('select secret_hash from private.api_keys'), '42501', 'nobody reads the hash of a secret');
select is(tests.attempt('select * from private.api_keys'), '42501', 'among other things');
select is(tests.attempt('select secret_hash from public.api_keys'), '42703', 'the list has none');
select is(tests.attempt('update public.api_keys set name = ''x'''), '42501', 'keys are not edited');
select is(tests.attempt('delete from public.api_keys'), '42501', 'or removed');
select is(tests.attempt('insert into public.api_keys (name) values (''x'')'), '42501', 'or made up');
select is(tests.attempt('select from private.api_grants'), '42501', 'grants are nobody''s to read');

select * from finish();
rollback;
