begin;
select plan(9);

-- Noon, and an account of Acme's whose resources are due.
create temporary table story on commit drop as
select w.acme, w.acme_account as account, w.globex_account as other_account, '2026-06-01 12:00:00Z'::timestamptz as noon
from tests.two_organizations() w;
delete from private.sync_cursors where integration_id <> (select account from story) or resource not in ('phone_numbers', 'calls');
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
create function pg_temp.queue(p_kind text, p_provider_id text default null) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  v_said := tests.attempt(format(
    'select private.queue_sync_job(%L, ''calls'', %L, ''2026-05-01Z'', ''2026-05-02Z'', %L, ''2026-06-01 11:59:00Z'')',
    (select account from story), p_kind, p_provider_id
  ));
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
grant select on story to public;

insert into public.sync_jobs (org_id, integration_id, resource, kind, range_from, range_to, provider_id, run_after, created_at)
select s.acme, s.account, 'calls', job.kind, '2026-05-01Z', '2026-05-02Z', job.provider_id, s.noon, s.noon - interval '1 hour'
from story s, (values ('backfill', null), ('one', 'call-1'), ('requested', null)) job (kind, provider_id);
select is(pg_temp.claim('me'), 'requested calls attempt 1', 'what a person asked for comes first');
select is(pg_temp.claim('me'), 'one calls attempt 1', 'a single call next');
select is(pg_temp.claim('me'), 'scheduled phone_numbers attempt 1', 'then what is due');
select is(pg_temp.claim('me'), 'scheduled calls attempt 1', 'all of it');
select is(pg_temp.claim('me'), 'backfill calls attempt 1', 'and backfills last');

select is(pg_temp.queue('requested'), '1 row', 'a job is put in the queue');
select is(pg_temp.queue('one'), '23514', 'one call has a name');
select is(pg_temp.queue('daily'), '23514', 'a kind is known');
update public.integrations set disabled_at = now() where id = (select account from story);
select is(pg_temp.queue('requested'), 'PT404 integration_not_found', 'nothing is asked of a disabled account');

select * from finish();
rollback;
