begin;
select plan(14);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.state() returns text
language sql as $$select string_agg(concat_ws(': ', state, failure_reason), ', ' order by external_number) from tests.messages$$;
create function pg_temp.settle(p_read_through timestamptz) returns void
language sql as $$select private.settle_unconfirmed(platform_account, p_read_through) from story$$;

select tests.act_as(agent) from story;
select public.send_message(given, array['+12125550198', '+12125550199'], 'Hello') from story;
select tests.act_as_role('postgres');
select tests.send_next('unconfirmed');
select tests.send_next('unconfirmed', null, now() + interval '1 minute');

select pg_temp.settle(now() + interval '1 hour');
select is(pg_temp.state(), 'unconfirmed: No answer, unconfirmed: No answer', 'within an hour the journal may still list it');
select pg_temp.settle(now() + interval '61 minutes');
select is(
  pg_temp.state(), 'failed: MightyCall never listed it, so it did not go out., unconfirmed: No answer',
  'what it does not list by then did not go out'
);
select private.settle_unconfirmed(acme_account, now() + interval '1 day') from story;
select matches(pg_temp.state(), 'unconfirmed: No answer$', 'the journal of another account tells nothing');
select tests.pull(
  platform_account, 'messages',
  array[tests.journaled('j', now() + interval '61 seconds', '{"origin": "Outbound", "messageDeliveryStatus": "Delivered"}')], now()
) from story;
select pg_temp.settle(now() + interval '1 day');
select matches(pg_temp.state(), 'out., delivered$', 'what is listed is settled by that');

-- Listed after all.
select tests.pull(
  platform_account, 'messages',
  array[tests.journaled('k', now(), '{"origin": "Outbound", "messageDeliveryStatus": "Sent", "client": {"address": "+12125550198"}}')],
  now()
) from story;
select is(pg_temp.state(), 'sent, delivered', 'and so is what it lists later than it should');

-- Its worker comes back.
select tests.act_as(agent) from story;
select public.send_message(given, array['+12125550197'], 'Hello') from story;
select tests.act_as_role('postgres');
create temporary table held on commit drop as select tests.claim_request() as request;
select ok(tests.begin_request(request), 'a worker begins') from held;
select is(tests.claim_request('two', now() + interval '2 minutes'), null, 'and stops');
select pg_temp.settle(now() + interval '2 hours');
select matches(pg_temp.state(), '^failed: MightyCall never listed it', 'what it began is settled');
select ok(tests.finish_request(request, 'sent', 'z'), 'then it comes back') from held;
select matches(pg_temp.state(), '^sent, ', 'and knows better');

-- Calls, by how far the calls were read.
select tests.act_as(agent) from story;
select public.place_call(given, '+12125550199') from story;
select tests.act_as_role('postgres');
select tests.send_next('unconfirmed');
select pg_temp.settle(now() + interval '1 day');
select results_eq('select state from tests.placed_calls', $$values ('unconfirmed')$$, 'the journal says nothing of calls');
update private.sync_cursors set watermark = now() + interval '1 hour' where resource = 'calls';
select pg_temp.settle(now() + interval '1 day');
select results_eq('select state from tests.placed_calls', $$values ('unconfirmed')$$, 'within an hour a call may still be listed');
update private.sync_cursors set watermark = now() + interval '61 minutes' where resource = 'calls';
select pg_temp.settle(now() + interval '1 day');
select results_eq(
  'select state, reason from tests.placed_calls', $$values ('failed', 'MightyCall never listed it, so it did not go out.')$$,
  'then it did not ring'
);
select is(tests.claim_request('one', now() + interval '1 day'), null, 'nothing of all this is done again');

select * from finish();
rollback;
