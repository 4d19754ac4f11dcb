begin;
select plan(21);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.make(
  p_org_id uuid, p_scopes text[] default '{calls:read}', p_name text default 'Reports', p_expires_at timestamptz default null
) returns text
language sql as $$
  select tests.attempt(format('select public.create_api_key(%L, %L, %L, %L)', p_org_id, p_name, p_scopes, p_expires_at))
$$;
grant execute on function pg_temp.make(uuid, text[], text, timestamptz) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.make(acme), 'PT403 role_not_sufficient', 'a viewer makes no key') from story;
select tests.act_as(agent) from story;
select is(pg_temp.make(acme), 'PT403 role_not_sufficient', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.make(acme), 'PT403 role_not_sufficient', 'nor a manager') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.make(acme), '1 row', 'an admin does') from story;
select is(pg_temp.make(globex), 'PT404 organization_not_found', 'not for another organization') from story;
select is(pg_temp.make(gen_random_uuid()), 'PT404 organization_not_found', 'nor for one that is not there');
select is(pg_temp.make(null), 'PT403 platform_admin_required', 'nor for all of them');
select is(pg_temp.make(private.holding_org_id()), 'PT404 organization_not_found', 'by whatever name');

select is(pg_temp.make(acme, '{}'), 'PT422 scope_unknown', 'a key is for something') from story;
select is(pg_temp.make(acme, null), 'PT422 scope_unknown', 'that is said') from story;
select is(pg_temp.make(acme, '{calls:read,calls:write}'), 'PT422 scope_unknown', 'and that there is') from story;
select is(pg_temp.make(acme, '{calls:read,null}'), 'PT422 scope_unknown', 'all of it') from story;
select is(
  pg_temp.make(acme, array['audit:read', 'calls:read', 'members:read', 'sync:read', 'sync:request']), '1 row', 'it may be for everything'
) from story;
select is(pg_temp.make(acme, p_name => ' '), 'PT422 name_invalid', 'its name says something') from story;
select is(pg_temp.make(acme, p_name => null), 'PT422 name_invalid', 'it has one') from story;
select is(pg_temp.make(acme, p_name => repeat('x', 200)), '1 row', 'of 200 characters') from story;
select is(pg_temp.make(acme, p_name => repeat('x', 201)), 'PT422 name_invalid', 'at most') from story;
select is(pg_temp.make(acme, p_expires_at => now()), 'PT422 expiry_in_the_past', 'it does not end before it begins') from story;
select is(pg_temp.make(acme, p_expires_at => now() + interval '1 second'), '1 row', 'but it may end') from story;

select tests.act_as(platform_admin) from story;
select is(pg_temp.make(globex), '1 row', 'the operator makes keys for any organization') from story;
select is(pg_temp.make(null), '1 row', 'and for all of them');

select * from finish();
rollback;
