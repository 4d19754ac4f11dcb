begin;
select plan(26);

create temporary table story on commit drop as
select w.*, tests.user() as outsider, tests.api_key(w.acme) as key from tests.two_organizations() w;
grant select on story to public;
select tests.act_as(their_admin) from story;
create temporary table their_contact on commit drop as
select public.save_contact(globex, p_name => 'Theirs', p_numbers => array['+12125550151']) as id from story;
grant select on their_contact to public;
-- What comes of saving a new contact, or one there is.
create function pg_temp.save(p_org_id uuid, p_contact_id uuid default null) returns text
language sql as $$select tests.attempt(format('select public.save_contact(%L, %L, ''Ann'')', p_org_id, p_contact_id))$$;
create function pg_temp.save_with(p_key uuid, p_org_id uuid) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_key(p_key);
  v_said := pg_temp.save(p_org_id);
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
grant execute on function pg_temp.save(uuid, uuid) to public;

select tests.act_as_role('postgres');
select is(pg_temp.save_with(key, acme), '42501', 'an API key saves none') from story;
select tests.act_as_role('anon');
select is(pg_temp.save(acme), '42501', 'nor who has not signed in') from story;
select tests.act_as(outsider) from story;
select is(pg_temp.save(acme), 'PT404 organization_not_found', 'who is in no organization saves no contact') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.save(acme), 'PT403 role_not_sufficient', 'a viewer does not') from story;
select tests.act_as(manager) from story;
select is(pg_temp.save(acme), '1 row', 'a manager does') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.save(acme), '1 row', 'an admin does') from story;
select is(pg_temp.save(globex), 'PT404 organization_not_found', 'in the own organization') from story;
select is(
  pg_temp.save(story.acme, t.id), 'PT404 contact_not_found', 'another organization''s contact is not there'
) from story, their_contact t;
select is(pg_temp.save(story.globex, t.id), 'PT404 organization_not_found', 'by its own name neither') from story, their_contact t;
select is(
  pg_temp.save(acme, '00000000-0000-4000-8000-000000000000'), 'PT404 contact_not_found', 'as little as one that nobody has'
) from story;

select tests.act_as(agent) from story;
create temporary table saved on commit drop as
select public.save_contact(
  acme, p_name => '  Ann Example ', p_company => 'Example Inc', p_email => 'ann@example.com', p_note => 'Calls on Mondays',
  p_numbers => array['+1 (212) 555-0152', '+12125550151', '+12125550151']
) as id from story;
grant select on saved to public;
select results_eq(
  'select c.name, c.company, c.email, c.note, c.is_shown from public.contacts c',
  $$values ('Ann Example', 'Example Inc', 'ann@example.com', 'Calls on Mondays', true)$$, 'an agent saves one with all that is known'
);
select results_eq(
  'select n.number, n.name, n.is_own from public.contact_numbers n order by n.number',
  $$values ('+12125550151' collate "C", 'Ann Example', true), ('+12125550152' collate "C", 'Ann Example', true)$$,
  'each number once, in one form'
);
select public.save_contact(story.acme, saved.id, p_company => 'Other Inc') from story, saved;
select results_eq(
  'select c.name, c.company, c.email, c.note from public.contacts c',
  $$values ('Ann Example', 'Other Inc', 'ann@example.com', 'Calls on Mondays')$$, 'what is left out stays'
);
select is((select count(*)::int from public.contact_numbers), 2, 'numbers too');
select public.save_contact(story.acme, saved.id, p_note => '', p_email => ' ', p_numbers => array['+12125550153']) from story, saved;
select results_eq(
  'select c.note, c.email, (select string_agg(n.number, '','') from public.contact_numbers n) from public.contacts c',
  $$values (null::text, null::text, '+12125550153' collate "C")$$, 'what is empty is taken back, and numbers are sent as a whole list'
);
select public.save_contact(story.acme, saved.id, p_name => '') from story, saved;
select results_eq('select c.name, c.company from public.contacts c', $$values (null::text, 'Other Inc')$$, 'a company is a contact too');
select is(
  tests.attempt(format('select public.save_contact(%L, %L, p_company => '''')', story.acme, saved.id)), 'PT422 contact_invalid',
  'one with neither is none'
) from story, saved;

create function pg_temp.refused(p_arguments text) returns text
language sql as $$select tests.attempt(format('select public.save_contact(%L, %s)', acme, p_arguments)) from story$$;
select is(pg_temp.refused('p_note => ''x'''), 'PT422 contact_invalid', 'nor a new one without either');
select is(pg_temp.refused($$p_name => repeat('x', 201)$$), 'PT422 contact_invalid', 'a name has its bounds');
select is(pg_temp.refused($$p_name => U&'\200B'$$), 'PT422 contact_invalid', 'and can be seen');
select is(pg_temp.refused($$p_name => 'Ann', p_email => 'nobody'$$), 'PT422 email_invalid', 'an e-mail is one');
select is(pg_temp.refused($$p_name => 'Ann', p_numbers => '{+12125550151,hello}'$$), 'PT422 contact_number_invalid', 'numbers are numbers');
select is(pg_temp.refused($$p_name => 'Ann', p_numbers => '{null}'$$), 'PT422 contact_number_invalid', 'each of them');
select is(
  pg_temp.refused($$p_name => 'Ann', p_numbers => array(select '+121255501' || n from generate_series(10, 30) n)$$),
  'PT422 contact_number_invalid', 'and twenty at most'
);

select tests.act_as(org_admin) from story;
select results_eq(
  $$
    select e.action, e.actor_id, e.details -> 'after' ->> 'own_company'
    from public.audit_entries e
    where e.resource = 'contacts' and e.details -> 'after' ? 'own_company'
    order by e.id
  $$,
  $$
    select v.action, agent, v.company
    from story cross join (values ('insert', 'Example Inc'), ('update', 'Other Inc')) v (action, company)
  $$,
  'who changed what is in the trail'
);
select tests.act_as(platform_admin) from story;
select is(pg_temp.save(private.holding_org_id()), '1 row', 'the operator saves those of the platform''s accounts');

select * from finish();
rollback;
