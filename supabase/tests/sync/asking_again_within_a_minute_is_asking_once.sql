begin;
select plan(9);

create temporary table story on commit drop as select * from tests.two_organizations();
delete from public.lines where org_id = (select acme from story);
grant select on story to public;
-- What Acme's manager is told: one of the jobs there were before, or a new one.
create function pg_temp.ask(p_resource text default 'calls') returns text
language plpgsql as $$
declare
  v_before uuid[] := array(select id from public.sync_jobs);
  v_told record;
begin
  perform tests.act_as(manager) from story;
  select r.* into v_told from story s, public.request_sync(s.acme, p_resource) r;
  perform tests.act_as_role('postgres');
  return format('%s %s', case when v_told.job_id = any (v_before) then 'the same' else 'another' end, v_told.state);
end
$$;
create function pg_temp.make(p_state text, p_age interval) returns void
language sql as $$
  update public.sync_jobs set
    state = p_state, created_at = now() - p_age, lease_until = case p_state when 'running' then now() end,
    error = case p_state when 'failed' then 'It rains.' end
  where kind = 'requested'
$$;

insert into public.sync_jobs (org_id, integration_id, resource, kind)
select acme, acme_account, 'calls', kind from story, unnest(array['scheduled', 'backfill']) kind;
select is(pg_temp.ask(), 'another queued', 'what is due anyway, or read back, is not what somebody asks for');
select is(pg_temp.ask(), 'the same queued', 'asking again queues nothing');
select pg_temp.make('queued', interval '2 hours');
select is(pg_temp.ask(), 'the same queued', 'as long as it waits');
select pg_temp.make('running', interval '59 seconds');
select is(pg_temp.ask(), 'the same running', 'or for a minute');
select pg_temp.make('done', interval '59 seconds');
select is(pg_temp.ask(), 'the same done', 'even when it is done');
select pg_temp.make('failed', interval '59 seconds');
select is(pg_temp.ask(), 'the same failed', 'or has failed');
select is(pg_temp.ask('phone_numbers'), 'another queued', 'another resource is another question');
delete from public.sync_jobs where resource = 'phone_numbers';
select pg_temp.make('running', interval '60 seconds');
select is(pg_temp.ask(), 'another queued', 'after a minute there is something new to be read');
select is(pg_temp.ask(), 'the same queued', 'once');

select * from finish();
rollback;
