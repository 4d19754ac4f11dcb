begin;
select plan(33);

create temporary table story on commit drop as
select
  w.*, '2026-06-01 12:00Z'::timestamptz as noon,
  tests.stored(tests.recording(tests.call(w.given, '2026-05-31 12:00Z'))) as recording,
  tests.recording(tests.call(w.given, '2026-05-31 12:00Z')) as waiting,
  tests.stored(tests.recording(tests.call(w.theirs, '2026-05-31 12:00Z'))) as theirs_recorded
from tests.two_organizations() w;
update private.recording_sources set next_attempt_at = noon - interval '1 minute' from story;
grant select on story to public;
create function pg_temp.delete(p_recording_id uuid) returns text
language sql as $$select tests.attempt(format('select public.delete_recording(%L)', p_recording_id))$$;
grant execute on function pg_temp.delete(uuid) to public;
create function pg_temp.as_sync(p_sql text, p_minute numeric default 0) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  execute p_sql into v_said using '2026-06-01 12:00Z'::timestamptz + make_interval(secs => p_minute::double precision * 60);
  perform tests.act_as_role('postgres');
  return (
    select case v_said when s.recording::text then 'recording' when s.waiting::text then 'waiting' else v_said end from story s
  );
end
$$;
create function pg_temp.claim(p_worker text, p_minute numeric default 0) returns text
language sql as $$
  select pg_temp.as_sync(format('select c.recording_id from private.claim_recording_removal(%L, $1) c', p_worker), p_minute)
$$;
create function pg_temp.fetch(p_worker text, p_minute numeric default 0) returns text
language sql as $$
  select pg_temp.as_sync(format('select c.recording_id from private.claim_recording(%L, $1) c', p_worker), p_minute)
$$;
create function pg_temp.removed(p_worker text, p_error text, p_minute numeric) returns text
language sql as $$
  select pg_temp.as_sync(
    format('select private.finish_recording_removal(%L, %L, %L, $1)', s.recording, p_worker, p_error), p_minute
  ) from story s
$$;

select tests.act_as(viewer) from story;
select is(pg_temp.delete(recording), 'PT404 recording_not_found', 'a viewer deletes nothing') from story;
select tests.act_as(agent) from story;
select is(pg_temp.delete(recording), 'PT404 recording_not_found', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.delete(recording), 'PT404 recording_not_found', 'nor a manager') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.delete(recording), 'PT404 recording_not_found', 'nor another organization''s admin') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.delete(recording), '1 row', 'the operator may') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.delete(gen_random_uuid()), 'PT404 recording_not_found', 'what is not there is not deleted');
select is(pg_temp.delete(theirs_recorded), 'PT404 recording_not_found', 'nor what is another''s') from story;
select is(tests.attempt('delete from public.recordings'), '42501', 'it is not forgotten that there was one');

-- Held.
select tests.act_as(manager) from story;
select is(tests.attempt('update public.recordings set is_held = true'), '0 rows', 'only admins hold a recording');
select tests.act_as(org_admin) from story;
select is(
  tests.attempt(format('update public.recordings set is_held = true where id = %L', theirs_recorded)), '0 rows', 'of their organization'
) from story;
update public.recordings r set is_held = true from story s where r.id = s.recording;
select is(pg_temp.delete(recording), 'PT409 recording_held', 'what is held nobody deletes') from story;
update public.recordings r set is_held = false from story s where r.id = s.recording;
select public.play_recording(recording) from story;
select is(pg_temp.delete(recording), '1 row', 'let go it may be') from story;

-- Deleted.
select public.delete_recording(recording) from story;
select results_eq(
  'select r.state, r.reason, r.deleted_at = now(), r.sha256 = sha256(''audio'') from public.recordings r, story s where r.id = s.recording',
  $$values ('deleted', 'deleted by a person', true, true)$$, 'it stays known that there was one, and what it was'
);
select is(
  tests.attempt(format('select public.play_recording(%L)', recording)), 'PT409 recording_not_stored', 'it plays no more'
) from story;
select lives_ok(format('select public.delete_recording(%L)', recording), 'deleting it again is no mistake') from story;
select results_eq(
  $$
    select e.actor_id, e.action || ' ' || e.resource, e.details -> 'after' ->> 'is_held', e.details -> 'after' ->> 'state'
    from public.audit_entries e, story s
    where e.row_key ->> 'id' = s.recording::text and e.action = 'update'
    order by e.id
  $$,
  $$
    select s.org_admin, 'update recordings', v.is_held, v.state
    from story s, (values ('true', null::text), ('false', null), (null, 'deleted')) v (is_held, state)
  $$, 'holding, letting go and deleting are in the trail, each once'
);
select tests.act_as_role('postgres');
select is_empty('select from private.play_grants', 'nobody has a grant for it any more');

-- Storage removes the object.
select is(pg_temp.claim('one', -2), null, 'its turn comes');
select is(pg_temp.claim('one'), 'recording', 'a worker removes the object');
select is(pg_temp.claim('two', 1.9), null, 'alone, for two minutes');
select is(pg_temp.claim('two', 2), 'recording', 'then another');
select pg_temp.removed('one', null, 3);
select is(
  (select o.has_object from private.recording_sources o, story s where o.recording_id = s.recording), true, 'who lost it says nothing'
);
select pg_temp.removed('two', 'Storage answers 503.', 3);
select is(pg_temp.claim('two', 17.9), null, 'what went wrong is tried again');
select is(pg_temp.claim('two', 18), 'recording', 'in a quarter of an hour');
select pg_temp.removed('two', null, 18);
select is(pg_temp.claim('two', 100000), null, 'once it is gone nothing is left to do');
select is(
  (select (o.has_object, o.worker)::text from private.recording_sources o, story s where o.recording_id = s.recording), '(f,)',
  'and that is known'
);
select is(pg_temp.fetch('one', 5), 'waiting', 'a deleted one is not fetched again');

-- Deleted while it is being fetched.
select tests.act_as(org_admin) from story;
select public.delete_recording(waiting) from story;
select tests.act_as_role('postgres');
select is(pg_temp.claim('two', 6), null, 'while somebody fetches it nobody removes it');
select is(
  pg_temp.as_sync(
    format('select private.finish_recording(%L, ''one'', ''stored'', null, ''audio/wav'', 5, sha256(''audio''), $1)', waiting), 7
  ), 'true', 'what was fetched meanwhile'
) from story;
select results_eq(
  'select r.state, r.sha256 from public.recordings r, story s where r.id = s.waiting', $$values ('deleted', null::bytea)$$, 'stays deleted'
);
select is(pg_temp.claim('two', 7), 'waiting', 'and its object is removed');

-- What was never begun has none.
select tests.act_as_role('postgres');
update private.recording_sources o set has_object = false, worker = null, lease_until = null from story s where o.recording_id = s.waiting;
select is(pg_temp.claim('two', 100000), null, 'where nothing was fetched nothing is removed');
select is(pg_temp.fetch('two', 100000), null, 'nor fetched');

select * from finish();
rollback;
