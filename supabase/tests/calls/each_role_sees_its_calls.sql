begin;
select plan(10);

create temporary table story on commit drop as
select w.*, tests.call(w.given) as on_given, tests.call(w.other) as on_other, tests.call(w.theirs) as on_theirs
from tests.two_organizations() w;
grant select on story to public;

select tests.act_as(viewer) from story;
select set_eq('select id from public.calls', 'select unnest(array[on_given, on_other]) from story', 'a viewer sees the organization''s');
select tests.act_as(org_admin) from story;
select set_eq('select id from public.calls', 'select unnest(array[on_given, on_other]) from story', 'an admin too');
select tests.act_as(manager) from story;
select results_eq('select id from public.calls', 'select on_given from story', 'a manager those of the given lines');
select tests.act_as(agent) from story;
select results_eq('select id from public.calls', 'select on_given from story', 'an agent too');
select tests.act_as(their_admin) from story;
select results_eq('select id from public.calls', 'select on_theirs from story', 'another organization its own');
select tests.act_as(platform_admin) from story;
select set_eq('select id from public.calls', 'select unnest(array[on_given, on_other, on_theirs]) from story', 'the operator all');

select tests.act_as(org_admin) from story;
select is(tests.attempt($$update public.calls set outcome = 'missed'$$), '42501', 'nobody edits a call');
select is(tests.attempt('delete from public.calls'), '42501', 'or deletes one');
select is(
  tests.attempt($$insert into public.calls (id, org_id, integration_id, provider_call_id, direction, started_at)
    select gen_random_uuid(), acme, acme_account, 'x', 'inbound', now() from story$$), '42501', 'or makes one up'
);
select is(tests.attempt('update public.legs set member_id = null'), '42501', 'nor a leg');

select * from finish();
rollback;
