begin;
select plan(38);

create temporary table story on commit drop as
select w.*, '2026-06-01 12:00Z'::timestamptz as noon from tests.two_organizations() w;
alter table story add recording uuid, add linkless uuid, add their_recording uuid;
update story set
  recording = tests.recording(tests.call(given, noon - interval '1 hour')),
  linkless = tests.recording(tests.call(other, noon - interval '1 hour'), null),
  their_recording = tests.recording(tests.call(theirs, noon - interval '1 hour'), 'https://audio.example.com/theirs');
update private.recording_sources set next_attempt_at = noon - interval '1 minute' from story;
-- One at a time, unless a story says otherwise.
update private.recording_sources o set next_attempt_at = 'infinity' from story s where o.recording_id in (s.linkless, s.their_recording);
grant select on story to public;
create function pg_temp.at(p_minute numeric) returns timestamptz
language sql as $$select '2026-06-01 12:00Z'::timestamptz + make_interval(secs => p_minute::double precision * 60)$$;
create function pg_temp.claim(p_worker text, p_minute numeric) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  select concat_ws(
    ' ', c.kind, c.organization, c.account_type, coalesce(c.url, 'no link'), 'attempt ' || c.attempt,
    case c.recording_id when s.recording then '' when s.linkless then 'linkless' when s.their_recording then 'theirs' else 'another' end
  )
  into v_said
  from story s, private.claim_recording(p_worker, pg_temp.at(p_minute)) c;
  perform tests.act_as_role('postgres');
  return replace(v_said, 'https://audio.example.com/', '');
end
$$;
create function pg_temp.finish(p_worker text, p_outcome text, p_reason text, p_minute numeric) returns boolean
language plpgsql as $$
declare
  v_done boolean;
begin
  perform tests.act_as_role('sync');
  select private.finish_recording(
    s.recording, p_worker, p_outcome, p_reason, case p_outcome when 'stored' then 'audio/mpeg' end,
    case p_outcome when 'stored' then 5 end, case p_outcome when 'stored' then sha256('audio') end, pg_temp.at(p_minute)
  ) into v_done
  from story s;
  perform tests.act_as_role('postgres');
  return v_done;
end
$$;
create function pg_temp.state() returns text
language sql as $$
  select concat_ws(
    ', ', r.state, r.reason, r.content_type, r.size_bytes || ' bytes', 'stored ' || (r.stored_at - s.noon),
    'next ' || extract(epoch from o.next_attempt_at - s.noon)::int / 60, 'by ' || o.worker
  )
  from public.recordings r
  join private.recording_sources o on o.recording_id = r.id
  join story s on s.recording = r.id
$$;
grant execute on function pg_temp.at(numeric) to public;

-- A lease of ten minutes.
select is(pg_temp.claim('one', -2), null, 'nothing is fetched before it is due');
select is(
  pg_temp.claim('one', 0), 'call platform call_center 1 attempt 1 ', 'a worker is told whose account it is, and where the audio lies'
);
select is(pg_temp.claim('two', 0), null, 'another worker is not told the same');
select is(pg_temp.claim('two', 9.9), null, 'for ten minutes');
select is(pg_temp.claim('two', 10), 'call platform call_center 1 attempt 2 ', 'after which the first has lost it');
select is(pg_temp.finish('one', 'stored', null, 10), false, 'what it then brings does not count');
select is(pg_temp.state(), 'waiting, next -1, by two', 'and changes nothing');
select is(pg_temp.finish('two', 'stored', null, 11), true, 'what the other brings does');
select is(pg_temp.state(), 'stored, audio/mpeg, 5 bytes, stored 00:11:00, next 11', 'the audio is described');
select is((select r.sha256 = sha256('audio') from public.recordings r, story s where r.id = s.recording), true, 'with its checksum');
select is(pg_temp.finish('two', 'stored', null, 12), false, 'once');
select is(pg_temp.claim('one', 100), null, 'what is stored is not fetched again');

-- Tried again after 1, 5, 15 minutes, 1, 4, 12, 24 hours.
update public.recordings set state = 'waiting', content_type = null, size_bytes = null, sha256 = null, stored_at = null;
update private.recording_sources o set attempt = 0 from story s where o.recording_id = s.recording;
create temporary table tried (attempt int, at int, said text) on commit drop;
do $$
declare
  v_minute int := 1000;
begin
  for i in 1..7 loop
    assert i = 1 or pg_temp.claim('one', v_minute - 0.1) is null, 'early';
    assert pg_temp.claim('one', v_minute) like '%attempt ' || i || ' ', 'due';
    perform pg_temp.finish('one', 'retry', 'not there yet, ' || i, v_minute);
    insert into tried values (i, v_minute, pg_temp.state());
    v_minute := (
      select extract(epoch from o.next_attempt_at - s.noon)::int / 60
      from private.recording_sources o join story s on s.recording = o.recording_id
    );
  end loop;
