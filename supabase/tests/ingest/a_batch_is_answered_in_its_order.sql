begin;
select plan(7);

create temporary table story on commit drop as select * from tests.two_organizations();
create temporary table answered (ordinal int, event_id bigint, status text, is_duplicate boolean) on commit drop;
grant select on story to public;
grant insert on answered to public;

select tests.act_as_role('webhooks');
insert into answered
select i.*
from private.ingest_webhook_events((
  select array_agg(jsonb_build_object('integration_id', d.account, 'body', d.body, 'received_at', now()) order by d.n)
  from story s, lateral (
    values
      (1, s.globex_account, '{"Guid":"1","EventType":"IncomingCallConnected","Body":{"Id":"a"}}'),
      (2, s.platform_account, '{"Guid":"2","EventType":"IncomingCall","Body":{"Id":"b"}}'),
      (3, gen_random_uuid(), '{"Guid":"3","EventType":"IncomingCall","Body":{"Id":"c"}}'),
      (4, s.platform_account, '{"Guid":"4","EventType":"SomethingElse","Body":{"Id":"b"}}'),
      (5, s.platform_account, '{"Guid":"5","EventType":"IncomingCall","Body":{}}'),
      (6, s.platform_account, '{"Guid":"2","EventType":"IncomingCall","Body":{"Id":"b"}}'),
      (7, s.globex_account, '{"Guid":"6","EventType":"IncomingCallCompleted","Body":{"Id":"a"}}'),
      (8, s.platform_account, '[1, 2]')
  ) d (n, account, body)
)) i;

select tests.act_as_role('postgres');
select results_eq(
  'select ordinal, status, is_duplicate from answered order by ordinal',
  $$values
    (1, 'applied', false), (2, 'applied', false), (4, 'ignored', false), (5, 'failed', false),
    (6, 'applied', true), (7, 'applied', false), (8, 'failed', false)
  $$, 'each delivery of a known account has its answer'
);
select is(
  (select count(distinct event_id)::int from answered where ordinal in (2, 6)), 1, 'a duplicate is answered with the event it repeats'
);
select results_eq(
  'select provider_call_id, org_id, outcome from public.calls order by 1',
  $$select 'a' collate "C", globex, 'answered' from story union all select 'b', private.holding_org_id(), null order by 1$$,
  'the calls are written, the two events of one of them together'
);
select is((select count(*)::int from private.webhook_events), 6, 'what came from nowhere is kept nowhere');

select is_empty($$select private.ingest_webhook_events('{}')$$, 'an empty batch has no answer');

-- A body that no JSON reader gets through does not keep the others from being kept.
select results_eq(
  $$
    select i.ordinal, i.status
    from story s, private.ingest_webhook_events(array[
      jsonb_build_object('integration_id', s.globex_account, 'received_at', now(), 'body', repeat('{"a":', 5000) || '1' || repeat('}', 5000)),
      jsonb_build_object('integration_id', s.platform_account, 'received_at', now(), 'body', tests.event('IncomingCall', 'd'))
    ]) i
  $$, $$values (1, 'failed'), (2, 'applied')$$, 'one body nested too deep fails alone'
);
select results_eq(
  'select payload, error, left(unreadable_body, 5) from private.webhook_events where payload is null',
  $$values (null::jsonb, 'The body is nested too deep, or holds what Postgres cannot.', '{"a":')$$, 'and is kept as it came'
);

select * from finish();
rollback;
