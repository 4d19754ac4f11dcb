begin;
select plan(35);

create temporary table story on commit drop as select *, '2026-06-01 12:00Z'::timestamptz as noon from tests.two_organizations();
grant select on story to public;
-- Six deliveries, an hour apart, as an earlier version left them: each second one failed.
create function pg_temp.tell(p_account uuid, p_hour int, p_call text) returns bigint
language sql as $$
  select d.event_id
  from story s, tests.deliver(
    p_account, tests.event('IncomingCall', p_call, s.noon, '{"From": "+12125550199", "To": "+12125550101"}'),
    s.noon + make_interval(hours => p_hour)
  ) d
$$;
select pg_temp.tell(acme_account, hour, 'call ' || hour) from story, generate_series(0, 5) hour;
select pg_temp.tell(globex_account, 0, 'theirs') from story;
delete from public.calls;
update private.webhook_events set status = 'failed', error = 'division by zero'
where provider_call_id in ('call 1', 'call 3', 'call 5', 'theirs');
delete from private.sync_cursors;

create function pg_temp.ask(p_from text, p_to text, p_status text, p_account uuid) returns text
language sql as $$
  select tests.attempt(format('select public.replay_webhook_events(%L, %L, %L, %L)', p_account, p_from, p_to, p_status))
$$;
grant execute on function pg_temp.ask(text, text, text, uuid) to public;

-- Who may.
select tests.act_as(viewer) from story;
select is(pg_temp.ask(null, null, null, acme_account), 'PT404 integration_not_found', 'a viewer replays nothing') from story;
select tests.act_as(agent) from story;
select is(pg_temp.ask(null, null, null, acme_account), 'PT404 integration_not_found', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.ask(null, null, null, acme_account), 'PT404 integration_not_found', 'nor a manager') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.ask(null, null, null, acme_account), 'PT404 integration_not_found', 'nor another organization''s admin') from story;
select tests.act_as(org_admin) from story;
select is(
  pg_temp.ask(null, null, null, platform_account), 'PT404 integration_not_found', 'nor an admin those of the platform-wide account'
) from story;
select is(pg_temp.ask(null, null, null, gen_random_uuid()), 'PT404 integration_not_found', 'or of one that is not there');
select is(pg_temp.ask(null, null, 'failed', acme_account), '1 row', 'an admin may those of their own') from story;
select is(pg_temp.ask(null, null, 'lost', acme_account), 'PT422 status_unknown', 'a status is one that there is') from story;
select is(
  pg_temp.ask('2026-06-02Z', '2026-06-01Z', null, acme_account), 'PT422 period_reversed', 'a period runs forward'
) from story;
select is(pg_temp.ask('2026-06-01Z', '2026-06-01Z', null, acme_account), 'PT422 period_reversed', 'and lasts') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.ask(null, null, null, platform_account), '1 row', 'the operator may all') from story;
select tests.act_as(org_admin) from story;
select public.disable_integration(acme_account) from story;
select is(pg_temp.ask(null, null, null, acme_account), 'PT409 integration_disabled', 'of a disabled account nothing is applied') from story;
select tests.act_as_role('postgres');
update public.integrations set disabled_at = null;

-- Some of each.
create function pg_temp.job(p_from text, p_to text, p_status text) returns void
language plpgsql as $$
begin
  perform tests.act_as((select s.org_admin from story s));
  perform public.replay_webhook_events((select s.acme_account from story s), p_from::timestamptz, p_to::timestamptz, p_status);
  perform tests.act_as_role('postgres');
end
$$;
create function pg_temp.claim(p_worker text) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  select c.kind into v_said from private.claim_sync_job(p_worker, now()) c;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.next(p_limit int, p_worker text default 'me') returns text
language plpgsql as $$
declare
  v_said text;
  v_job_id uuid := (select j.id from public.sync_jobs j where j.state = 'running');
begin
  perform tests.act_as_role('sync');
  begin
    select n::text into v_said from private.replay_next_events(v_job_id, p_worker, p_limit, now()) n;
  exception when sqlstate 'PT409' then
    get stacked diagnostics v_said = pg_exception_detail;
  end;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.finish() returns text
language plpgsql as $$
declare
  v_job_id uuid := (select j.id from public.sync_jobs j where j.state = 'running');
  v_said text;
begin
  perform tests.act_as_role('sync');
  perform private.finish_sync_job(v_job_id, 'me', null, null, now());
  perform tests.act_as_role('postgres');
  select concat_ws(', ', j.state, j.items_changed || ' applied', j.items_rejected || ' not', (
    select string_agg(right(c.provider_call_id, 1), ' ' order by c.provider_call_id) from public.calls c
  )) into v_said
  from public.sync_jobs j where j.id = v_job_id;
  delete from public.calls;
  delete from public.sync_jobs;
  return v_said;
