begin;
select plan(12);

create temporary table story on commit drop as select *, '2025-06-02 09:00:00Z'::timestamptz as start from tests.two_organizations();
create function pg_temp.tell(p_type text, p_call text, p_body jsonb default '{}') returns text
language sql as $$
  select d.status
  from story s, tests.deliver(
    s.platform_account,
    tests.event(p_type, p_call, s.start, jsonb_build_object('From', '+12125550199', 'To', '+12125550101') || p_body),
    s.start + interval '1 minute'
  ) d
$$;
create function pg_temp.bury(p_call text) returns integer
language plpgsql as $$
declare
  v_account constant uuid := (select platform_account from story);
begin
  insert into private.call_snapshots (integration_id, provider_call_id, payload_hash, payload, is_tombstone, observed_at)
  select v_account, p_call, sha256('deleted upstream'), '{}', true, start + interval '1 hour' from story;
  return private.write_calls(v_account, array[p_call]);
end
$$;
create view pg_temp.told as
select e.provider_call_id, e.event_type, e.status, e.error, e.org_id from private.webhook_events e;
create view pg_temp.written as
select to_jsonb(c) - array['created_at', 'updated_at'] || jsonb_build_object('recording', r.id, 'link', s.url) as call
from public.calls c
left join public.recordings r on r.call_id = c.id
left join private.recording_sources s on s.recording_id = r.id;

-- That a call is listed no more, and that it was recorded, do not tell when it was.
select is(pg_temp.bury('buried'), 0, 'that a call is listed no more writes none');
select is(
  pg_temp.tell('CallRecordingReady', 'buried', '{"RecordingLink": "https://audio.example.com/buried"}'), 'applied',
  'what is told of its recording is understood'
);
select is(
  pg_temp.tell('CallRecordingReady', 'other', '{"RecordingLink": "https://audio.example.com/other"}'), 'applied',
  'as it is where the call is not known at all'
);
select is_empty('select from public.calls', 'neither makes a call');
select is_empty('select from public.recordings', 'nor a recording, without one');

-- What does is not held up by them.
select results_eq(
  $$
    select i.status
    from story s, private.ingest_webhook_events(array[
      jsonb_build_object(
        'integration_id', s.platform_account, 'received_at', s.start, 'body', tests.event('RecordingReady', 'buried', s.start)
      ),
      jsonb_build_object(
        'integration_id', s.platform_account, 'received_at', s.start, 'body', tests.event('IncomingCall', 'third', s.start)
      )
    ]) i
  $$, $$values ('applied'), ('applied')$$, 'a batch is applied with both'
);
delete from public.calls;
select lives_ok('select private.rebuild_calls(platform_account) from story', 'an account is rebuilt with both');
select results_eq(
  'select provider_call_id from public.calls', $$values ('third' collate "C")$$, 'to the calls that there are'
);

-- The call comes, and what was told before is looked at again.
select pg_temp.tell('IncomingCall', 'buried'), pg_temp.tell('IncomingCall', 'other');
select results_eq(
  $$
    select c.provider_call_id, c.started_at = s.start, c.deleted_at - s.start, k.url
    from story s, public.calls c
    join public.recordings r on r.call_id = c.id
    join private.recording_sources k on k.recording_id = r.id
    order by 1
  $$,
  $$
    values
      ('buried' collate "C", true, interval '1 hour', 'https://audio.example.com/buried'),
      ('other', true, null, 'https://audio.example.com/other')
  $$,
  'once it is told it is there with its start and its recording, the one deleted and the other not'
);
select is_empty($$select from pg_temp.told where status <> 'applied' or error is not null$$, 'every delivery is applied');
select is(
  (select count(*)::int from pg_temp.told t, story s where t.provider_call_id in ('buried', 'other') and t.org_id = s.acme), 5,
  'and went with its call'
);

-- As a rebuild writes them.
create temporary table before on commit drop as select call from pg_temp.written;
delete from public.calls;
select private.rebuild_calls(platform_account) from story;
select set_eq('select call from pg_temp.written', 'select call from before', 'a rebuild writes the same');

select * from finish();
rollback;
