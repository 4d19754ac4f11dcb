begin;
select plan(32);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.event(p_type text, p_id text, p_at timestamptz, p_body jsonb default '{}') returns text
language sql as $$
  select string_agg(d.status, ', ') from story, lateral tests.deliver(
    platform_account, tests.event(p_type, p_id, p_at, '{"From": "+12125550199", "To": "+12125550101", "Text": "Hello"}' || p_body), p_at
  ) d
$$;
create function pg_temp.bare(p_type text, p_id text, p_at timestamptz) returns text
language sql as $$
  select d.status from story, lateral tests.deliver(platform_account, tests.event(p_type, p_id, p_at)) d
$$;
create function pg_temp.sent(p_type text, p_id text, p_at timestamptz, p_body jsonb default '{}') returns text
language sql as $$
  select pg_temp.event(p_type, p_id, p_at, '{"From": "+12125550101", "To": "+12125550199"}' || p_body)
$$;
create function pg_temp.pull(variadic p_items text[]) returns void
language sql as $$
  select from story, lateral tests.pull(platform_account, 'messages', p_items)
$$;
create function pg_temp.bodies() returns text
language sql as $$
  select string_agg(coalesce(provider_message_id, '-') || ' ' || body || ' ' || state, ', ' order by sent_at, provider_message_id)
  from tests.messages where sent_at >= '2026-06-01' and sent_at < '2026-07-01'
$$;
-- Each story by itself.
create function pg_temp.again() returns void
language sql as $$
  delete from public.messages;
  delete from public.conversations;
  delete from private.provider_items;
  delete from private.webhook_events
$$;

-- The same id in both.
select is(pg_temp.event('IncomingMessage', 'a', '2026-06-01 10:00Z'), 'applied', 'an event tells of a message');
select is(pg_temp.bodies(), 'a Hello received', 'which is a row at once');
select tests.act_as(agent) from story;
select results_eq(
  'select direction, business_number, external_number, line_id, sent_at from tests.messages',
  'select ''inbound'', ''+12125550101'', ''+12125550199'', given, ''2026-06-01 10:00Z''::timestamptz from story',
  'for whose number it came to'
);
select tests.act_as_role('postgres');
select pg_temp.pull(tests.journaled('a', '2026-06-01 10:00:03Z', '{"text": "Hello!"}'));
select is(pg_temp.bodies(), 'a Hello! received', 'the journal''s word on it counts');
select pg_temp.event('IncomingMessage', 'a', '2026-06-01 10:00Z');
select is(pg_temp.bodies(), 'a Hello! received', 'an event that comes later changes nothing');
select results_eq('select sent_at from tests.messages', $$values ('2026-06-01 10:00:03Z'::timestamptz)$$, 'nor the time');

-- Another id in each: the same parties and text within ten minutes, one to one.
select pg_temp.again();
select pg_temp.event('IncomingSms', 'e1', '2026-06-01 10:00Z'), pg_temp.event('MessageReceived', 'e2', '2026-06-01 10:04Z');
select pg_temp.pull(tests.journaled('j1', '2026-06-01 10:00:10Z'));
select is(pg_temp.bodies(), 'j1 Hello received, e2 Hello received', 'the nearest event is taken to be of the journal''s message');
select pg_temp.pull(tests.journaled('j2', '2026-06-01 10:00:20Z'));
select is(pg_temp.bodies(), 'j1 Hello received, j2 Hello received', 'each event of one');
select pg_temp.pull(tests.journaled('j3', '2026-06-01 10:00:30Z'));
select is(pg_temp.bodies(), 'j1 Hello received, j2 Hello received, j3 Hello received', 'one more is one more');
select pg_temp.again();
select pg_temp.pull(tests.journaled('j1', '2026-06-01 10:00Z'), tests.journaled('j2', '2026-06-01 10:04Z'));
select pg_temp.event('IncomingMessage', 'e2', '2026-06-01 10:03:50Z'), pg_temp.event('IncomingMessage', 'e1', '2026-06-01 10:00:01Z');
select is(pg_temp.bodies(), 'j1 Hello received, j2 Hello received', 'so they are when the journal was read first');
select pg_temp.event('IncomingMessage', 'e3', '2026-06-01 10:14:01Z');
select is(
  pg_temp.bodies(), 'j1 Hello received, j2 Hello received, e3 Hello received', 'what came more than ten minutes later is another'
);
select pg_temp.event('IncomingMessage', 'e4', '2026-06-01 10:15Z', '{"Text": "Bye"}'),
  pg_temp.event('IncomingMessage', 'e5', '2026-06-01 10:16Z', '{"From": "+12125550198"}');
select is((select count(*)::int from public.messages), 5, 'so is what says something else, or is from somebody else');

