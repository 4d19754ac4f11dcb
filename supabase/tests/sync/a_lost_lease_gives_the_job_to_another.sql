begin;
select plan(17);

-- Noon, and an account of Acme's whose resources are due.
create temporary table story on commit drop as
select w.acme, w.acme_account as account, w.globex_account as other_account, '2026-06-01 12:00:00Z'::timestamptz as noon
from tests.two_organizations() w;
delete from private.sync_cursors where integration_id <> (select account from story);
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
create function pg_temp.as_sync(p_sql text) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  begin
    execute p_sql into v_said;
  exception when others then
    get stacked diagnostics v_said = pg_exception_detail;
  end;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
delete from private.sync_cursors where resource <> 'calls';
create function pg_temp.job() returns uuid language sql as $$select id from public.sync_jobs order by created_at desc limit 1$$;
create function pg_temp.extend(p_worker text, p_minute numeric) returns text
language sql as $$
  select pg_temp.as_sync(format(
    'select private.extend_lease(%L, %L, %L)', pg_temp.job(), p_worker,
    '2026-06-01 12:00:00Z'::timestamptz + make_interval(secs => p_minute::float * 60)
  ))
$$;
create function pg_temp.release(p_worker text) returns text
language sql as $$
  select pg_temp.as_sync(format('select private.release_sync_job(%L, %L, %L)', j.id, p_worker, s.noon))
  from public.sync_jobs j, story s
  where j.state = 'running'
$$;
create function pg_temp.apply(p_worker text) returns text
language sql as $$
  select pg_temp.as_sync(format(
    'select p.rejected_items from private.apply_page(%L, %L, ''{}'', now(), null, null, true,
    ''2026-06-01 12:03:00Z'') p', pg_temp.job(), p_worker
  ))
$$;

select is(pg_temp.claim('one'), 'scheduled calls attempt 1', 'a worker takes a job');
select is(pg_temp.claim('two', 2), null, 'it is theirs for two minutes');
select is(pg_temp.extend('one', 1.5), 'true', 'and for two more when they say so');
select is(pg_temp.claim('two', 3.5), null, 'from then');
select is(pg_temp.extend('two', 3), 'false', 'nobody else says so for them');

select is(pg_temp.claim('two', 3.6), 'scheduled calls attempt 2', 'a worker that is silent loses the job to another');
select is(pg_temp.extend('one', 3.7), 'false', 'learns so');
select is(pg_temp.apply('one'), 'lease_lost', 'and applies nothing any more');
select pg_temp.as_sync(format('select private.finish_sync_job(%L, ''one'', null, null, now())', pg_temp.job()));
select results_eq('select state, worker from public.sync_jobs', $$values ('running', 'two')$$, 'nor ends it');
select is(pg_temp.apply('two'), '0', 'the other does');

update public.sync_jobs set read_through = '2026-05-31 00:00Z';
select is(pg_temp.claim('three', 6), 'scheduled calls attempt 3', 'a third worker is the last to try');
select is(
  (select (j.range_from, j.read_through)::text from public.sync_jobs j),
  ('2026-05-02 12:00Z'::timestamptz, '2026-05-31 00:00Z'::timestamptz)::text,
  'from where the job stopped'
);
select is(pg_temp.claim('four', 9), 'scheduled calls attempt 1', 'after three the job has failed, and what is due is a new one');
select results_eq(
  'select state, error, finished_at - noon from public.sync_jobs, story where attempt = 3',
  $$values ('failed', 'The worker stopped three times in the middle of this job.', interval '9 minutes')$$, 'with the reason'
);

-- A worker that is asked to stop gives its job back.
select pg_temp.release('nobody');
select is((select count(*)::int from public.sync_jobs where worker = 'four'), 1, 'a job is given back by its worker alone');
select pg_temp.release('four');
select is(pg_temp.claim('five', 9), 'scheduled calls attempt 1', 'given back, it goes on with another, and the attempt did not count');
select is(pg_temp.claim('six', 9), null, 'once');

select * from finish();
rollback;
