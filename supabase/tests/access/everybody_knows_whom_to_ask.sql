begin;
select plan(9);

create temporary table story on commit drop as select *, tests.user('Newcomer') as newcomer from tests.two_organizations();
grant select on story to public;

select tests.act_as(newcomer) from story;
select results_eq(
  'select support_email, support_phone, billing_email, security_email, emergency_phone, status_url from public.support_contacts()',
  'select null::text, null::text, null::text, null::text, null::text, null::text',
  'before the operator has said it, there is one row of nothing'
);
select tests.act_as(platform_admin) from story;
update public.platform_settings set
  support_email = 'help@example.com', support_phone = '+1 212 555 0100', billing_email = 'billing@example.com',
  security_email = 'security@example.com', emergency_phone = '+1 212 555 0101', status_url = 'https://status.example.com',
  app_url = 'https://app.example.com';

select tests.act_as(newcomer) from story;
select results_eq(
  'select * from public.support_contacts()',
  $$values (
    'help@example.com', '+1 212 555 0100', 'billing@example.com', 'security@example.com', '+1 212 555 0101', 'https://status.example.com'
  )$$, 'a newcomer knows whom to ask'
);
select is_empty('select from public.platform_settings', 'and nothing else of the operator''s settings');
select tests.act_as(viewer) from story;
select results_eq('select support_email from public.support_contacts()', $$values ('help@example.com')$$, 'so does a viewer');
select is_empty('select from public.platform_settings', 'who reads no settings either');
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where id = (select agent_member from story);
update public.organizations set archived_at = now() where id = (select globex from story);
select tests.act_as(agent) from story;
select results_eq(
  'select support_email from public.support_contacts()', $$values ('help@example.com')$$, 'and who was deactivated, to ask why'
);
select tests.act_as(their_admin) from story;
select results_eq('select billing_email from public.support_contacts()', $$values ('billing@example.com')$$, 'or archived');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.support_contacts()'), '42501', 'who is not signed in does not');
select is(tests.attempt('select from public.platform_settings'), '42501', 'read the settings');

select * from finish();
rollback;
