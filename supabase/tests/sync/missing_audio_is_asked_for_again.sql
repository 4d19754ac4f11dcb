begin;
select plan(10);

create temporary table story on commit drop as
select
  w.*, tests.recording(tests.call(w.given)) as waiting, tests.recording(tests.call(w.given)) as failed,
  tests.recording(tests.call(w.given)) as fetched, tests.stored(tests.recording(tests.call(w.given))) as stored,
  tests.recording(tests.call(w.theirs)) as their_failed
from tests.two_organizations() w;
update public.recordings r set state = 'failed', reason = 'MightyCall says 404.' from story s where r.id in (s.failed, s.their_failed);
update private.recording_sources o set attempt = 8, next_attempt_at = 'infinity';
update private.recording_sources o set worker = 'me', lease_until = now() + interval '1 minute'
from story s where o.recording_id = s.fetched;
grant select on story to public;
create function pg_temp.state() returns text
language sql as $$
  select string_agg(format('%s %s', r.state, o.attempt), ', ' order by case r.id
    when s.waiting then 1 when s.failed then 2 when s.fetched then 3 when s.stored then 4 else 5
  end)
  from public.recordings r join private.recording_sources o on o.recording_id = r.id, story s
$$;

select tests.act_as(viewer) from story;
select is(
  tests.attempt(format('select * from public.request_sync(%L, ''recordings'')', acme)), 'PT403 role_not_sufficient',
  'a viewer asks for none'
) from story;
select tests.act_as(agent) from story;
select is(
  tests.attempt(format('select * from public.request_sync(%L, ''recordings'')', acme)), 'PT403 role_not_sufficient', 'nor does an agent'
) from story;
select tests.act_as(manager) from story;
select results_eq(
  'select resource, state from story, public.request_sync(acme, ''recordings'') order by 1',
  $$values ('calls', 'queued'), ('calls', 'queued')$$, 'who asks for recordings asks for calls, which tell the links'
);
select tests.act_as_role('postgres');
select is(
  pg_temp.state(), 'waiting 0, waiting 0, waiting 8, stored 8, failed 8', 'and what failed is tried anew, for the organization that asked'
);
select results_eq(
  'select o.next_attempt_at - now() from private.recording_sources o, story s where o.recording_id in (s.waiting, s.failed)',
  $$values (interval '0'), (interval '0')$$, 'at once'
);
select is(
  (select r.reason from public.recordings r, story s where r.id = s.failed), 'MightyCall says 404.', 'it stays known what went wrong last'
);
select is(
  (select o.worker from private.recording_sources o, story s where o.recording_id = s.fetched), 'me', 'who is fetching one goes on'
);

select tests.act_as(manager) from story;
select is(
  (select count(*)::int from story s, public.request_sync(s.acme, 'recordings')), 2, 'asking again is asking once'
);
select is((select count(*)::int from public.sync_jobs), 1, 'a manager follows that of the own account');
select is(
  tests.attempt(format('select * from public.request_sync(%L, ''records'')', acme)), 'PT422 resource_unknown',
  'what there is not is not pulled'
) from story;

select * from finish();
rollback;
