begin;
select plan(26);

create temporary table story on commit drop as
select
  w.*, tests.call(w.given) as call, tests.stored(tests.recording(tests.call(w.other))) as on_other,
  tests.stored(tests.recording(tests.call(w.other))) as handled, tests.stored(tests.recording(tests.call(w.theirs))) as on_theirs,
  tests.recording(tests.call(w.given)) as waiting
from tests.two_organizations() w;
alter table story add on_given uuid;
update story set on_given = tests.stored(tests.recording(call));
update public.recordings r set member_ids = array[s.agent_member, s.viewer_member] from story s where r.id = s.handled;
grant select on story to public;
create function pg_temp.play(p_recording_id uuid) returns text
language sql as $$select tests.attempt(format('select * from public.play_recording(%L)', p_recording_id))$$;
grant execute on function pg_temp.play(uuid) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.play(on_given), 'PT404 recording_not_found', 'a viewer plays nothing') from story;
select is(pg_temp.play(handled), 'PT404 recording_not_found', 'not even what they took part in') from story;
select tests.act_as(agent) from story;
select is(pg_temp.play(on_given), '1 row', 'an agent plays what was said on a given line') from story;
select is(pg_temp.play(handled), '1 row', 'or in a call they handled') from story;
select is(pg_temp.play(on_other), 'PT404 recording_not_found', 'and nothing else') from story;
select is(pg_temp.play(on_theirs), 'PT404 recording_not_found', 'of whichever organization') from story;
select is(pg_temp.play(gen_random_uuid()), 'PT404 recording_not_found', 'which is answered like what is not there');
select is(pg_temp.play(null), 'PT404 recording_not_found', 'or not said');
select tests.act_as(manager) from story;
select is(pg_temp.play(on_given), '1 row', 'a manager plays what was said on a given line') from story;
select is(pg_temp.play(on_other), 'PT404 recording_not_found', 'and nothing else') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.play(on_other), '1 row', 'an admin all of the organization') from story;
select is(pg_temp.play(on_theirs), 'PT404 recording_not_found', 'and of no other') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.play(on_theirs), '1 row', 'the operator all') from story;
select tests.act_as_role('anon');
select is(pg_temp.play(on_given), '42501', 'and nobody nothing') from story;
select tests.act_as_role('service_role');
select is(pg_temp.play(on_given), '42501', 'nor does the service key, in nobody''s name') from story;

-- What has not arrived.
select tests.act_as(agent) from story;
select is(pg_temp.play(waiting), 'PT409 recording_not_stored', 'what has not arrived does not play') from story;
select throws_like(
  format('select * from public.play_recording(%L)', waiting), '%its audio has not arrived yet%', 'and says so'
) from story;
select tests.act_as_role('postgres');
update public.recordings r set state = 'failed', reason = 'MightyCall says 404.' from story s where r.id = s.waiting;
select tests.act_as(agent) from story;
select throws_like(
  format('select * from public.play_recording(%L)', waiting), '%MightyCall says 404.%', 'in the words of what went wrong'
) from story;

-- Playing leaves what Storage asks for, and an entry in the trail.
select tests.act_as_role('postgres');
create temporary table before on commit drop as select max(e.id) as id from public.audit_entries e;
create temporary table told (bucket_id text, object_name text, content_type text, lasts interval) on commit drop;
grant insert on told to public;
select tests.act_as(agent) from story;
insert into told select p.bucket_id, p.object_name, p.content_type, p.expires_at - now() from story s, public.play_recording(s.on_given) p;
insert into told select p.bucket_id, p.object_name, p.content_type, p.expires_at - now() from story s, public.play_recording(s.on_given) p;
select tests.act_as_role('postgres');
select results_eq(
  'select * from told',
  $$select 'recordings', on_given::text, 'audio/wav', interval '5 minutes' from story, generate_series(1, 2)$$,
  'it is told where the audio lies, what it is, and for how long it may be fetched'
);
select results_eq(
  'select user_id, recording_id, expires_at - now() from private.play_grants',
  $$select agent, on_given, interval '5 minutes' from story$$, 'one grant is kept, by whom it was asked for, however often'
);
select results_eq(
  'select e.org_id, e.actor_kind, e.actor_id, e.action, e.resource, e.row_key, e.details
  from public.audit_entries e where e.id > (select b.id from before b)',
  $$
    select acme, 'user', agent, 'play', 'recordings', jsonb_build_object('id', on_given), jsonb_build_object('call_id', call)
    from story, generate_series(1, 2)
  $$, 'each time is in the trail'
);
select is(
  tests.rows_as('postgres', 'select count(*) as n from public.audit_entries e where e.action = ''play''') -> 0 ->> 'n', '2',
  'what was refused, or not done, is not'
);

-- The grant is renewed, not shortened.
update private.play_grants set expires_at = now() - interval '1 minute';
select tests.act_as(agent) from story;
select is(
  (select count(*)::int from story s, public.play_recording(s.on_given)), 1, 'asked again, it plays again'
);
select tests.act_as_role('postgres');
select results_eq('select expires_at - now() from private.play_grants', $$values (interval '5 minutes')$$, 'for five minutes more');

select tests.act_as(org_admin) from story;
select results_eq(
  $$select e.actor_id, e.row_key ->> 'id' from public.audit_entries e where e.action = 'play'$$,
  'select agent, on_given::text from story, generate_series(1, 3)', 'which the organization''s admin reads'
);
select tests.act_as(agent) from story;
select is_empty('select from public.audit_entries', 'and nobody else');

select * from finish();
rollback;