-- An id counts more than likeness, whatever came first.
select pg_temp.again();
select pg_temp.event('IncomingMessage', 'one', '2026-06-01 10:00Z');
select pg_temp.pull(tests.journaled('two', '2026-06-01 10:05Z'));
select is(pg_temp.bodies(), 'two Hello received', 'an event lost, one seems to be the other');
select pg_temp.pull(tests.journaled('one', '2026-06-01 10:00Z'));
select is(pg_temp.bodies(), 'one Hello received, two Hello received', 'until the journal tells of both');
select results_eq(
  $$
    select m.body from private.message_statements s join public.messages m on m.id = s.message_id
    where s.statement_key = 'one' and m.provider_message_id = 'one'
  $$,
  $$values ('Hello'), ('Hello')$$, 'and the event is of the one with its id'
);
select pg_temp.again();
select pg_temp.pull(tests.journaled('one', '2026-06-01 10:00Z'));
select pg_temp.event('IncomingMessage', 'two', '2026-06-01 10:05Z');
select pg_temp.pull(tests.journaled('two', '2026-06-01 10:05Z'));
select is(pg_temp.bodies(), 'one Hello received, two Hello received', 'the other way about, too');
select pg_temp.again();
select pg_temp.event('IncomingMessage', 'one', '2026-06-01 10:00Z');
select pg_temp.pull(tests.journaled('two', '2026-06-01 10:05Z'));
select pg_temp.event('IncomingMessage', 'two', '2026-06-01 10:05Z');
select pg_temp.pull(tests.journaled('one', '2026-06-01 10:00Z'));
select is(pg_temp.bodies(), 'one Hello received, two Hello received', 'and when each is told of twice');

-- Delivery, in any order.
select pg_temp.again();
select pg_temp.sent('OutgoingMessage', 's', '2026-06-01 10:00Z');
select is(pg_temp.bodies(), 's Hello sent', 'what is sent elsewhere is sent');
select pg_temp.sent('MessageDelivered', 's', '2026-06-01 10:00:05Z');
select is(pg_temp.bodies(), 's Hello delivered', 'and delivered');
select pg_temp.sent('MessageSent', 's', '2026-06-01 10:00:06Z');
select is(pg_temp.bodies(), 's Hello delivered', 'and not sent again');
select pg_temp.pull(tests.journaled('s', '2026-06-01 10:00Z', '{"origin": "Outbound", "messageDeliveryStatus": "Sent"}'));
select is(pg_temp.bodies(), 's Hello delivered', 'also where the journal lags behind');
select pg_temp.pull(tests.journaled('s', '2026-06-01 10:00Z', '{"origin": "Outbound", "messageDeliveryStatus": "Failed"}'));
select is(pg_temp.bodies(), 's Hello failed', 'of how it ended, the journal has the last word');
select pg_temp.again();
select pg_temp.sent('MessageStatusChanged', 's', '2026-06-01 10:00:05Z', '{"Status": "Failed", "Reason": "No such number"}');
select pg_temp.sent('MessageDelivered', 's', '2026-06-01 10:00:04Z');
select pg_temp.sent('OutgoingSms', 's', '2026-06-01 10:00Z');
select is(pg_temp.bodies(), 's Hello failed', 'of two ends the later counts, in whatever order they come');
select results_eq(
  'select failure_reason, sent_at from tests.messages', $$values ('No such number', '2026-06-01 10:00Z'::timestamptz)$$, 'with its reason'
);

-- Events that say little.
select pg_temp.again();
select is(
  pg_temp.bare('MessageDelivered', 's', '2026-06-01 10:00:05Z'),
  'applied', 'an event may name a message and nothing else'
);
select is(pg_temp.bodies(), null, 'then there is nothing to show yet');
select pg_temp.pull(tests.journaled('s', '2026-06-01 10:00Z', '{"origin": "Outbound", "messageDeliveryStatus": "Sent"}'));
select is(pg_temp.bodies(), 's Hello delivered', 'until the message is known, which was delivered');
select is(
  pg_temp.bare('IncomingMessage', null, '2026-06-01 10:00Z'),
  'failed', 'one that names no message and tells nothing is kept with the reason'
);
select pg_temp.again();
select pg_temp.event('IncomingMessage', '00000000-0000-0000-0000-000000000000', '2026-06-01 10:00Z'),
  pg_temp.event('IncomingMessage', '00000000-0000-0000-0000-000000000000', '2026-06-01 10:01Z');
select is(pg_temp.bodies(), '- Hello received, - Hello received', 'an id of zeros is none');
select pg_temp.again();
select pg_temp.sent(kind, '00000000-0000-0000-0000-000000000000', at)
from (values
  ('MessageDelivered', '2026-06-01 10:00:05Z'::timestamptz), ('OutgoingMessage', '2026-06-01 10:00Z'),
  ('OutgoingMessage', '2026-06-01 10:01Z')
) e (kind, at);
select is(pg_temp.bodies(), '- Hello delivered, - Hello sent', 'that it left and that it arrived is told of one, also without an id');
select pg_temp.pull(
  tests.journaled(null, '2026-06-01 10:00Z', '{"origin": "Outbound", "messageDeliveryStatus": "Delivered"}'),
  tests.journaled(null, '2026-06-01 10:01Z', '{"origin": "Outbound", "messageDeliveryStatus": "Delivered"}')
);
select is(pg_temp.bodies(), '- Hello delivered, - Hello delivered', 'and the journal tells of the same');
select pg_temp.again();
select pg_temp.event('IncomingMessage', 'x', '2026-06-02 10:00Z', '{"To": "+12125550177"}');
select results_eq(
  'select org_id, line_id from tests.messages where sent_at >= ''2026-06-02''',
  $$values ('00000000-0000-0000-0000-000000000000'::uuid, null::uuid)$$, 'a message to a number that nobody has waits'
);

select * from finish();
rollback;
