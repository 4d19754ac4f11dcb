begin;
select plan(35);

create temporary table story on commit drop as select *, tests.user() as outsider from tests.two_organizations();
update public.platform_settings set
  app_url = 'https://app.example.com', support_email = 'help@example.com', support_phone = '+12125550142',
  billing_email = 'bills@example.com', security_email = 'security@example.com', emergency_phone = '+12125550143',
  status_url = 'https://status.example.com';
grant select on story to public;
create temporary table seen (who text, what text, came text) on commit drop;
grant insert on seen to public;

-- Who has what of them.
create function pg_temp.look(p_who text) returns void
language sql as $$
  insert into seen values
    (p_who, 'read', tests.attempt('select * from public.platform_settings')),
    (p_who, 'write', tests.attempt('update public.platform_settings set organization_creation = ''org_admins''')),
    (p_who, 'contacts', tests.attempt('select * from public.support_contacts() where support_email = ''help@example.com'''))
$$;
grant execute on function pg_temp.look(text) to public;
select tests.act_as(viewer) from story;
select pg_temp.look('viewer');
select tests.act_as(agent) from story;
select pg_temp.look('agent');
select tests.act_as(manager) from story;
select pg_temp.look('manager');
select tests.act_as(org_admin) from story;
select pg_temp.look('org_admin');
select tests.act_as(outsider) from story;
select pg_temp.look('outsider');
select tests.act_as(platform_admin) from story;
select pg_temp.look('platform_admin');
select tests.act_as_role('anon');
select pg_temp.look('anon');
select tests.act_as_role('service_role');
select pg_temp.look('service_role');
select tests.act_as_role('api_reader');
select pg_temp.look('api_reader');
select tests.act_as_role('postgres');
select is(
  (select string_agg(s.what || ' ' || s.came, ', ' order by s.what desc) from seen s where s.who = t.who), t.came, t.who || ' ' || t.test
)
from (
  values
    ('viewer', 'write 0 rows, read 0 rows, contacts 1 row', 'has the contacts alone'),
    ('agent', 'write 0 rows, read 0 rows, contacts 1 row', 'has the contacts alone'),
    ('manager', 'write 0 rows, read 0 rows, contacts 1 row', 'has the contacts alone'),
    ('org_admin', 'write 0 rows, read 0 rows, contacts 1 row', 'has the contacts alone'),
    ('outsider', 'write 0 rows, read 0 rows, contacts 1 row', 'has the contacts alone'),
    ('platform_admin', 'write 1 row, read 1 row, contacts 1 row', 'has the settings'),
    ('anon', 'write 42501, read 42501, contacts 42501', 'has nothing'),
    ('service_role', 'write 42501, read 42501, contacts 42501', 'has nothing'),
    ('api_reader', 'write 42501, read 42501, contacts 42501', 'has nothing')
) t (who, came, test);

select tests.act_as(viewer) from story;
select results_eq(
  'select * from public.support_contacts()', $$
    values ('help@example.com', '+12125550142', 'bills@example.com', 'security@example.com', '+12125550143', 'https://status.example.com')
  $$, 'everybody knows whom to ask for help'
);

-- What can be set.
select tests.act_as(platform_admin) from story;
select is(tests.attempt('update public.platform_settings set ' || change), came, test)
from (
  values
    ('app_url = ''https://app.example.com/sub''', '1 row', 'the dashboard is at an address'),
    ('app_url = ''http://127.0.0.1:54321''', '1 row', 'wherever that is'),
    ('app_url = null', '1 row', 'or not yet'),
    ('app_url = ''https://app.example.com/''', '23514', 'links are made of it: without a slash at the end'),
    ('app_url = ''https://app.example.com?x=1''', '23514', 'or a question'),
    ('app_url = ''https://app.example.com#x''', '23514', 'or a fragment'),
    ('app_url = ''javascript:alert(1)''', '23514', 'and to be opened by a browser'),
    ('app_url = ''https://''', '23514', 'somewhere'),
    ('organization_creation = ''platform_admins''', '1 row', 'organizations are created by platform admins'),
    ('organization_creation = ''first''', '1 row', 'by everybody once'),
    ('organization_creation = ''everybody''', '23514', 'by no others'),
    ('client_address_header = ''cf-connecting-ip''', '1 row', 'a header is one'),
    ('client_address_header = ''X-Real-IP''', '23514', 'as PostgREST names it'),
    ('client_address_header = ''''', '23514', 'by a name'),
    ('client_address_header = null', '23502', 'always'),
    ('support_email = ''help''', '23514', 'an address is one that mail can be sent to'),
    ('billing_email = ''bills@''', '23514', 'each of them'),
    ('security_email = ''no one@example.com''', '23514', 'all three'),
    ('support_phone = repeat(''1'', 41)', '23514', 'a phone number is short'),
    ('status_url = ''status''', '23514', 'the status is at an address'),
    ('id = false', '42501', 'there is one row'),
    ('created_at = now()', '42501', 'that was there from the beginning')
) t (change, came, test);
select is(tests.attempt('delete from public.platform_settings'), '42501', 'and stays');
select is(tests.attempt('insert into public.platform_settings (app_url) values (null)'), '42501', 'alone');

update public.platform_settings set support_phone = '+12125550144';
select results_eq(
  'select org_id, actor_id, details from public.audit_entries where resource = ''platform_settings'' and actor_kind = ''user''',
  $$
    select
      private.holding_org_id(), platform_admin,
      '{"before": {"support_phone": "+12125550142"}, "after": {"support_phone": "+12125550144"}}'::jsonb
    from story
  $$, 'a change is in the platform''s trail'
);

select * from finish();
rollback;
