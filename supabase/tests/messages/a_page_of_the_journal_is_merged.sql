begin;
select plan(24);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.pull(variadic p_items text[]) returns text
language sql as $$
  select p.new_items || ' new, ' || p.changed_items || ' changed, ' || p.unchanged_items || ' unchanged, ' || p.rejected_items || ' rejected'
  from story, lateral tests.pull(platform_account, 'messages', p_items) p
$$;

select is(
  pg_temp.pull(
    tests.journaled('a', '2026-06-01 10:00Z', '{"text": "Is it ready?"}'),
    tests.journaled(
      'b', '2026-06-01 10:05Z', '{"origin": "Outbound", "text": null, "textModel": {"text": "Yes"}, "messageDeliveryStatus": "Sent"}'
    ),
    tests.journaled('c', '2026-06-01 10:06Z', '{"businessNumber": {"number": "+12125550103"}, "client": {"address": "2125550198"}}'),
    tests.journaled('d', '2026-06-01 10:07Z', '{"type": "Call"}')
  ),
  '3 new, 0 changed, 1 unchanged, 0 rejected', 'a page tells of messages, and of what is none'
);
select tests.act_as(agent) from story;
select results_eq(
  $$
    select provider_message_id, direction, business_number, external_number, body, segments, state, sent_at, line_id, sent_by
    from tests.messages order by sent_at
  $$,
  $$
    select 'a'::text, 'inbound'::text, '+12125550101'::text, '+12125550199'::text, 'Is it ready?'::text, 1, 'received'::text,
      '2026-06-01 10:00Z'::timestamptz, given, null::uuid from story
    union all
    select 'b', 'outbound', '+12125550101', '+12125550199', 'Yes', 1, 'sent', '2026-06-01 10:05Z', given, null from story
  $$,
  'each is a row of the organization that had the number then'
);
select tests.act_as(their_admin) from story;
select results_eq(
  'select provider_message_id, external_number from tests.messages', $$values ('c', '2125550198')$$, 'and of no other'
);

select tests.act_as_role('postgres');
select is(
  pg_temp.pull(
    tests.journaled('a', '2026-06-01 10:00Z', '{"text": "Is it ready?"}'),
    tests.journaled('b', '2026-06-01 10:05Z', '{"origin": "Outbound", "text": "Yes", "messageDeliveryStatus": "Delivered"}')
  ),
  '0 new, 1 changed, 1 unchanged, 0 rejected', 'read again it says what changed'
);
select results_eq(
  'select state, body from tests.messages where provider_message_id = ''b''', $$values ('delivered', 'Yes')$$, 'which is written'
);
select is(
  pg_temp.pull(tests.journaled('b', '2026-06-01 10:05Z', '{"origin": "Outbound", "text": "Yes", "messageDeliveryStatus": "Sent"}')),
  '0 new, 1 changed, 0 unchanged, 0 rejected', 'what was delivered may be stated to be sent again'
);
select results_eq('select state from tests.messages where provider_message_id = ''b''', $$values ('delivered')$$, 'and stays delivered');
select pg_temp.pull(tests.journaled(
  'b', '2026-06-01 10:05Z', '{"origin": "Outbound", "text": "Yes", "messageDeliveryStatus": "Failed", "failureReason": "Carrier refused"}'
));
select results_eq(
  'select state, failure_reason from tests.messages where provider_message_id = ''b''', $$values ('failed', 'Carrier refused')$$,
  'a failure stated later counts, with its reason'
);

-- Pages in the wrong order.
select tests.pull(
  platform_account, 'messages',
  array[tests.journaled('b', '2026-06-01 10:05Z', '{"origin": "Outbound", "text": "Never", "messageDeliveryStatus": "Sent"}')],
  now() - interval '1 hour'
) from story;
select results_eq(
  'select state, body from tests.messages where provider_message_id = ''b''', $$values ('failed', 'Yes')$$,
  'a page observed earlier takes nothing back'
);
select tests.pull(
  platform_account, 'messages',
  array[tests.journaled('e', '2026-06-01 11:00Z', '{"origin": "Outbound", "messageDeliveryStatus": "Sent"}')], now()
) from story;
select tests.pull(
  platform_account, 'messages',
  array[tests.journaled('e', '2026-06-01 11:00Z', '{"origin": "Outbound", "messageDeliveryStatus": "Delivered"}')],
  now() - interval '1 hour'
) from story;
select results_eq(
  'select state from tests.messages where provider_message_id = ''e''', $$values ('delivered')$$,
  'but what it says was delivered, was'
);

