begin;
select plan(15);

create temporary table people on commit drop as select * from tests.two_organizations();
create temporary table story on commit drop as
select p.*, l.phone_number_id as number from people p join public.lines l on l.id = p.given;
grant select on story to public;
create function pg_temp.pull(variadic p_items text[]) returns void
language sql as $$select from story, lateral tests.pull(platform_account, 'messages', p_items)$$;
create function pg_temp.whose(p_id text) returns text
language sql as $$
  select concat_ws(' ', o.name, case when m.line_id is not null then 'line' end, case when c.id is not null then 'conversation' end)
  from public.messages m
  join public.organizations o on o.id = m.org_id
  left join public.conversations c on c.id = m.conversation_id and c.org_id = m.org_id and c.line_id = m.line_id
  where m.provider_message_id = p_id
$$;

-- A number that nobody has is given to somebody, back-dated.
select tests.phone_number(platform_account, '+12125550104') from story;
select pg_temp.pull(
  tests.journaled('before', '2026-05-01 10:00Z', '{"businessNumber": {"number": "+12125550104"}}'),
  tests.journaled('within', '2026-06-01 10:00Z', '{"businessNumber": {"number": "+12125550104"}, "text": "STOP"}')
);
select tests.act_as(platform_admin) from story;
select public.assign_phone_numbers(
  array(select n.id from public.phone_numbers n where n.e164 = '+12125550104'), acme, '2026-05-15'
) from story;
select tests.act_as_role('postgres');
select is(pg_temp.whose('within'), 'Acme line conversation', 'who is given the number from before gets what came since');
select isnt(pg_temp.whose('before'), 'Acme', 'and nothing that came before');
select results_eq(
  'select unread_count, opted_out_at from tests.conversations', $$values (1, '2026-06-01 10:00Z'::timestamptz)$$, 'with all it says'
);
select tests.act_as(org_admin) from story;
select results_eq('select body from tests.messages', $$values ('STOP')$$, 'and reads it');

-- A number moves from now on: history stays.
select tests.act_as_role('postgres');
select pg_temp.pull(tests.journaled('past', now() - interval '1 hour'), tests.journaled('ahead', now() + interval '1 hour'));
select is(pg_temp.whose(id), 'Acme line conversation', 'both are Acme''s') from unnest(array['past', 'ahead']) id;
select tests.act_as(platform_admin) from story;
select public.assign_phone_number(number, globex) from story;
select tests.act_as_role('postgres');
select is(pg_temp.whose('past'), 'Acme line conversation', 'what came before the move stays');
select is(pg_temp.whose('ahead'), 'Globex line conversation', 'what a clock ahead puts after it goes');
select results_eq(
  'select c.line_id, c.unread_count from tests.conversations c, story where c.external_number = ''+12125550199'' and c.line_id = given',
  'select given, 1 from story', 'the conversation keeps what is left'
);
select tests.act_as(their_admin) from story;
select results_eq('select provider_message_id from tests.messages', $$values ('ahead')$$, 'the other reads what is theirs alone');

-- And is taken back.
select tests.act_as(platform_admin) from story;
select public.withdraw_phone_numbers(array[number], now() + interval '1 minute') from story;
select public.assign_phone_number(number, acme, now() + interval '30 minutes') from story;
select tests.act_as_role('postgres');
select is(pg_temp.whose('ahead'), 'Acme line conversation', 'a promise for later moves it on');
select tests.act_as(platform_admin) from story;
select public.withdraw_phone_numbers(array[number], now() + interval '2 minutes') from story;
select tests.act_as_role('postgres');
select unalike(pg_temp.whose('ahead'), '%line%', 'a promise that is taken back leaves it to nobody');
select results_eq(
  'select count(*)::int from public.conversations c where not exists (select from public.messages m where m.conversation_id = c.id)',
  'values (0)',
  'no conversation is left without a message'
);

-- Told before its number is in the inventory.
select tests.deliver(acme_account, tests.event(
  'IncomingMessage', 'new', '2026-06-03 10:00Z', '{"From": "+12125550199", "To": "+12125550107", "Text": "Hello"}'
), '2026-06-03 10:00Z') from story;
select is(pg_temp.whose('new'), 'Acme', 'on an organization''s own account each message is its own');
select tests.pull(acme_account, 'phone_numbers', array['{"number": "+12125550107"}']) from story;
select private.rehome_messages(n.id) from public.phone_numbers n where n.e164 = '+12125550107';
select is(pg_temp.whose('new'), 'Acme line conversation', 'and finds its line once that is there');

select * from finish();
rollback;
