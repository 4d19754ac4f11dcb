begin;
select plan(14);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;

create function pg_temp.receive(variadic p_bodies text[]) returns setof integer
language sql as $$
  select unnest(private.receive_deliveries(
    array_fill(platform_account, array[cardinality(p_bodies)]), p_bodies, array_fill(now(), array[cardinality(p_bodies)])
  )) from story
$$;
grant execute on function pg_temp.receive(text[]) to public;

create temporary table answered (what text, answer int) on commit drop;
grant insert on answered to public;

select tests.act_as_role('webhooks');
insert into answered
select 'received', pg_temp.receive(
  '{"Guid":"1","EventType":"IncomingCall","ApiKey":"hunter-2","Body":{"Id":"a"}}',
  '{"Guid":"2","EventType":"IncomingCallCompleted","Body":{"Id":"a"}}',
  '{"EventType":"SomethingElse","api_key":"hunter-2","Body":{"Id":"b\u0000"}}',
  '{"Api_Key" : "hunter-2", "deep": ' || repeat('[', 20000) || repeat(']', 20000) || '}'
);
insert into answered
select 'received', unnest(private.receive_deliveries(array[gen_random_uuid()], array['{}'], array[now()]));
insert into answered select 'received', unnest(private.receive_deliveries('{}', '{}', '{}'));

select tests.act_as_role('postgres');
select set_eq(
  'select answer from answered', 'values (1), (2), (3), (4)', 'deliveries of a known account are taken, no others'
);
select is((select count(*)::int from private.received_deliveries), 4, 'they are stored');
select is_empty($$select from private.received_deliveries r where r::text like '%hunter-2%'$$, 'without the account''s key');
select is((select count(*)::int from private.webhook_events), 0, 'and not applied yet');

delete from answered;
select tests.act_as_role('sync');
insert into answered select 'sync', private.apply_received_deliveries(3);
select tests.act_as_role('webhooks');
insert into answered select 'webhooks', private.apply_received_deliveries(3);
insert into answered select 'webhooks', private.apply_received_deliveries(3);

select tests.act_as_role('postgres');
select set_eq(
  'select * from answered', $$values ('sync', 3), ('webhooks', 1), ('webhooks', 0)$$,
  'the sync script and the webhook app apply what there is, until nothing is left'
);
-- The same once more, the one way and the other.
select ok(
  (
    select bool_and(i.is_duplicate)
    from story s, private.ingest_webhook_events(array[
      jsonb_build_object('integration_id', s.platform_account, 'received_at', now(), 'body', '{"Guid":"1"}'),
      jsonb_build_object(
        'integration_id', s.platform_account, 'received_at', now(),
        'body', '{"EventType":"SomethingElse","api_key":"hunter-2","Body":{"Id":"b\u0000"}}'
      )
    ]) i
  ), 'the other way in knows them'
);
select pg_temp.receive('{"Guid":"1","EventType":"IncomingCall","Body":{"Id":"a"}}');
select private.apply_received_deliveries(100);
select bag_eq(
  'select status, had_nul, error is not null from private.webhook_events',
  $$values ('applied', false, false), ('applied', false, false), ('ignored', true, false), ('failed', false, true)$$,
  'each is kept once, as if it had been applied at its arrival'
);
select results_eq(
  'select provider_call_id, outcome from public.calls', $$values ('a'::text collate "C", 'missed'::text)$$, 'their call is written'
);

-- A delivery that cannot be kept, whatever the reason, stays, and holds up no other.
create function pg_temp.refuse() returns trigger
language plpgsql as $$
begin
  raise exception 'no room for %', new.dedupe_key;
end
$$;
create trigger refuse before insert on private.webhook_events
for each row when (new.dedupe_key = 'guid:bad') execute function pg_temp.refuse();
select pg_temp.receive(
  '{"Guid":"good","EventType":"IncomingCall","Body":{"Id":"c"}}', '{"Guid":"bad","EventType":"IncomingCall","Body":{"Id":"d"}}'
);
select private.apply_received_deliveries(100);
select results_eq(
  'select dedupe_key, error from private.received_deliveries',
  $$values ('guid:bad'::text collate "C", 'no room for guid:bad'::text)$$, 'what cannot be kept stays, with the reason'
);
select is(private.apply_received_deliveries(100), 0, 'and is left alone for a while');
update private.received_deliveries set retry_at = now();
drop trigger refuse on private.webhook_events;
select private.apply_received_deliveries(100);
select set_eq(
  'select provider_call_id from public.calls', $$values ('a'::text collate "C"), ('c'), ('d')$$, 'until it can be'
);

select is(
  (
    select private.receive_deliveries(
      array[gen_random_uuid(), platform_account], array['{}', '{"Guid":"e","Note":"x\u0000","ApiKey":"hunter-2"}'], array[now(), now()]
    )
    from story
  ), array[2], 'places are counted with those that are not taken'
);
select results_eq(
  'select dedupe_key, payload, unreadable_body, had_nul from private.received_deliveries',
  $$values (
    'guid:e'::text collate "C", jsonb_build_object('Guid', 'e', 'Note', e'x\ufffd', 'ApiKey', '[redacted]'), null::text, true
  )$$,
  'and a group with a body that has to be looked at singly is stored as any other'
);
select private.apply_received_deliveries(100);
select is((select count(*)::int from private.received_deliveries), 0, 'until it is applied');

select * from finish();
rollback;
