begin;
select plan(12);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
delete from private.sync_cursors;
create function pg_temp.tell(p_call text, p_account uuid) returns text
language sql as $$
  select d.status
  from tests.deliver(
    p_account, tests.event('IncomingCall', p_call, now(), '{"From": "+12125550199", "To": "+12125550101"}'), now() - interval '1 second'
  ) d
$$;
create function pg_temp.work(p_limit int) returns int
language plpgsql as $$
declare
  v_job record;
  v_count int;
begin
  perform tests.act_as_role('sync');
  select c.job_id, c.kind into v_job from private.claim_sync_job('me', now()) c;
  v_count := private.replay_next_events(v_job.job_id, 'me', p_limit, now());
  perform private.finish_sync_job(v_job.job_id, 'me', null, null, now());
  perform tests.act_as_role('postgres');
  return v_count;
end
$$;

select pg_temp.tell('before', acme_account) from story;
select tests.act_as(org_admin) from story;
select public.disable_integration(acme_account) from story;
select tests.act_as_role('postgres');
select is(pg_temp.tell('meanwhile', acme_account), 'kept', 'what comes while an account is disabled is kept') from story;
select is(pg_temp.tell('meanwhile too', acme_account), 'kept', 'all of it') from story;
select is(pg_temp.tell('elsewhere', globex_account), 'applied', 'which touches no other account') from story;
update private.webhook_events set status = 'failed', error = 'x' where provider_call_id = 'before';
select set_eq('select provider_call_id from public.calls', array['before', 'elsewhere'], 'and makes no call');
select is_empty('select from public.sync_jobs', 'nothing is to be done for it');

select tests.act_as(org_admin) from story;
select public.enable_integration(acme_account) from story;
select results_eq(
  'select kind, state, replay_status, range_from, range_to, requested_by, org_id from public.sync_jobs',
  $$select 'replay', 'queued', 'kept', null::timestamptz, null::timestamptz, org_admin, acme from story$$,
  'once it is enabled its deliveries are replayed, which its admin follows'
);
select tests.act_as_role('postgres');
select is(pg_temp.tell('now', acme_account), 'applied', 'what comes now is applied at once') from story;
select is(pg_temp.work(100), 2, 'the others by the sync');
select set_eq(
  'select provider_call_id from public.calls', array['before', 'meanwhile', 'meanwhile too', 'now', 'elsewhere'], 'all calls are there'
);
select set_eq(
  $$select provider_call_id::text, status from private.webhook_events where status <> 'applied'$$, $$values ('before', 'failed')$$,
  'what had failed before is not among them'
);

select tests.act_as(org_admin) from story;
select public.enable_integration(acme_account) from story;
select is((select count(*)::int from public.sync_jobs), 1, 'enabling what is enabled asks for nothing');

-- Deliveries that were kept beyond the moment it was enabled, by a door that had not heard yet.
select public.disable_integration(acme_account) from story;
select public.enable_integration(acme_account) from story;
select tests.act_as_role('postgres');
update private.webhook_events set status = 'kept' where provider_call_id = 'now';
select is(pg_temp.work(100), 1, 'asked for again, it is done again');

select * from finish();
rollback;
