begin;
select plan(10);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;

select tests.act_as(viewer) from story;
select is_empty('select from public.integrations', 'a viewer reads no account');
select tests.act_as(agent) from story;
select is_empty('select from public.integrations', 'nor does an agent');
select tests.act_as(manager) from story;
select results_eq('select id from public.integrations', 'select acme_account from story', 'a manager reads the organization''s own');
select tests.act_as(org_admin) from story;
select results_eq('select id from public.integrations', 'select acme_account from story', 'so does an admin');
select is(tests.attempt('update public.integrations set disabled_at = now()'), '42501', 'who does not write it this way');
select is(tests.attempt($$insert into public.integrations (org_id, name) select acme, 'x' from story$$), '42501', 'nor add one');
select is(tests.attempt('delete from public.integrations'), '42501', 'nor remove one');
select tests.act_as(their_admin) from story;
select results_eq('select id from public.integrations', 'select globex_account from story', 'each organization its own');
select tests.act_as(platform_admin) from story;
select set_eq(
  'select id from public.integrations', 'select unnest(array[platform_account, acme_account, globex_account]) from story',
  'the operator reads all, the platform-wide one too'
);
select is(tests.attempt('select from private.integration_credentials'), '42501', 'but nobody a credential');

select * from finish();
rollback;