end
$$;
select results_eq(
  'select attempt, lead(at, 1, 1000 + 1 + 5 + 15 + 60 + 240 + 720 + 1440) over (order by attempt) - at from tried order by attempt',
  'values (1, 1), (2, 5), (3, 15), (4, 60), (5, 240), (6, 720), (7, 1440)', 'the pauses grow'
);
select is(
  (select said from tried where attempt = 3), 'waiting, not there yet, 3, next 1021', 'it waits, with what went wrong last'
);
select alike(
  pg_temp.claim('one', 3481), '%attempt 8 ', 'two days after the first attempt it is the last time'
);
select is(pg_temp.finish('one', 'retry', 'still not there', 3481), true, 'which goes wrong');
select is(pg_temp.state(), 'failed, still not there, next 3481', 'then it is not to be had, for the reason given last');
select is(pg_temp.claim('one', 100000), null, 'and not tried any more');

-- For good, without a reason, or with an endless one.
update public.recordings r set state = 'waiting' from story s where r.id = s.recording;
update private.recording_sources o set attempt = 0, next_attempt_at = s.noon from story s where o.recording_id = s.recording;
select pg_temp.claim('one', 0);
select is(pg_temp.finish('one', 'failed', null, 1), true, 'a worker that knows it is hopeless says so');
select is(pg_temp.state(), 'failed, no reason was given, next 1', 'there is a reason always');
update public.recordings r set state = 'waiting' from story s where r.id = s.recording;
select pg_temp.claim('one', 2);
select pg_temp.finish('one', 'retry', repeat('x', 5000), 2);
select is((select length(r.reason) from public.recordings r, story s where r.id = s.recording), 2000, 'an endless one is cut');

-- Given back untried.
select pg_temp.claim('one', 100);
select tests.act_as_role('sync');
select private.release_recording(recording, 'another', pg_temp.at(100)) from story;
select tests.act_as_role('postgres');
select alike(pg_temp.state(), '%by one', 'nobody gives back what another fetches');
select tests.act_as_role('sync');
select private.release_recording(recording, 'one', pg_temp.at(160)) from story;
select tests.act_as_role('postgres');
select is(pg_temp.claim('two', 159), null, 'given back, it rests for as long as was said');
select is(
  pg_temp.claim('two', 160), 'call platform call_center 1 attempt 3 ', 'and the attempt did not count'
);

-- The link as it is known now.
create function pg_temp.link(p_worker text) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  v_said := (select private.recording_link(s.recording, p_worker) from story s);
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
select is(pg_temp.link('two'), 'https://audio.example.com/1', 'who fetches may ask for the link again');
select is(pg_temp.link('one'), null, 'and nobody else');

-- Whose account is not to be read.
select pg_temp.finish('two', 'retry', 'x', 160);
update public.integrations i set disabled_at = now() from story s where i.id = s.platform_account;
select is(pg_temp.claim('one', 10000), null, 'nothing is fetched of a disabled account');
update public.integrations i set disabled_at = null from story s where i.id = s.platform_account;
update public.organizations o set archived_at = now() from story s where o.id = s.acme;
select is(pg_temp.claim('one', 10000), null, 'nor for an archived organization');
update public.organizations o set archived_at = null from story s where o.id = s.acme;
select alike(pg_temp.claim('one', 10000), 'call platform call_center 1 attempt%', 'afterwards it is');

-- What has no link.
update private.recording_sources o set next_attempt_at = s.noon from story s where o.recording_id = s.linkless;
select is(
  pg_temp.claim('two', 0), 'call platform call_center no link attempt 1 linkless',
  'a call that is said to be recorded is asked for its link'
);
update private.recording_sources o set worker = null, lease_until = null from story s where o.recording_id = s.linkless;
insert into public.voicemails (id, org_id, integration_id, provider_voicemail_id, received_at)
select s.recording, s.acme, s.platform_account, 'v' as provider_voicemail_id, s.noon from story s;
update public.recordings r set kind = 'voicemail', voicemail_id = s.recording, call_id = null from story s where r.id = s.linkless;
select is(pg_temp.claim('two', 0), null, 'of a voicemail there is nothing to ask for');
update private.recording_sources o set url = 'https://audio.example.com/v' from story s where o.recording_id = s.linkless;
select is(
  pg_temp.claim('two', 0), 'voicemail platform call_center v attempt 2 linkless', 'until its link is known'
);

-- What was recorded last first, however long others wait; who owns the account is told.
update private.recording_sources o set worker = null, lease_until = null, next_attempt_at = s.noon from story s;
update private.recording_sources o set next_attempt_at = s.noon - interval '1 hour' from story s where o.recording_id <> s.their_recording;
update public.recordings r set started_at = s.noon - interval '1 minute' from story s where r.id = s.their_recording;
update public.recordings r set integration_id = s.globex_account from story s where r.id = s.their_recording;
update public.integrations i set account_type = 'classic' from story s where i.id = s.globex_account;
select is(
  (select pg_temp.claim('one', 0)), (select format('call %s classic theirs attempt 1 theirs', globex) from story),
  'what was recorded last comes first, with the organization that its keys are sealed for'
);
select isnt(pg_temp.claim('two', 0), null, 'then another');
select isnt(pg_temp.claim('three', 0), null, 'and another');
select is(pg_temp.claim('four', 0), null, 'until each is somebody''s');

-- Nobody but the sync.
select tests.act_as(org_admin) from story;
select is(tests.attempt('select * from private.claim_recording(''me'', now())'), '42501', 'people fetch nothing themselves');
select tests.act_as_role('postgres');
select is(
  has_function_privilege('webhooks', 'private.claim_recording(text, timestamptz)', 'execute'), false, 'nor does the door'
);

select * from finish();
rollback;
