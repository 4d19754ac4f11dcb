begin;
select plan(13);

create temporary table story on commit drop as
select w.*, tests.user() as outsider from tests.two_organizations() w;
grant select on story to public;
select tests.pull(acme_account, 'contacts', array['{"id": "a", "name": "Ann", "phone": "+12125550151"}']) from story;
select tests.act_as(agent) from story;
select public.save_contact(acme, p_name => 'Own', p_numbers => array['+12125550152']) from story;
select public.save_contact(story.acme, c.id, p_name => 'Dr. Ann') from story, public.contacts c where c.provider_name = 'Ann';
select tests.act_as_role('postgres');
create temporary table contact on commit drop as
select
  (select c.id from public.contacts c where c.provider_name = 'Ann') as provided,
  (select c.id from public.contacts c where c.provider_name is null) as own;
grant select on contact to public;
create function pg_temp.remove(p_id uuid) returns text
language sql as $$select tests.attempt(format('select public.remove_contact(%L)', p_id))$$;
grant execute on function pg_temp.remove(uuid) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.remove(own), 'PT403 role_not_sufficient', 'a viewer removes none') from contact;
select tests.act_as(their_admin) from story;
select is(pg_temp.remove(own), 'PT404 contact_not_found', 'for another organization there is none') from contact;
select tests.act_as(outsider) from story;
select is(pg_temp.remove(own), 'PT404 contact_not_found', 'nor for who is in none') from contact;
select tests.act_as(manager) from story;
select is(pg_temp.remove(provided), '1 row', 'a manager may remove one') from contact;
select tests.act_as(org_admin) from story;
select is(pg_temp.remove(provided), '1 row', 'and an admin') from contact;
select is(pg_temp.remove(gen_random_uuid()), 'PT404 contact_not_found', 'that there is');

select tests.act_as(agent) from story;
select public.remove_contact(own), public.remove_contact(provided) from contact;
select results_eq(
  'select c.provider_name, c.name, c.is_shown from public.contacts c', $$values ('Ann', 'Ann', false)$$,
  'an own contact is gone, the provider''s is hidden and has lost what was said about it'
);
select is_empty('select from public.contact_numbers', 'neither names a number');
select tests.act_as_role('postgres');
select tests.pull(acme_account, 'contacts', array['{"id": "a", "name": "Ann Again", "phone": "+12125550153"}']) from story;
select tests.act_as(agent) from story;
select is_empty('select from public.contacts where is_shown', 'that the provider lists it still does not bring it back');
select is_empty('select from public.contact_numbers', 'under no number');
select lives_ok('select public.save_contact(acme, provided, p_note => ''Back'') from story, contact', 'saving it does');
select results_eq(
  'select n.name, n.number from public.contact_numbers n', $$values ('Ann Again', '+12125550153' collate "C")$$,
  'as the provider has it by then'
);
select tests.act_as(org_admin) from story;
select results_eq(
  $$
    select e.action from public.audit_entries e, contact
    where e.resource = 'contacts' and e.row_key ->> 'id' = own::text order by e.id
  $$,
  $$values ('insert'), ('delete')$$, 'an own contact''s beginning and end are in the trail'
);

select * from finish();
rollback;