end
$$;

select pg_temp.job(null, null, 'failed');
select results_eq(
  'select resource, kind, state, range_from, range_to = now(), replay_status, requested_by, org_id from public.sync_jobs',
  $$select 'calls', 'replay', 'queued', null::timestamptz, true, 'failed', org_admin, acme from story$$, 'a replay is a job'
);
select is(pg_temp.claim('me'), 'replay', 'which a worker takes');
select is(pg_temp.next(2), '2', 'some at a time');
select results_eq(
  $$select items_changed, items_rejected, state, lease_until - now() from public.sync_jobs$$,
  $$values (2, 0, 'running', interval '2 minutes')$$, 'it tells how far it is'
);
select set_eq('select provider_call_id from public.calls', array['call 1', 'call 3'], 'the oldest first');
select is(pg_temp.next(2, 'another'), 'lease_lost', 'who has not got the job replays nothing');
select is(pg_temp.next(2), '1', 'then the rest');
select is(pg_temp.next(2), '0', 'until there is none');
select is(pg_temp.finish(), 'done, 3 applied, 0 not, 1 3 5', 'the failed ones, of this account');
select is(
  (select count(*)::int from private.webhook_events e where e.status = 'failed'), 1, 'another account''s stay failed'
);

select pg_temp.job(null, null, null), pg_temp.claim('me'), pg_temp.next(100), pg_temp.next(100);
select is(pg_temp.finish(), 'done, 6 applied, 0 not, 0 1 2 3 4 5', 'all of them, if no status is said');
select pg_temp.job('2026-06-01 13:00Z', '2026-06-01 15:00Z', null), pg_temp.claim('me'), pg_temp.next(100);
select is(pg_temp.finish(), 'done, 2 applied, 0 not, 1 2', 'those that arrived from the beginning of the period until before its end');
select pg_temp.job('2026-06-01 15:00Z', null, null), pg_temp.claim('me'), pg_temp.next(100);
select is(pg_temp.finish(), 'done, 3 applied, 0 not, 3 4 5', 'or from then on');
select pg_temp.job(null, '2026-06-01 13:00Z', null), pg_temp.claim('me'), pg_temp.next(100);
select is(pg_temp.finish(), 'done, 1 applied, 0 not, 0', 'or until then');
select pg_temp.job('2026-06-03 15:00Z', null, null), pg_temp.claim('me');
select is(pg_temp.next(100), '0', 'perhaps there are none');
select is(pg_temp.finish(), 'done, 0 applied, 0 not', 'which is no failure');

-- One that still fails does not go round in circles.
update private.webhook_events set status = 'failed', error = 'x', payload = payload #- '{Body,Id}' where provider_call_id = 'call 1';
update private.webhook_events set status = 'failed', error = 'x' where provider_call_id = 'call 3';
select pg_temp.job(null, null, 'failed'), pg_temp.claim('me');
select is(pg_temp.next(1) || pg_temp.next(1) || pg_temp.next(1), '110', 'one that fails again is not met again');
select is(pg_temp.finish(), 'done, 1 applied, 1 not, 3', 'and is counted as such');

-- A worker that is gone: the next goes on.
select pg_temp.job(null, null, 'applied'), pg_temp.claim('me'), pg_temp.next(2);
update public.sync_jobs set lease_until = now() - interval '1 second';
delete from public.calls;
select is(pg_temp.claim('me'), 'replay', 'another worker takes a replay up');
select pg_temp.next(100);
select is(pg_temp.finish(), 'done, 5 applied, 0 not, 3 4 5', 'where it stopped');

-- What arrives while it goes on is not of its period.
select pg_temp.job(null, null, null), pg_temp.claim('me');
select tests.deliver(
  acme_account, tests.event('IncomingCall', 'call 9', now(), '{"To": "+12125550101"}'), now() + interval '1 second'
) from story;
delete from public.calls;
select is(pg_temp.next(100), '6', 'what arrived after it was asked for is not replayed');
select alike(pg_temp.finish(), 'done, 5 applied, 1 not, 0%', 'it has been applied');

select tests.act_as_role('sync');
select private.queue_replay_job(acme_account, null, null, 'failed', now()) from story;
select tests.act_as_role('postgres');
select results_eq(
  'select kind, requested_by from public.sync_jobs', $$values ('replay', null::uuid)$$, 'operators ask for one as the sync does'
);

select * from finish();
rollback;