-- Without an id.
select is(
  pg_temp.pull(
    tests.journaled('00000000-0000-0000-0000-000000000000', '2026-06-02 10:00Z', '{"text": "One"}'),
    tests.journaled('00000000-0000-0000-0000-000000000000', '2026-06-02 10:00Z', '{"text": "Two"}'),
    tests.journaled(null, '2026-06-02 10:00:01Z', '{"text": "Two"}')
  ),
  '3 new, 0 changed, 0 unchanged, 0 rejected', 'messages without an id are told apart by what they say'
);
select is(
  pg_temp.pull(
    tests.journaled('00000000-0000-0000-0000-000000000000', '2026-06-02 10:00Z', '{"text": "One"}'),
    tests.journaled(null, '2026-06-02 10:00:01Z', '{"text": "Two"}')
  ),
  '0 new, 0 changed, 2 unchanged, 0 rejected', 'and known again'
);
select results_eq(
  'select body, provider_message_id from tests.messages where sent_at >= ''2026-06-02'' order by sent_at, body',
  $$values ('One', null), ('Two', null), ('Two', null)$$, 'each is one row'
);

-- Numbers and names.
select pg_temp.pull(
  tests.journaled('f', '2026-06-03 10:00Z', '{"businessNumber": "+12125550177", "client": {"address": "PARCELS"}, "text": "Here soon"}')
);
select results_eq(
  'select business_number, external_number, org_id, line_id, conversation_id from tests.messages where provider_message_id = ''f''',
  $$values ('+12125550177', 'PARCELS', '00000000-0000-0000-0000-000000000000'::uuid, null::uuid, null::uuid)$$,
  'one to a number that nobody has waits with the operator, whoever sends it'
);
select results_eq(
  'select count(*) from public.phone_numbers n join public.messages m on m.phone_number_id = n.id where n.e164 = ''+12125550177''',
  'values (1::bigint)', 'and the number is in the inventory'
);

-- What cannot be a message is set aside, and the page goes on.
select is(
  pg_temp.pull(
    '7', '[]', '"text"', 'null', '{}',
    tests.journaled('g', '2026-06-04 10:00Z', '{"origin": "Sideways"}'),
    tests.journaled('h', '2026-06-04 10:00Z', '{"businessNumber": {"number": "ours"}}'),
    tests.journaled('i', '2026-06-04 10:00Z', '{"client": null}'),
    tests.journaled('j', '1970-01-01 00:00Z'),
    tests.journaled('k', '2090-01-01 00:00Z'),
    tests.journaled('l', null),
    tests.journaled(repeat('m', 201), '2026-06-04 10:00Z'),
    tests.journaled('n', '2026-06-04 10:00Z', '{"text": {"deep": []}, "messageDeliveryStatus": [1], "client": {"address": 2125550197}}')
  ),
  '1 new, 0 changed, 0 unchanged, 12 rejected', 'what cannot be read is set aside by itself'
);
select results_eq(
  'select reason, count(*)::int from private.rejected_items group by reason order by reason collate "C"',
  $$values
    ('The item is not a JSON object.', 4), ('The message has no readable created.', 1), ('The message is neither Inbound nor Outbound.', 2),
    ('The message names no number of the account.', 1), ('The message names nobody outside.', 1),
    ('The message''s created is impossible.', 2), ('The message''s requestGuid has more than 200 characters.', 1)
  $$, 'with a reason each'
);
select results_eq(
  'select external_number, body from tests.messages where provider_message_id = ''n''', $$values ('2125550197', '')$$,
  'what can be read of an odd one is'
);
select pg_temp.pull(tests.journaled('o', '2026-06-04 11:00Z', jsonb_build_object('text', repeat('x', 100000))));
select results_eq(
  'select char_length(body), segments from tests.messages where provider_message_id = ''o''', 'values (10000, 66)',
  'a text that has no end is cut'
);
select is(
  pg_temp.pull(
    tests.journaled('p', '2026-06-05 10:00Z', '{"text": "First"}'), tests.journaled('p', '2026-06-05 10:00Z', '{"text": "Second"}')
  ),
  '1 new, 0 changed, 1 unchanged, 0 rejected', 'one that stands in a page twice is one'
);
select results_eq(
  'select body from tests.messages where provider_message_id = ''p''', $$values ('Second')$$, 'and says what it says last'
);
select pg_temp.pull(tests.journaled('{0F4B8A00-0000-0000-0000-000000000001}', '2026-06-05 11:00Z', '{"text": "Braces"}'));
select results_eq(
  'select provider_message_id from tests.messages where body = ''Braces''', $$values ('{0F4B8A00-0000-0000-0000-000000000001}')$$,
  'an id is kept as it is written'
);

-- A page that is empty, or of other kinds alone.
select is(pg_temp.pull(variadic '{}'), '0 new, 0 changed, 0 unchanged, 0 rejected', 'an empty page changes nothing');
select is(
  pg_temp.pull(tests.journaled('q', now(), '{"type": "Call"}'), tests.journaled('r', now(), '{"type": "Voicemail"}')),
  '0 new, 0 changed, 2 unchanged, 0 rejected', 'nor does one of other kinds'
);

select * from finish();
rollback;
