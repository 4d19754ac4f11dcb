begin;
select plan(15);

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
delete from private.sync_cursors where resource <> 'calls';
grant select on story to public;
create function pg_temp.page(p_hours numeric, p_total int default null) returns void
language plpgsql as $$
declare
  v_job_id uuid := (select j.id from public.sync_jobs j where j.worker = 'me' and j.state = 'running');
  v_noon timestamptz := '2026-06-01 12:00Z';
begin
  perform tests.act_as_role('sync');
  perform private.apply_page(
    v_job_id, 'me', array[tests.listed('a', v_noon), '{}'], v_noon, v_noon + make_interval(secs => p_hours::float * 3600), p_total, true,
    v_noon
  );
  perform tests.act_as_role('postgres');
end
$$;
create function pg_temp.finish(p_error text, p_retry_at timestamptz, p_minute int) returns void
language plpgsql as $$
declare
  v_job_id uuid := (select j.id from public.sync_jobs j where j.worker = 'me' and j.state = 'running');
begin
  perform tests.act_as_role('sync');
  perform private.finish_sync_job(v_job_id, 'me', p_error, p_retry_at, '2026-06-01 12:00Z'::timestamptz + make_interval(mins => p_minute));
  perform tests.act_as_role('postgres');
end
$$;
create function pg_temp.watermark() returns interval language sql as $$select c.watermark - s.noon from private.sync_cursors c, story s$$;

select pg_temp.claim('me');
select pg_temp.page(null);
select is(pg_temp.watermark(), null, 'a page in the middle of a slice moves no watermark');
select pg_temp.page(-24, 40);
select is(pg_temp.watermark(), interval '-24 hours', 'a slice that is complete does');
select pg_temp.page(-48);
select is(pg_temp.watermark(), interval '-24 hours', 'it never moves backwards');
select pg_temp.page(null);
select is(pg_temp.watermark(), interval '-24 hours', 'nor away');
select pg_temp.page(9);
select is(pg_temp.watermark(), interval '0', 'nor beyond what was asked for, whatever the worker''s clock says');
select results_eq(
  'select items_total, items_new, items_changed, items_unchanged, items_rejected, read_through - noon from public.sync_jobs, story',
  $$values (40, 1, 0, 4, 5, interval '0')$$, 'the job tells its progress'
);

select pg_temp.finish('The provider answers 503.', noon + interval '10 minutes', 1) from story;
select results_eq(
  'select state, error, finished_at - noon, worker from public.sync_jobs, story',
  $$values ('failed', 'The provider answers 503.', interval '1 minute', null::text)$$, 'a job fails in words'
);
select results_eq(
  'select failures, last_error, last_success_at, next_run_at - noon from private.sync_cursors, story',
  $$values (1, 'The provider answers 503.', null::timestamptz, interval '10 minutes')$$, 'and is not due before it is to be tried again'
);
select results_eq(
  'select last_error, last_error_at - noon, last_success_at from public.integrations join story on account = id',
  $$values ('The provider answers 503.', interval '1 minute', null::timestamptz)$$, 'the account shows it'
);
select is(pg_temp.claim('me', 9.9), null, 'until then it rests');
select is(pg_temp.claim('me', 10), 'scheduled calls attempt 1', 'then it is due');
select pg_temp.finish(null, null, 11);
select results_eq(
  'select failures, last_error, last_success_at - noon from private.sync_cursors, story', $$values (0, null::text, interval '11 minutes')$$,
  'a success clears the failures'
);
select results_eq(
  'select last_error, last_error_at, last_success_at - noon from public.integrations join story on account = id',
  $$values (null::text, null::timestamptz, interval '11 minutes')$$, 'and the account'
);

-- What a person asked for moves nothing of it.
insert into public.sync_jobs (org_id, integration_id, resource, kind, range_from, range_to, run_after)
select s.acme, s.account, 'calls', 'requested', s.noon as starts_at, s.noon + make_interval(days => 3) as ends_at, s.noon as due_at
from story s;
select pg_temp.claim('me', 11);
select pg_temp.page(72);
select is(pg_temp.watermark(), interval '0', 'only scheduled work moves the watermark');
select pg_temp.finish(repeat('x', 5000), noon + interval '1 day', 12) from story;
select results_eq(
  'select c.failures, c.next_run_at - s.noon, length(j.error)
  from private.sync_cursors c, story s, public.sync_jobs j where j.kind = ''requested''',
  $$values (0, interval '12 minutes', 2000)$$, 'or what is due; an endless error is cut'
);

select * from finish();
rollback;
