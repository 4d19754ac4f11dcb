begin;
select plan(12);

create temporary table story on commit drop as select * from tests.two_organizations();
create function pg_temp.hand_in(p_body text) returns text
language plpgsql as $$
declare
  v_event_id bigint := (select d.event_id from story s, tests.deliver(s.acme_account, p_body) d);
begin
  return (select concat_ws(': ', e.status, e.error) from private.webhook_events e where e.id = v_event_id);
end
$$;

select is(pg_temp.hand_in('{"EventType":"AgentStatusChanged","Body":{"Id":"c"}}'), 'ignored', 'a type that is not used is ignored');
select is_empty('select from public.calls', 'and makes no call');
select is(pg_temp.hand_in('{"Body":{"Id":"c"}}'), 'failed: The event has no EventType.', 'an event without a type fails');
select is(
  pg_temp.hand_in('{"EventType":"IncomingCall","Body":{}}'),
  'failed: The event names no call (Body.Id), or one of more than 200 characters.', 'so does one without a call'
);
select is(pg_temp.hand_in('{}'), 'failed: The event has no EventType.', 'and an empty one');
select is(pg_temp.hand_in('[]'), 'failed: The event has no EventType.', 'and what is no event');
select is(
  pg_temp.hand_in('{"EventType":"IncomingCall","Body":{"Id":"c","n":1e200000}}'),
  'failed: The body is nested too deep, or holds what Postgres cannot.', 'a number beyond every measure cannot be held'
);
select is(
  pg_temp.hand_in('{"EventType":"IncomingCall","Body":{"Id":"c","n":"\ud800"}}'),
  'failed: The body is nested too deep, or holds what Postgres cannot.', 'nor half a character'
);
select results_eq(
  'select distinct org_id, provider_call_id, had_nul from private.webhook_events', 'select acme, null::text collate "C", false from story',
  'they belong to the account''s owner'
);
select is_empty('select from public.calls', 'none of them makes a call');
select is((select count(*)::int from private.webhook_events), 7, 'all of them are kept');
select tests.deliver(acme_account, tests.event('IncomingCall', 'c')) from story;
select is((select count(*)::int from public.calls), 1, 'and the next one is applied');

select * from finish();
rollback;
