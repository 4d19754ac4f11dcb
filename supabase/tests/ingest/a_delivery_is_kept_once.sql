begin;
select plan(13);

create temporary table story on commit drop as select * from tests.two_organizations();
create function pg_temp.hand_in(p_body text) returns text
language sql as $$
  select d.status || case when d.is_duplicate then ' before' else '' end from story s, tests.deliver(s.platform_account, p_body) d
$$;

select is(pg_temp.hand_in('{"Guid":"G-1","EventType":"IncomingCall","Body":{"Id":"a"}}'), 'applied', 'a delivery is applied');
select is(pg_temp.hand_in('{"Guid":"G-1","EventType":"IncomingCall","Body":{"Id":"a"}}'), 'applied before', 'the same again was before');
select is(
  pg_temp.hand_in('{"Guid":"g-1","EventType":"IncomingCallCompleted","Body":{"Id":"a"}}'), 'applied before',
  'the event id decides, in whatever case, and the first delivery counts'
);
select results_eq('select outcome from public.calls', 'select null::text', 'so the call has not ended');

select is(pg_temp.hand_in('{"EventType":"IncomingCall","Body":{"Id":"b"}}'), 'applied', 'without an event id');
select is(pg_temp.hand_in('{"EventType":"IncomingCall","Body":{"Id":"b"}}'), 'applied before', 'the body decides');
select is(pg_temp.hand_in('{"EventType":"IncomingCall", "Body":{"Id":"b"}}'), 'applied', 'to the byte');
select is(
  pg_temp.hand_in('{"Guid":"00000000-0000-0000-0000-000000000000","EventType":"IncomingCall","Body":{"Id":"c"}}'), 'applied',
  'an id of zeros is none'
);
select is(
  pg_temp.hand_in('{"Guid":"00000000-0000-0000-0000-000000000000","EventType":"IncomingCall","Body":{"Id":"d"}}'), 'applied',
  'so that two of them are two'
);
select is(
  (select count(*)::int from private.webhook_events where dedupe_key like 'sha256:%'), 4, 'each is known by its hash'
);

-- Another account's event may have the same id.
select results_eq(
  $$
    select d.status, d.is_duplicate
    from story s, tests.deliver(s.globex_account, '{"Guid":"G-1","EventType":"IncomingCall","Body":{"Id":"a"}}') d
  $$, $$values ('applied', false)$$, 'an id counts in its account'
);
select is((select count(*)::int from public.calls where provider_call_id = 'a'), 2, 'and so does a call''s');
select results_eq(
  'select count(*)::int from private.webhook_events', 'values (6)', 'six are kept'
);

select * from finish();
rollback;
