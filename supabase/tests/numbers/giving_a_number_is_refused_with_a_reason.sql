begin;
select plan(17);

create temporary table story on commit drop as
select
  w.*, tests.phone_number(w.platform_account, '+12125550110') as number, tests.phone_number(w.globex_account, '+12125550111') as of_globex,
  tests.organization('Gone') as gone, tests.organization('Initech') as initech
from tests.two_organizations() w;
update public.organizations set archived_at = now() where id = (select gone from story);
grant select on story to public;
create function pg_temp.give(p_number uuid, p_org_id uuid, p_from timestamptz default now()) returns text
language sql as $$
  select tests.attempt(format('select public.assign_phone_number(%L, %L, %L)', p_number, p_org_id, p_from))
$$;
grant execute on function pg_temp.give(uuid, uuid, timestamptz) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.give(number, acme), 'PT403 platform_admin_required', 'a viewer gives no number') from story;
select tests.act_as(agent) from story;
select is(pg_temp.give(number, acme), 'PT403 platform_admin_required', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.give(number, acme), 'PT403 platform_admin_required', 'nor a manager') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.give(number, acme), 'PT403 platform_admin_required', 'nor an admin, even to their own') from story;
select is(pg_temp.give(null, null), 'PT403 platform_admin_required', 'nor does anyone else learn what there is');

select tests.act_as(platform_admin) from story;
select is(pg_temp.give(number, acme), '1 row', 'the operator does') from story;
select is(pg_temp.give(number, null), 'PT404 organization_not_found', 'to an organization') from story;
select is(pg_temp.give(number, gen_random_uuid()), 'PT404 organization_not_found', 'that there is') from story;
select is(pg_temp.give(number, gone), 'PT404 organization_not_found', 'and is not archived') from story;
select is(pg_temp.give(number, private.holding_org_id()), 'PT404 organization_not_found', 'not to nobody') from story;
select is(pg_temp.give(gen_random_uuid(), acme), 'PT404 phone_number_not_found', 'a number there is') from story;
select is(pg_temp.give(of_globex, acme), 'PT409 number_of_another_account', 'not one of an account that another owns') from story;

select public.assign_phone_number(number, acme, now() - interval '1 hour') from story;
select is(pg_temp.give(number, acme), 'PT409 number_already_assigned', 'what they have they have') from story;
select is(
  pg_temp.give(number, globex, now() - interval '1 minute'), 'PT409 period_taken', 'nor is history taken from who had the number'
) from story;
select is(pg_temp.give(number, globex), '1 row', 'from now on it may go elsewhere') from story;

select public.assign_phone_number(number, globex, now() + interval '1 day') from story;
select is(
  pg_temp.give(number, initech), 'PT409 period_taken', 'what is promised from tomorrow is not given today'
) from story;
select is(
  pg_temp.give(number, acme, now() + interval '1 day'), 'PT409 period_taken', 'nor at the same instant'
) from story;

select * from finish();
rollback;
