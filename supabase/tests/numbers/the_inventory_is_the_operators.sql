begin;
select plan(8);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;

select tests.act_as(viewer) from story;
select is_empty('select from public.phone_numbers', 'a viewer does not read the inventory');
select tests.act_as(agent) from story;
select is_empty('select from public.phone_numbers', 'nor does an agent');
select tests.act_as(manager) from story;
select is_empty('select from public.phone_numbers', 'nor a manager');
select tests.act_as(org_admin) from story;
select is_empty('select from public.phone_numbers', 'nor an admin: an organization has lines');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.phone_numbers), 3, 'the operator reads all numbers');
select is(tests.attempt($$update public.phone_numbers set label = 'x'$$), '42501', 'which come from the provider alone');
select is(tests.attempt('delete from public.phone_numbers'), '42501', 'and stay');
select is(
  tests.attempt($$insert into public.phone_numbers (org_id, integration_id, e164) select acme, acme_account, '+12125550199' from story$$),
  '42501', 'nobody makes one up'
);

select * from finish();
rollback;
