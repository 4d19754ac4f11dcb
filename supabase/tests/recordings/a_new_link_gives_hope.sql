begin;
select plan(16);

create temporary table story on commit drop as
select w.*, tests.call(w.given) as call from tests.two_organizations() w;
alter table story add recording uuid;
update story set recording = tests.recording(call, null);
create function pg_temp.say(p_url text) returns text
language sql as $$
  select tests.recording(s.call, 'https://audio.example.com/' || p_url) from story s;
  select concat_ws(
    ', ', r.state, r.reason, 'attempt ' || o.attempt, case when o.next_attempt_at = now() then 'now' end, coalesce(substr(o.url, 27), 'no link')
  )
  from story s join public.recordings r on r.id = s.recording join private.recording_sources o on o.recording_id = r.id
$$;
create function pg_temp.became(p_state text, p_attempt int) returns void
language sql as $$
  update public.recordings r set
    state = p_state, reason = case when p_state <> 'stored' then 'It rains.' end, content_type = 'audio/wav', size_bytes = 5,
    sha256 = sha256('audio'), stored_at = now()
  from story s where r.id = s.recording;
  update private.recording_sources o set attempt = p_attempt, next_attempt_at = 'infinity', worker = null, lease_until = null
  from story s where o.recording_id = s.recording;
$$;

select is(pg_temp.say(null), 'waiting, attempt 0, now, no link', 'a recording may be known before its link');
select pg_temp.became('waiting', 3);
select is(pg_temp.say(null), 'waiting, It rains., attempt 3, no link', 'hearing of it again changes nothing');
select is(pg_temp.say('1?sig=a'), 'waiting, It rains., attempt 0, now, 1?sig=a', 'a link begins anew');
select pg_temp.became('waiting', 3);
select is(pg_temp.say('1?sig=a'), 'waiting, It rains., attempt 3, 1?sig=a', 'the same once more does not');
select is(pg_temp.say('1?sig=b'), 'waiting, It rains., attempt 3, 1?sig=b', 'one that is signed anew is kept, and does not either');
select is(pg_temp.say(null), 'waiting, It rains., attempt 3, 1?sig=b', 'a fact without a link takes none away');
select is(pg_temp.say('2?sig=b'), 'waiting, It rains., attempt 0, now, 2?sig=b', 'one to something else does');

select pg_temp.became('failed', 8);
select is(pg_temp.say('2?sig=c'), 'failed, It rains., attempt 8, 2?sig=c', 'what failed stays so when it is only signed anew');
select is(pg_temp.say('3'), 'waiting, attempt 0, now, 3', 'and is tried again at another place');
select pg_temp.became('stored', 1);
select alike(pg_temp.say('4'), 'stored, attempt%, 4', 'what is stored stays stored');
select pg_temp.became('deleted', 1);
select alike(pg_temp.say('5'), 'deleted, It rains., attempt%, 5', 'what was deleted stays deleted');

-- While somebody fetches.
select pg_temp.became('waiting', 2);
update private.recording_sources o set worker = 'me', lease_until = now() + interval '1 minute'
from story s where o.recording_id = s.recording;
select is(pg_temp.say('6'), 'waiting, It rains., attempt 2, 6', 'a link that is found while it is fetched is for who fetches');

-- What the call is told of goes on to its recording.
update public.calls c set external_number = '+12125550177', started_at = now() - interval '1 day', talk_seconds = 17, duration_seconds = 40
from story s where c.id = s.call;
select pg_temp.say('6');
select results_eq(
  'select r.external_number collate "default", r.started_at - now(), r.duration_seconds, r.line_id, r.org_id, r.kind, r.direction
  from public.recordings r, story s where r.id = s.recording',
  $$select '+12125550177'::text, interval '-1 day', 17, given, acme, 'call', 'inbound' from story$$, 'it is described as its call is'
);
update public.calls c set talk_seconds = null from story s where c.id = s.call;
select pg_temp.say('6');
select is((select r.duration_seconds from public.recordings r, story s where r.id = s.recording), 40, 'with what is known of its length');
select is((select count(*)::int from public.recordings), 1, 'it is one');
delete from public.calls c using story s where c.id = s.call;
select is_empty('select from private.recording_sources', 'and goes with its call');

select * from finish();
rollback;
