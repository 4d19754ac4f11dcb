begin;
select plan(28);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.ask(p_account uuid, p_what text default '''2026-01-01Z''') returns text
language sql as $$select tests.attempt(format('select public.request_backfill(%L, %s)', p_account, p_what))$$;
grant execute on function pg_temp.ask(uuid, text) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.ask(acme_account), 'PT404 integration_not_found', 'a viewer asks for no past range') from story;
select tests.act_as(agent) from story;
select is(pg_temp.ask(acme_account), 'PT404 integration_not_found', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.ask(acme_account), '1 row', 'a manager does, as for every pull') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.ask(acme_account), 'PT404 integration_not_found', 'but not another organization''s admin') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.ask(platform_account), 'PT404 integration_not_found', 'an admin none of the platform-wide account') from story;
select is(pg_temp.ask(acme_account), '1 row', 'but of their own') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.ask(platform_account), '1 row', 'the operator of any') from story;

select tests.act_as(org_admin) from story;
select is(pg_temp.ask(acme_account, '''2026-01-02Z'', ''2026-01-01Z'''), 'PT422 period_reversed', 'a range runs forward') from story;
select is(pg_temp.ask(acme_account, '''2026-01-01Z'', ''2026-01-01Z'''), 'PT422 period_reversed', 'and lasts') from story;
select is(pg_temp.ask(acme_account, 'null'), 'PT422 period_reversed', 'and has a beginning') from story;
select is(pg_temp.ask(acme_account, 'now() + interval ''1 minute'''), 'PT422 period_reversed', 'in the past') from story;
select is(
  pg_temp.ask(acme_account, 'now() + interval ''1 minute'', now() + interval ''2 minutes'''), 'PT422 period_reversed', 'whatever its end'
) from story;
select is(pg_temp.ask(acme_account, '''2004-12-31Z'''), 'PT422 period_too_long', 'nothing was before there were accounts') from story;
select is(pg_temp.ask(acme_account, '''-infinity'''), 'PT422 period_too_long', 'at any time') from story;
select is(pg_temp.ask(acme_account, '''2005-01-01Z'''), '1 row', 'since then it may be all') from story;
select is(pg_temp.ask(acme_account, '''2026-01-01Z'', null, ''contacts'''), 'PT422 resource_unknown', 'of what has a history') from story;
select is(pg_temp.ask(acme_account, '''2026-01-01Z'', null, ''recordings'''), 'PT422 resource_unknown', 'of its own') from story;
select is(pg_temp.ask(acme_account, '''2026-01-01Z'', null, ''messages'''), '1 row', 'like messages') from story;
select is(pg_temp.ask(acme_account, '''2026-01-01Z'', null, ''voicemails'''), '1 row', 'or voicemails') from story;

select public.request_backfill(acme_account, '2026-01-01Z', '2026-01-02Z', 'messages') from story;
select public.request_backfill(acme_account, '2026-01-01Z', 'infinity') from story;
select public.request_backfill(acme_account, '2026-01-01Z') from story;
select results_eq(
  $$
    select resource, kind, state, range_from, case when range_to = now() then 'now' else 'then' end, requested_by
    from public.sync_jobs order by 1, 5
  $$,
  $$
    select resource, 'backfill', 'queued', '2026-01-01Z'::timestamptz, until, s.org_admin
    from story s, (values (1, 'calls', 'now'), (2, 'calls', 'now'), (3, 'messages', 'then')) v (n, resource, until) order by n
  $$, 'it is a job, until now at most, that its admin follows'
);
select is(tests.attempt('update public.sync_jobs set state = ''done'''), '42501', 'and nobody changes');

-- In the background: it moves no watermark and makes nothing due.
select tests.act_as_role('postgres');
delete from public.sync_jobs where resource = 'messages' or ctid = (select max(ctid) from public.sync_jobs where resource = 'calls');
update private.sync_cursors set next_run_at = now() + interval '1 hour', watermark = '2026-05-01Z', failures = 2, last_error = 'It rains.';
create temporary table done (said text) on commit drop;
grant insert on done to public;
select tests.act_as_role('sync');
insert into done
select format('%s %s %s', c.kind, c.resource, a.new_items)
from private.claim_sync_job('me', now()) c
cross join lateral private.apply_page(c.job_id, 'me', '{}', now(), '2026-01-05Z', 10, true, now()) a;
select tests.act_as_role('postgres');
select results_eq('select said from done', array['backfill calls 0'], 'a slice is read');
select results_eq(
  'select distinct next_run_at - now(), watermark, failures, last_error from private.sync_cursors',
  $$values (interval '1 hour', '2026-05-01Z'::timestamptz, 2, 'It rains.')$$, 'which moves nothing of what is due by itself'
);
select is((select read_through from public.sync_jobs), '2026-01-05Z'::timestamptz, 'but its own progress');
select private.release_sync_job(id, 'me', now()) from public.sync_jobs;
select results_eq(
  $$
    select r ->> 'kind', (r ->> 'range_from')::timestamptz, r ->> 'attempt'
    from jsonb_array_elements(tests.rows_as('sync',
    'select c.kind, c.range_from, c.attempt from private.claim_sync_job(''two'', now()) c')) r
  $$,
  $$values ('backfill', '2026-01-05Z'::timestamptz, '1')$$, 'given back, it goes on from there'
);

select tests.act_as(org_admin) from story;
select public.disable_integration(acme_account) from story;
select is(pg_temp.ask(acme_account), 'PT409 integration_disabled', 'of a disabled account nothing is asked') from story;
select tests.act_as_role('anon');
select is(pg_temp.ask(acme_account), '42501', 'nor by nobody') from story;
select tests.act_as_role('postgres');
select is(
  has_function_privilege('api_reader', 'public.request_backfill(uuid, timestamptz, timestamptz, text)', 'execute'), false, 'nor with a key'
);

select * from finish();
rollback;
