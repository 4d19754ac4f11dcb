begin;
select plan(20);

create temporary table story on commit drop as select *, tests.user() as outsider from tests.two_organizations();
select tests.join(org_admin, globex, 'viewer') from story;
grant select on story to public;
create function pg_temp.trail(p_user_id uuid) returns text
language sql as $$
  select string_agg(format('%s at %s', e.action, o.name), ', ' order by o.name, e.id)
  from public.audit_entries e
  join public.organizations o on o.id = e.org_id
  where e.actor_id = p_user_id and e.resource = 'users'
$$;
-- As Auth asks its hooks.
create function pg_temp.try(p_user_id uuid, p_is_valid boolean) returns jsonb
language sql as $$
  select private.record_sign_in_attempt(jsonb_build_object('user_id', p_user_id, 'valid', p_is_valid))
$$;

update auth.users set last_sign_in_at = now() where id = (select viewer from story);
select is(pg_temp.trail(viewer), 'sign_in at Acme', 'a sign-in is told') from story;
select results_eq(
  'select actor_kind, actor, row_key, details from public.audit_entries e join story on e.actor_id = viewer and e.resource = ''users''',
  $$select 'user', viewer || '@example.com', jsonb_build_object('user_id', viewer), null::jsonb from story$$, 'whose it was'
);
update auth.users set last_sign_in_at = now(), updated_at = now() where id = (select viewer from story);
select is(pg_temp.trail(viewer), 'sign_in at Acme', 'once, whatever else is written about the user') from story;
insert into auth.sessions (id, user_id, ip) select gen_random_uuid(), viewer, '203.0.113.7' from story;
update auth.users set last_sign_in_at = now() + interval '1 hour' where id = (select viewer from story);
select results_eq(
  'select ip_address from public.audit_entries e join story on e.actor_id = viewer and e.resource = ''users'' order by e.id',
  $$values (null::inet), ('203.0.113.7')$$, 'from where the session is'
);
select is(pg_temp.trail(viewer), 'sign_in at Acme, sign_in at Acme', 'and every time') from story;
update auth.users set last_sign_in_at = now() where id = (select org_admin from story);
select is(pg_temp.trail(org_admin), 'sign_in at Acme, sign_in at Globex', 'to each organization that the user is in') from story;
update auth.users set last_sign_in_at = now() where id in (select unnest(array[outsider, platform_admin]) from story);
select is(
  pg_temp.trail(outsider), 'sign_in at Holding (unowned numbers and calls)', 'who is in none is the operator''s to see'
) from story;
select is(pg_temp.trail(platform_admin), 'sign_in at Holding (unowned numbers and calls)', 'as are the operator''s people') from story;
update public.org_members set deactivated_at = now() where user_id = (select agent from story);
update auth.users set last_sign_in_at = now() where id = (select agent from story);
select is(
  pg_temp.trail(agent), 'sign_in at Holding (unowned numbers and calls)', 'and who is in no organization any more'
) from story;

-- Failed attempts, by the hook.
select ok(
  has_function_privilege('supabase_auth_admin', 'private.record_sign_in_attempt(jsonb)', 'execute')
    and has_schema_privilege('supabase_auth_admin', 'private', 'usage'), 'Auth may ask the hook'
);
select is(
  (
    select string_agg(r.rolname, ', ' order by r.rolname)
    from pg_catalog.pg_roles r
    where has_function_privilege(r.oid, 'private.record_sign_in_attempt(jsonb)', 'execute') and not r.rolsuper and r.rolname !~ '^pg_'
  ), 'postgres, supabase_auth_admin', 'and nobody else but the owner'
);
select is(pg_temp.try(manager, false), '{"decision": "continue"}', 'it decides nothing') from story;
select is(pg_temp.trail(manager), 'sign_in_failed at Acme', 'a failed attempt is told') from story;
select is(pg_temp.try(manager, true), '{"decision": "continue"}', 'nor of one that is valid') from story;
select is(pg_temp.trail(manager), 'sign_in_failed at Acme', 'which is a sign-in, and told as that') from story;
select is(pg_temp.try(gen_random_uuid(), false), '{"decision": "continue"}', 'or of whoever is not there');
select pg_temp.try(manager, false) from story, generate_series(1, 50);
select is(
  (select count(*)::int from public.audit_entries e join story s on e.actor_id = s.manager), 10,
  'who tries passwords by the thousand is told ten times a minute'
);
select is(
  (
    select count(*)::int
    from private.unsealed_audit_entries u
    join public.audit_entries e on e.id = u.entry_id
    join story s on e.actor_id = s.manager
  ), 10,
  'all of it to be sealed'
);

select tests.act_as(org_admin) from story;
select is(
  (select count(*)::int from public.audit_entries where action ~ '^sign_in'), 13, 'an admin reads those of the organization'
);
select tests.act_as(their_admin) from story;
select is((select count(*)::int from public.audit_entries where action ~ '^sign_in'), 1, 'and of no other');

select * from finish();
rollback;
