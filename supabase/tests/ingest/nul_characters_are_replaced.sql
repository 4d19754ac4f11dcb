begin;
select plan(17);

select is(private.without_nul(body), replaced, body)
from (
  values
    ('{"a":"x"}', '{"a":"x"}'),
    ('{"a":"\u0000"}', '{"a":"\ufffd"}'),
    ('{"a":"x\u0000y\u0000"}', '{"a":"x\ufffdy\ufffd"}'),
    ('{"a":"\u0000\u0000\u0000"}', '{"a":"\ufffd\ufffd\ufffd"}'),
    ('{"\u0000":1}', '{"\ufffd":1}'),
    ('{"a":"\\u0000"}', '{"a":"\\u0000"}'),
    ('{"a":"\\\u0000"}', '{"a":"\\\ufffd"}'),
    ('{"a":"\\\\u0000"}', '{"a":"\\\\u0000"}'),
    ('{"a":"\\\\\u0000\\u0000"}', '{"a":"\\\\\ufffd\\u0000"}'),
    ('{"a":"\u00001"}', '{"a":"\ufffd1"}'),
    ('\u0000', '\ufffd')
) example (body, replaced);

create temporary table story on commit drop as select * from tests.two_organizations();
select results_eq(
  $$
    select status from story, tests.deliver(
      platform_account, '{"EventType":"IncomingCall","Guid":"nul","Note":"x\u0000\u0000y","Body":{"Id":"c\u0000","To":"+12125550101"}}'
    )
  $$, $$values ('applied')$$, 'an event with NUL characters is applied'
);
select results_eq(
  'select had_nul, payload ->> ''Note'' from private.webhook_events', $$values (true, e'x\ufffd\ufffdy')$$, 'and flagged'
);
select results_eq('select provider_call_id from public.calls', $$values (e'c\ufffd' collate "C")$$, 'its call has a name that can be held');
select tests.deliver(platform_account, tests.event('IncomingCall', 'plain')) from story;
select is((select count(*)::int from private.webhook_events where not had_nul), 1, 'others are not flagged');
select results_eq(
  $$
    select new_items, rejected_items
    from story, tests.pull(platform_account, 'calls', array[tests.listed('listed', now(), '{"callStatus": "x"}')::text, replace(
      tests.listed('nul', now(), '{"note": "?"}'), '?', '\u0000'
    )])
  $$, 'values (2, 0)', 'a listed call with one is a call'
);
select is(
  (select payload ->> 'note' from private.call_snapshots where provider_call_id = 'nul'), e'\ufffd', 'and keeps the rest of what it said'
);

select * from finish();
rollback;
