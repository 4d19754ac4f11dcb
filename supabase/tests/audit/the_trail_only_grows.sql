begin;
select plan(33);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table tried (who text, what text, came text) on commit drop;
grant select, insert on tried to public;
create temporary table ways (what text) on commit drop;
insert into ways values
('update public.audit_entries set action = ''x'''), ('update public.audit_entries set details = ''{}'''),
('update public.audit_entries set details = null'), ('update public.audit_entries set at = now()'),
('delete from public.audit_entries'), ('truncate public.audit_entries cascade'),
('update private.audit_seals set hash = sha256(''x'')'), ('delete from private.audit_seals'), ('truncate private.audit_seals'),
('insert into private.audit_seals select org_id, position + 1000, entry_id, hash, now() from private.audit_seals'),
('insert into public.audit_entries (org_id, actor_kind, action, resource, details_digest)
  select id, ''user'', ''x'', ''x'', '''' from public.organizations'),
('delete from private.unsealed_audit_entries');
grant select on ways to public;
create function pg_temp.seal() returns void
language plpgsql as $$
begin
  perform tests.act_as_role('sync');
  perform private.seal_audit_entries(now());
  perform tests.act_as_role('postgres');
end
$$;
select pg_temp.seal();

-- Whoever is not the owner has no right to begin with.
select tests.act_as(org_admin) from story;
insert into tried select 'an admin', what, tests.attempt(what) from ways;
select tests.act_as(platform_admin) from story;
insert into tried select 'a platform admin', what, tests.attempt(what) from ways;
select tests.act_as_role('service_role');
insert into tried select 'the service key', what, tests.attempt(what) from ways;
select tests.act_as_role('webhooks');
insert into tried select 'webhooks', what, tests.attempt(what) from ways;
select tests.act_as_role('sync');
insert into tried select 'sync', what, tests.attempt(what) from ways;
select tests.act_as_role('api_reader');
insert into tried select 'api_reader', what, tests.attempt(what) from ways;
select tests.act_as_role('anon');
insert into tried select 'anon', what, tests.attempt(what) from ways;
select tests.act_as_role('postgres');
select is(
  (select string_agg(distinct t.came, ', ') from tried t where t.what = w.what), '42501', 'nobody may: ' || left(w.what, 60)
)
from ways w;
select is((select count(*)::int from tried), 84, 'whoever it is');

-- The owner is refused by the table itself.
select is(tests.attempt(what), 'PT403 audit_trail_only_grows', 'nor may the owner: ' || left(what, 60))
from ways
where what !~ '^insert|unsealed|details = null$';
select is(
  tests.attempt('update public.audit_entries set details = ''{}'' where false'), '0 rows', 'what changes nothing is not refused'
);
select is(tests.attempt('delete from public.organizations'), '23503', 'nor does an organization take its trail along');

-- Erasing a person's data.
select is(
  tests.attempt('update public.audit_entries set details = null where id = (select min(id) from public.audit_entries)'), '1 row',
  'but details can be erased'
);
select is(
  tests.attempt('update public.audit_entries set details = null, actor = null'), 'PT403 audit_trail_only_grows',
  'and nothing along with them'
);
select is(
  tests.attempt('update public.audit_entries set details = null, details_digest = sha256('''')'), 'PT403 audit_trail_only_grows',
  'not even their digest'
);
update public.audit_entries set details = null where resource = 'org_members';
select is_empty('select from public.audit_entries where resource = ''org_members'' and details is not null', 'they are gone then');
select is(
  tests.attempt('update public.audit_entries set details = null where resource = ''org_members'''), '5 rows', 'once is as good as twice'
);
select is(
  tests.attempt('update public.audit_entries set details = ''{}'' where resource = ''org_members'''), 'PT403 audit_trail_only_grows',
  'and do not come back'
);

select tests.act_as(org_admin) from story;
select results_eq(
  'select v.problem, v.unsealed from story s, public.verify_audit_chain(s.acme) v', 'select null::text, 0::bigint',
  'the chain holds all the same'
);
select cmp_ok((select v.sealed from story s, public.verify_audit_chain(s.acme) v), '>', 5::bigint, 'all of it');
select tests.act_as(platform_admin) from story;
select is_empty(
  'select o.name from public.organizations o, public.verify_audit_chain(o.id) v where v.problem is not null', 'everybody''s'
);

-- What is sealed later is sealed by its digest.
select tests.act_as_role('postgres');
update public.organizations set name = 'Acme Ltd' where id = (select acme from story);
update public.audit_entries set details = null where resource = 'organizations';
select pg_temp.seal();
select tests.act_as(org_admin) from story;
select results_eq(
  'select v.problem, v.unsealed from story s, public.verify_audit_chain(s.acme) v', 'select null::text, 0::bigint',
  'also what is erased before it is sealed'
);

select * from finish();
rollback;
