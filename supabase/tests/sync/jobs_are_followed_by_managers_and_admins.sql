begin;
select plan(12);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
insert into public.sync_jobs (org_id, integration_id, resource, kind)
select i.org_id, i.id, 'calls', 'requested' from public.integrations i;

select tests.act_as(viewer) from story;
select is_empty('select id from public.sync_jobs', 'a viewer follows no job');
select tests.act_as(agent) from story;
select is_empty('select id from public.sync_jobs', 'nor does an agent');
select tests.act_as(manager) from story;
select results_eq('select integration_id from public.sync_jobs', 'select acme_account from story', 'a manager those of the organization');
select tests.act_as(org_admin) from story;
select results_eq('select integration_id from public.sync_jobs', 'select acme_account from story', 'an admin too');
select lives_ok('select * from public.sync_jobs', 'with everything about them');
select is(tests.attempt($$update public.sync_jobs set state = 'done'$$), '42501', 'which nobody edits');
select is(tests.attempt('delete from public.sync_jobs'), '42501', 'or removes');
select is(
  tests.attempt(
    $$insert into public.sync_jobs (org_id, integration_id, resource, kind) select acme, acme_account, 'calls', 'requested' from story$$
  ), '42501', 'or adds behind the queue''s back'
);
select is(
  tests.attempt(format('select private.queue_sync_job(%L, ''calls'', ''requested'', null, null, null, now())', acme_account)), '42501',
  'the queue is the workers'''
) from story;
select is(tests.attempt('select from private.sync_cursors'), '42501', 'and so are the cursors');
select tests.act_as(their_admin) from story;
select results_eq('select integration_id from public.sync_jobs', 'select globex_account from story', 'another organization its own');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.sync_jobs), 3, 'the operator all, the platform-wide account''s too');

select * from finish();
rollback;
