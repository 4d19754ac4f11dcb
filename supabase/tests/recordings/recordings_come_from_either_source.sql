begin;
select plan(18);

create temporary table story on commit drop as
select *, '2026-06-01 12:00Z'::timestamptz as noon from tests.two_organizations();
create function pg_temp.tell(p_type text, p_call text, p_body jsonb default '{}', p_second int default 0) returns text
language sql as $$
  select d.status from story s, tests.deliver(
    s.platform_account, tests.event(
      p_type, p_call, s.noon + make_interval(secs => p_second), '{"From": "+12125550199", "To": "+12125550101"}' || p_body
    ), s.noon + make_interval(hours => 1, secs => p_second)
  ) d
$$;
create function pg_temp.list(p_call text, p_said jsonb, p_second int default 0) returns void
language sql as $$
  select tests.pull(s.platform_account, 'calls', array[tests.listed(p_call, s.noon, p_said)], s.noon + make_interval(hours => 2, secs => p_second))
  from story s
$$;
create function pg_temp.recorded(p_call text) returns text
language sql as $$
  select concat_ws(', ', r.state, coalesce(o.url, 'no link'), 'lasts ' || r.duration_seconds)
  from public.calls c
  join public.recordings r on r.call_id = c.id
  join private.recording_sources o on o.recording_id = r.id
  where c.provider_call_id = p_call
$$;

select pg_temp.tell('IncomingCall', 'a');
select is(pg_temp.recorded('a'), null, 'a call is not recorded as long as nobody says so');
select pg_temp.tell('IncomingCallConnected', 'a', '{"Extension": "101"}', 5);
select pg_temp.tell('IncomingCallCompleted', 'a', '{"RecordingId": "r-1", "CallDuration": "00:00:30"}', 30);
select is(pg_temp.recorded('a'), 'waiting, no link, lasts 25', 'an event that names a recording says so');
select is(
  pg_temp.tell('CallRecordingReady', 'a', '{"RecordingLink": "https://audio.example.com/a"}', 90), 'applied', 'another tells the link'
);
select is(pg_temp.recorded('a'), 'waiting, https://audio.example.com/a, lasts 25', 'which is kept');
select results_eq(
  'select outcome, ended_at - noon, duration_seconds from public.calls, story', $$values ('answered', interval '30 seconds', 30)$$,
  'and makes the call no longer'
);
select pg_temp.list('a', '{"callRecord": {"fileName": "a.mp3", "uri": "https://audio.example.com/listed"}, "duration": 30000}');
select is(pg_temp.recorded('a'), 'waiting, https://audio.example.com/listed, lasts 25', 'what the history says counts first');
select pg_temp.list('a', '{"callRecord": null, "duration": 30000}', 1);
select is(
  pg_temp.recorded('a'), 'waiting, https://audio.example.com/listed, lasts 25', 'and it is not forgotten when it says so no more'
);
select pg_temp.list('a', '{"callRecord": {"fileName": "a.mp3", "uri": "https://audio.example.com/moved"}, "duration": 30000}', 2);
select is(pg_temp.recorded('a'), 'waiting, https://audio.example.com/moved, lasts 25', 'the latest link is the one that counts');

select pg_temp.list('b', '{"callRecord": {"fileName": "b.mp3", "uri": null}}');
select is(pg_temp.recorded('b'), 'waiting, no link, lasts 60', 'the history may know of one without telling where');
select pg_temp.list('c', '{"callRecord": {"fileName": "", "uri": " "}}');
select is(pg_temp.recorded('c'), null, 'or of none');
select pg_temp.list('d', '{"callRecord": "a.mp3"}');
select is(pg_temp.recorded('d'), null, 'what is not understood is none');

-- That there is a recording does not tell that there was a call at that time.
select is(
  pg_temp.tell('RecordingReady', 'e', '{"RecordingLink": "https://audio.example.com/e"}'), 'applied', 'a recording may be told of first'
);
select is_empty($$select from public.calls where provider_call_id = 'e'$$, 'which makes no call');
select pg_temp.list('e', '{}');
select is(pg_temp.recorded('e'), 'waiting, https://audio.example.com/e, lasts 60', 'and is found when the call is heard of');

-- They go where their call goes.
update public.recordings r set state = 'failed', reason = 'x' from public.calls c where c.id = r.call_id and c.provider_call_id = 'b';
update public.lines l set period = tstzrange(null, noon) from story where l.id = given;
select tests.line(s.globex, l.phone_number_id, tstzrange(s.noon, null)) from story s join public.lines l on l.id = s.given;
select private.write_calls(platform_account, array['a', 'b', 'e']) from story;
select results_eq(
  'select distinct r.org_id, l.org_id from public.recordings r join public.lines l on l.id = r.line_id',
  'select globex, globex from story', 'a recording goes with its call to who had the number'
);

-- And are made of the facts alone.
create temporary table before on commit drop as
select to_jsonb(r) - array['created_at', 'updated_at', 'state', 'reason'] || jsonb_build_object('url', o.url) as recording
from public.recordings r join private.recording_sources o on o.recording_id = r.id;
select is((select count(*)::int from before), 3, 'of three calls');
delete from public.calls;
select private.rebuild_calls(platform_account) from story;
select set_eq(
  $$
    select to_jsonb(r) - array['created_at', 'updated_at', 'state', 'reason'] || jsonb_build_object('url', o.url)
    from public.recordings r join private.recording_sources o on o.recording_id = r.id
  $$, 'select recording from before', 'a rebuild makes the same recordings'
);
update private.webhook_events set recording_url = null, has_recording = false;
update private.call_snapshots set recording_url = null, has_recording = false;
delete from public.calls;
select private.rebuild_calls(platform_account) from story;
select set_eq(
  $$
    select to_jsonb(r) - array['created_at', 'updated_at', 'state', 'reason'] || jsonb_build_object('url', o.url)
    from public.recordings r join private.recording_sources o on o.recording_id = r.id
  $$, 'select recording from before', 'reading everything anew'
);

select * from finish();
rollback;
