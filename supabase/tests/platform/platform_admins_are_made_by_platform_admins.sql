begin;
select plan(24);

create temporary table story on commit drop as select *, tests.user('Newcomer') as newcomer from tests.two_organizations();
-- Whoever else the database knows as one does not belong to the story.
delete from private.platform_admins a where a.user_id <> (select platform_admin from story);
grant select on story to public;
create function pg_temp.grant(p_user_id uuid) returns text
language sql as $$select tests.attempt(format('select public.grant_platform_admin(%L)', p_user_id))$$;
create function pg_temp.revoke(p_user_id uuid) returns text
language sql as $$select tests.attempt(format('select public.revoke_platform_admin(%L)', p_user_id))$$;
grant execute on function pg_temp.grant(uuid), pg_temp.revoke(uuid) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.grant(viewer), 'PT403 platform_admin_required', 'a viewer makes no platform admin, least of all themselves') from story;
select tests.act_as(agent) from story;
select is(pg_temp.grant(agent), 'PT403 platform_admin_required', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.grant(manager), 'PT403 platform_admin_required', 'nor a manager') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.grant(org_admin), 'PT403 platform_admin_required', 'nor an organization''s admin') from story;
select is(pg_temp.revoke(platform_admin), 'PT403 platform_admin_required', 'nor do they end one') from story;
select is(pg_temp.grant(gen_random_uuid()), 'PT403 platform_admin_required', 'or learn who there is');
select is(tests.attempt('select from private.platform_admins'), '42501', 'or who they are');
select tests.act_as(null);
select is(pg_temp.grant(viewer), 'PT403 platform_admin_required', 'nor does somebody unknown') from story;

select tests.act_as(platform_admin) from story;
select is(pg_temp.revoke(platform_admin), 'PT409 last_platform_admin', 'the last one stays') from story;
select is(pg_temp.revoke(newcomer), '1 row', 'ending that somebody is what they are not is no mistake') from story;
select is(pg_temp.grant(gen_random_uuid()), 'PT404 user_not_found', 'one is made of a user there is');
select is(pg_temp.grant(null), 'PT404 user_not_found', 'of somebody');
select is(pg_temp.revoke(gen_random_uuid()), 'PT404 user_not_found', 'or ended') from story;
select is((select count(*)::int from public.organizations), 3, 'a platform admin sees every organization');
select is(
  tests.attempt('insert into private.platform_admins (user_id) select newcomer from story'), '42501',
  'and makes another by the function alone'
);
select public.grant_platform_admin(newcomer), public.grant_platform_admin(newcomer) from story;

select tests.act_as(newcomer) from story;
select is((select count(*)::int from public.organizations), 3, 'who is made one is one at once');
select is(
  (select u.is_platform_admin from public.users u join story s on u.user_id = s.newcomer), true, 'and is listed as one'
);
select tests.act_as_role('postgres');
select results_eq(
  'select granted_by, granted_at from private.platform_admins a join story on a.user_id = newcomer',
  'select platform_admin, now() from story',
  'it is kept who made them one'
);
select tests.act_as(newcomer) from story;
select public.revoke_platform_admin(platform_admin) from story;
select is(pg_temp.revoke(newcomer), 'PT409 last_platform_admin', 'again the last one stays') from story;
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.organizations), 0, 'who is none any more sees none any more');
select is(pg_temp.grant(platform_admin), 'PT403 platform_admin_required', 'and does not come back alone') from story;

select tests.act_as(newcomer) from story;
select set_eq(
  $$
    select actor_id, action, (row_key ->> 'user_id')::uuid as user_id
    from public.audit_entries
    where resource = 'platform_admins' and actor_kind = 'user'
  $$,
  $$
    select platform_admin, 'insert', newcomer from story union all select newcomer, 'delete', platform_admin from story
  $$, 'all of it is in the platform''s trail'
);
select is(
  (
    select e.details -> 'after' ->> 'granted_by'
    from public.audit_entries e
    where e.resource = 'platform_admins' and e.action = 'insert' and e.actor_kind = 'user'
  ),
  platform_admin::text, 'with who made whom'
)
from story;
select tests.act_as(org_admin) from story;
select is_empty('select from public.audit_entries where resource = ''platform_admins''', 'which organizations do not read');

select * from finish();
rollback;
