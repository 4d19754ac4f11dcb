begin;
select plan(19);

create temporary table story on commit drop as select *, private.holding_org_id() as holding from tests.two_organizations();
grant select on story to public;
create function pg_temp.rename(p_org_id uuid) returns text
language sql as $$
  select tests.attempt(format('update public.organizations set name = ''New'', time_zone = ''Asia/Tokyo'' where id = %L', p_org_id))
$$;
grant execute on function pg_temp.rename(uuid) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.rename(acme), '1 row', 'an admin renames the organization and moves its clock') from story;
select is(pg_temp.rename(globex), '0 rows', 'but not another') from story;
select is(tests.attempt($$update public.organizations set name = 'New'$$), '1 row', 'even without looking');
select is(tests.attempt($$update public.organizations set time_zone = 'FOO5'$$), 'PT422 time_zone_unknown', 'a time zone is one there is');
select is(tests.attempt($$update public.organizations set time_zone = ''$$), 'PT422 time_zone_unknown', 'not none');
select is(tests.attempt('update public.organizations set time_zone = null'), '23502', 'at all');
select is(
  tests.attempt(format('update public.organizations set time_zone = %L', repeat('A', 10000))), 'PT422 time_zone_unknown', 'or any text'
);
select is(tests.attempt('update public.organizations set id = gen_random_uuid()'), '42501', 'which organization it is stays');

select tests.act_as(manager) from story;
select is(pg_temp.rename(acme), '0 rows', 'a manager does not rename it') from story;
select tests.act_as(agent) from story;
select is(pg_temp.rename(acme), '0 rows', 'nor does an agent') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.rename(acme), '0 rows', 'or a viewer') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.rename(acme), '0 rows', 'or another organization''s admin') from story;
select tests.act_as_role('anon');
select is(pg_temp.rename(acme), '42501', 'or somebody who is not signed in') from story;

select tests.act_as(platform_admin) from story;
select is(pg_temp.rename(acme), '1 row', 'the operator renames any') from story;
select is(pg_temp.rename(holding), '0 rows', 'but the one that holds what belongs to nobody') from story;

select tests.act_as(org_admin) from story;
update public.organizations set name = 'Acme Ltd', time_zone = 'Europe/Paris';
select results_eq('select name, time_zone from public.organizations', $$values ('Acme Ltd', 'Europe/Paris')$$, 'a new name stays');
select tests.act_as(viewer) from story;
select results_eq('select name from public.organizations', $$values ('Acme Ltd')$$, 'and everybody there reads it');

select tests.act_as_role('postgres');
update public.organizations set archived_at = now() where id = (select acme from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.rename(acme), '0 rows', 'an archived organization keeps its name') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.rename(globex), '1 row', 'while others go on') from story;

select * from finish();
rollback;
