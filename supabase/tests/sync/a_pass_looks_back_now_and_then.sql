begin;
select plan(19);

-- Noon, and an account that has been read until then.
create temporary table story on commit drop as
select w.*, w.acme_account as account, '2026-06-01 12:00Z'::timestamptz as noon from tests.two_organizations() w;
delete from private.sync_cursors c using story s where c.integration_id <> s.account or c.resource <> 'calls';
update private.sync_cursors set watermark = noon, next_run_at = '-infinity' from story;
create function pg_temp.at(p_hour numeric) returns timestamptz
language sql as $$select '2026-06-01 12:00Z'::timestamptz + make_interval(secs => p_hour::double precision * 3600)$$;
-- How far before the watermark the pass reads that is due then.
create function pg_temp.pass(p_hour numeric, p_error text default null) returns text
language plpgsql as $$
declare
  v_job record;
  v_reads text;
begin
  update private.sync_cursors set next_run_at = '-infinity';
  perform tests.act_as_role('sync');
  select * into v_job from private.claim_sync_job('me', pg_temp.at(p_hour));
  perform private.finish_sync_job(v_job.job_id, 'me', p_error, null, pg_temp.at(p_hour));
  perform tests.act_as_role('postgres');
  select (c.watermark - v_job.range_from)::text into v_reads from private.sync_cursors c;
  update private.sync_cursors set watermark = pg_temp.at(p_hour) where p_error is null;
  return v_reads;
end
$$;
grant execute on function pg_temp.at(numeric) to public;
create function pg_temp.runs() returns text
language sql as $$
  select string_agg(extract(day from k.depth) || ' in ' || extract(epoch from k.next_run_at - s.noon)::int / 3600, ', ' order by k.depth)
  from private.sync_lookback_runs k, story s
$$;

select is(pg_temp.pass(0, 'The provider answers 503.'), '30 days', 'the first time it looks as far back as it ever does');
select is(pg_temp.runs(), null, 'what went wrong was no look');
select is(pg_temp.pass(0.1), '30 days', 'so it is done again');
select is(pg_temp.runs(), '1 in 1, 7 in 24, 30 in 168', 'which was all looks at once, each to come again in its time');
select is(pg_temp.pass(0.2), '03:00:00', 'then a pass reads what overlaps');
select is(pg_temp.pass(1), '03:00:00', 'until an hour has gone');
select is(pg_temp.pass(1.2), '1 day', 'a day every hour');
select is(pg_temp.runs(), '1 in 2, 7 in 24, 30 in 168', 'which is none of the longer ones');
select is(pg_temp.pass(1.3), '03:00:00', 'once');
select is(pg_temp.pass(24.2), '7 days', 'a week every day, which is a day too');
select is(pg_temp.runs(), '1 in 25, 7 in 48, 30 in 168', 'both are noted');
select is(pg_temp.pass(200), '30 days', 'a month every week');

-- Only what is due by itself looks back, and notes it.
update private.sync_lookback_runs set next_run_at = '-infinity';
insert into public.sync_jobs (org_id, integration_id, resource, kind, run_after)
select s.acme, s.account, 'calls', 'requested', pg_temp.at(201) as due_at from story s;
update private.sync_cursors set next_run_at = 'infinity';
select tests.act_as_role('sync');
select private.claim_sync_job('me', pg_temp.at(201));
select tests.act_as_role('postgres');
select results_eq(
  $$
    select c.watermark - j.range_from, j.range_to - s.noon
    from public.sync_jobs j, private.sync_cursors c, story s where j.state = 'running'
  $$,
  $$values (interval '3 hours', interval '201 hours')$$, 'what a person asks for reads what a pass would, for they wait'
);
select private.finish_sync_job(j.id, 'me', null, null, pg_temp.at(201)) from public.sync_jobs j where j.state = 'running';
select is((select bool_and(k.next_run_at = '-infinity') from private.sync_lookback_runs k), true, 'and is no look');

-- One that was asked for before anything was read.
update private.sync_cursors set watermark = null;
insert into public.sync_jobs (org_id, integration_id, resource, kind, run_after)
select s.acme, s.account, resource, 'requested', pg_temp.at(202) as due_at from story s, unnest(array['calls', 'contacts']) resource;
select tests.act_as_role('sync');
select private.claim_sync_job('me', pg_temp.at(202)), private.claim_sync_job('me', pg_temp.at(202));
select tests.act_as_role('postgres');
select results_eq(
  $$
    select j.resource, s.noon - j.range_from, j.range_to - s.noon from public.sync_jobs j, story s
    where j.state = 'running' order by j.resource
  $$,
  $$values ('calls', interval '720 hours' - interval '202 hours', interval '202 hours'), ('contacts', null, null)$$,
  'a first pull that is asked for reads the history, what has none is read whole'
);
insert into public.sync_jobs (org_id, integration_id, resource, kind, run_after, range_from, range_to)
select s.acme, s.account, 'calls', 'requested', pg_temp.at(202.02) as due_at, '2026-01-01Z'::timestamptz as starts_at,
'2026-01-02Z'::timestamptz as ends_at
from story s;
select tests.act_as_role('sync');
select private.claim_sync_job('me', pg_temp.at(202.02));
select tests.act_as_role('postgres');
select is(
  (
    select count(*)::int from public.sync_jobs j
    where j.range_from = '2026-01-01Z' and j.range_to = '2026-01-02Z' and j.state = 'running'
  ), 1,
  'a range that was asked for is read as it was'
);

-- Of each resource its own, and of each account.
select set_eq(
  $$select b.resource from private.sync_lookbacks b group by 1$$, array['calls', 'messages', 'voicemails'],
  'what has a history is looked back for'
);
insert into private.sync_cursors (integration_id, resource, watermark, next_run_at)
select s.globex_account, 'calls', s.noon, '-infinity' from story s;
select tests.act_as_role('sync');
select private.claim_sync_job('other', pg_temp.at(203));
select tests.act_as_role('postgres');
select is(
  (select s.noon - j.range_from from public.sync_jobs j join story s on s.globex_account = j.integration_id), interval '30 days',
  'another account''s are its own'
);
select is((select count(*)::int from private.sync_lookback_runs), 3, 'one note for each');

select * from finish();
rollback;
