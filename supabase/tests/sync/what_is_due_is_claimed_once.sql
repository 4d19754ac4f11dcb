begin;
select plan(17);

-- Noon, and an account of Acme's whose resources are due.
create temporary table story on commit drop as
select w.acme, w.acme_account as account, w.globex_account as other_account, '2026-06-01 12:00:00Z'::timestamptz as noon
from tests.two_organizations() w;
delete from private.sync_cursors where integration_id <> (select account from story) or resource not in ('phone_numbers', 'calls');
-- How far back a pass looks now and then is another story.
insert into private.sync_lookback_runs (integration_id, resource, depth, next_run_at)
select s.account, b.resource, b.depth, 'infinity' from story s, private.sync_lookbacks b;
update private.sync_cursors set next_run_at = '-infinity';
create function pg_temp.claim(p_worker text, p_minute numeric default 0) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  select concat_ws(' ', j.kind, j.resource, 'attempt ' || j.attempt) into v_said
  from private.claim_sync_job(p_worker, '2026-06-01 12:00:00Z'::timestamptz + make_interval(secs => p_minute::float * 60)) j;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;

select is(pg_temp.claim('one'), 'scheduled phone_numbers attempt 1', 'numbers are due first, so that calls find their lines');
select is(pg_temp.claim('two'), 'scheduled calls attempt 1', 'another worker gets what is due next');
select is(pg_temp.claim('three'), null, 'and a third nothing');
select results_eq(
  'select resource, range_from - noon, range_to - noon from public.sync_jobs, story order by 1',
  $$values ('calls', interval '-30 days', interval '0'), ('phone_numbers', null, null)$$, 'the first pull reaches back 30 days'
);
select results_eq(
  'select resource, next_run_at - noon, watermark from private.sync_cursors, story order by 1',
  $$values ('calls', interval '2 minutes', null::timestamptz), ('phone_numbers', interval '6 hours', null)$$, 'what was taken is due later'
);
select is(pg_temp.claim('three', 2), null, 'one job of a resource runs at a time');

-- A job that went well makes way for the next, which reads an overlap again.
update public.sync_jobs set state = 'done', worker = null, lease_until = null;
update private.sync_cursors c set watermark = noon from story where c.resource = 'calls';
select is(pg_temp.claim('three', 2), 'scheduled calls attempt 1', 'two minutes later calls are due');
select results_eq(
  'select range_from - noon, range_to - noon from public.sync_jobs, story where state = ''running''',
  $$values (interval '-3 hours', interval '2 minutes')$$, 'from three hours before what was read'
);

-- A clock that was ahead moved the watermark too far.
update public.sync_jobs set state = 'done', worker = null, lease_until = null;
update private.sync_cursors c set watermark = noon + interval '5 days' from story where c.resource = 'calls';
select is(pg_temp.claim('three', 4), 'scheduled calls attempt 1', 'a watermark in the future stops nothing');
select results_eq(
  'select range_from - noon from public.sync_jobs, story where state = ''running''', $$values (interval '-176 minutes')$$,
  'and the overlap is read from now'
);

-- Who is not to be read is not.
update public.sync_jobs set state = 'done', worker = null, lease_until = null;
update public.integrations set disabled_at = now() where id = (select account from story);
select is(pg_temp.claim('three', 6), null, 'a disabled account is not due');
update public.integrations set disabled_at = null;
update public.organizations set archived_at = now() where id = (select acme from story);
select is(pg_temp.claim('three', 6), null, 'nor is one of an archived organization');
update public.organizations set archived_at = null;
select is(pg_temp.claim('three', 6), 'scheduled calls attempt 1', 'afterwards it is again');

-- A long outage does not pile jobs up.
update public.sync_jobs set state = 'done', worker = null, lease_until = null;
select is(pg_temp.claim('three', 600), 'scheduled phone_numbers attempt 1', 'ten hours later both are due');
select is(pg_temp.claim('three', 600), 'scheduled calls attempt 1', 'once');
select is(pg_temp.claim('three', 600), null, 'however long nobody came');
select results_eq(
  'select count(*)::int from public.sync_jobs', 'values (7)', 'seven jobs in all'
);

select * from finish();
rollback;
