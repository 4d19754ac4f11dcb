begin;
select plan(13);

-- Acme keeps calls for 30 days and voicemails for ten, Globex keeps everything.
create temporary table story on commit drop as select w.*, '2026-06-01 12:00Z'::timestamptz as noon from tests.two_organizations() w;
update public.retention_settings t set recording_days = 30, voicemail_days = 10 from story s where t.org_id = s.acme;
update public.retention_settings t set recording_days = null, voicemail_days = null from story s where t.org_id = s.globex;
create function pg_temp.call(p_name text, p_days numeric, p_theirs boolean default false) returns uuid
language plpgsql as $$
declare
  v_call_id uuid := (
    select tests.call(case when p_theirs then s.theirs else s.given end, s.noon - make_interval(secs => p_days::double precision * 86400))
    from story s
  );
  v_id uuid := tests.stored(tests.recording(v_call_id));
begin
  update public.recordings set external_number = p_name where id = v_id;
  return v_id;
end
$$;
create function pg_temp.voicemail(p_name text, p_days numeric) returns uuid
language plpgsql as $$
declare
  v_id uuid := gen_random_uuid();
begin
  insert into public.voicemails (id, org_id, integration_id, provider_voicemail_id, received_at)
  select v_id, s.acme, s.platform_account, v_id::text as provider_id, s.noon from story s;
  perform private.keep_recording(
    v_id, s.acme, s.platform_account, 'voicemail', null, v_id, null, null, 'inbound', p_name,
    s.noon - make_interval(secs => p_days::double precision * 86400), 5, 'https://audio.example.com/v'
  ) from story s;
  return tests.stored(v_id);
end
$$;
create function pg_temp.claim(p_minute numeric) returns text
language plpgsql as $$
declare
  v_id uuid;
begin
  perform tests.act_as_role('sync');
  select c.recording_id into v_id
  from private.claim_recording_removal('me', '2026-06-01 12:00Z'::timestamptz + make_interval(secs => p_minute::double precision * 60)) c;
  perform tests.act_as_role('postgres');
  return (select r.external_number from public.recordings r where r.id = v_id);
end
$$;
create function pg_temp.states() returns text
language sql as $$
  select string_agg(r.external_number || ' ' || r.state, ', ' order by r.external_number collate "C") from public.recordings r
$$;

select pg_temp.call('call 29', 29.99), pg_temp.call('call 30', 30), pg_temp.call('call held', 400), pg_temp.call('call theirs', 4000, true);
select pg_temp.voicemail('voicemail 9', 9.99), pg_temp.voicemail('voicemail 10', 10), pg_temp.voicemail('voicemail 29', 29);
update public.recordings set is_held = true where external_number = 'call held';
update private.recording_sources set next_attempt_at = noon from story;

select is(pg_temp.claim(0), 'voicemail 29', 'a voicemail that was kept for its days is deleted');
select is(
  pg_temp.states(),
  'call 29 stored, call 30 stored, call held stored, call theirs stored, voicemail 10 stored, voicemail 29 deleted, voicemail 9 stored',
  'nothing else is, on the last of them'
);
select is(pg_temp.claim(0.01) in ('call 30', 'voicemail 10'), true, 'a moment later two more are');
select is(
  pg_temp.states(),
  'call 29 stored, call 30 deleted, call held stored, call theirs stored, voicemail 10 deleted, voicemail 29 deleted, voicemail 9 stored',
  'each kind after its own days, but what is held, and of those who keep everything'
);
select results_eq(
  $$
    select r.external_number collate "default", r.reason, r.deleted_at - s.noon from public.recordings r, story s
    where r.state = 'deleted' order by r.external_number
  $$,
  $$values
    ('call 30'::text, 'kept for 30 days', interval '0.6 seconds'), ('voicemail 10', 'kept for 10 days', interval '0.6 seconds'),
    ('voicemail 29', 'kept for 10 days', interval '0')
  $$, 'with the reason'
);
select results_eq(
  $$
    select e.actor_kind, count(*)::int from public.audit_entries e
    where e.resource = 'recordings' and e.details -> 'after' ->> 'state' = 'deleted' group by 1
  $$, $$values ('process', 3)$$, 'which the trail tells too'
);

-- Let go, and changed.
update public.recordings set is_held = false where external_number = 'call held';
select isnt(pg_temp.claim(1), null, 'one that is let go');
select is((select r.state from public.recordings r where r.external_number = 'call held'), 'deleted', 'goes');
update public.retention_settings t set recording_days = 29 from story s where t.org_id = s.acme;
select pg_temp.claim(1);
select is((select r.state from public.recordings r where r.external_number = 'call 29'), 'deleted', 'fewer days count at once');
update public.retention_settings t set voicemail_days = null from story s where t.org_id = s.acme;
select pg_temp.claim(100000);
select is((select r.state from public.recordings r where r.external_number = 'voicemail 9'), 'stored', 'without end nothing goes');

-- What comes late is not fetched first.
select tests.recording(tests.call(given, noon - interval '1 year')) from story;
select pg_temp.claim(1);
select results_eq(
  $$
    select r.state, o.has_object
    from public.recordings r join private.recording_sources o on o.recording_id = r.id
    where r.sha256 is null
  $$,
  $$values ('deleted', false)$$, 'what is too old when it comes is deleted without having been fetched'
);
select is(
  (select count(*)::int from public.recordings r where r.started_at < now() - interval '3000 days' and r.state = 'stored'), 1,
  'and what others keep stays'
);
select tests.act_as(org_admin) from story;
select is(
  tests.attempt('select * from private.claim_recording_removal(''me'', now())'), '42501', 'nobody but the sync sees to it'
);

select * from finish();
rollback;
