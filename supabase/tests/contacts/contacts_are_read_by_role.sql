begin;
select plan(15);

create temporary table story on commit drop as
select
  w.*, tests.api_key(w.acme, array['contacts:read']) as key, tests.api_key(w.acme, array['calls:read', 'members:read']) as other_key
from tests.two_organizations() w;
grant select on story to public;
select
  private.apply_contacts(acme_account, array['{"id": "a", "name": "Ann", "phone": "+12125550151"}'::jsonb], now()),
  private.apply_contacts(globex_account, array['{"id": "a", "name": "Theirs", "phone": "+12125550151"}'::jsonb], now()),
  private.apply_contacts(platform_account, array['{"id": "a", "name": "Nobody''s", "phone": "+12125550151"}'::jsonb], now())
from story;

create function pg_temp.read() returns text
language sql as $$
  select concat_ws(
    ' | ', (select string_agg(c.name, ', ' order by c.name) from public.contacts c),
    (select string_agg(n.name, ', ' order by n.name) from public.contact_numbers n)
  )
$$;
create function pg_temp.read_with(p_key uuid) returns text
language plpgsql as $$
declare
  v_read text;
begin
  perform tests.act_as_key(p_key);
  v_read := pg_temp.read();
  perform tests.act_as_role('postgres');
  return v_read;
end
$$;
grant execute on function pg_temp.read() to public;

select is(pg_temp.read_with(key), 'Ann | Ann', 'an API key with contacts:read reads its organization''s contacts') from story;
select is(pg_temp.read_with(other_key), '', 'without that scope it reads none') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.read(), 'Ann | Ann', 'a viewer reads the organization''s contacts, with their numbers');
select tests.act_as(agent) from story;
select is(pg_temp.read(), 'Ann | Ann', 'an agent does');
select tests.act_as(manager) from story;
select is(pg_temp.read(), 'Ann | Ann', 'and a manager');
select tests.act_as(org_admin) from story;
select is(pg_temp.read(), 'Ann | Ann', 'and an admin');
select tests.act_as(their_admin) from story;
select is(pg_temp.read(), 'Theirs | Theirs', 'each in their organization');
select tests.act_as(platform_admin) from story;
select is(
  pg_temp.read(), 'Ann, Nobody''s, Theirs | Ann, Nobody''s, Theirs', 'the operator reads all, also those of a platform-wide account'
);

select tests.act_as(org_admin) from story;
select is(
  tests.attempt('insert into public.contacts (org_id, own_name) select acme, ''Me'' from story'), '42501', 'nobody writes the tables'
);
select is(tests.attempt('update public.contacts set own_name = ''Me'''), '42501', 'with their own hands');
select is(tests.attempt('delete from public.contacts'), '42501', 'or deletes from them');
select is(tests.attempt('update public.contact_numbers set name = ''Me'''), '42501', 'nor the numbers');
select is(tests.attempt('delete from public.contact_numbers'), '42501', 'which follow from the contacts');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.contacts'), '42501', 'nobody reads without signing in');
select is(tests.attempt('select from public.contact_numbers'), '42501', 'not a number either');

select * from finish();
rollback;
