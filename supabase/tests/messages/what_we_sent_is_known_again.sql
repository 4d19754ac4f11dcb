begin;
select plan(32);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.fresh(variadic p_outcomes text[] default '{sent}') returns void
language plpgsql as $$
declare
  v_outcome text;
begin
  delete from public.messages;
  delete from public.conversations;
  delete from private.provider_items;
  delete from private.webhook_events;
  foreach v_outcome in array p_outcomes loop
    perform tests.act_as(agent) from story;
    perform public.send_message(given, array['+12125550199'], 'Hello') from story;
    perform tests.act_as_role('postgres');
    perform tests.send_next(v_outcome, case v_outcome when 'sent' then 'answered' end);
  end loop;
end
$$;
create function pg_temp.listed(p_id text, p_after interval, p_said jsonb default '{}') returns void
language sql as $$
  select from story, lateral tests.pull(platform_account, 'messages', array[
    tests.journaled(p_id, now() + p_after, '{"origin": "Outbound", "messageDeliveryStatus": "Sent"}' || p_said)
  ], now() + interval '1 hour')
$$;
create function pg_temp.event(p_type text, p_id text, p_after interval) returns void
language sql as $$
  select from story, lateral tests.deliver(
    platform_account, tests.event(p_type, p_id, now() + p_after, '{"From": "+12125550101", "To": "+12125550199", "Text": "Hello"}'),
    now() + p_after
  )
$$;
create function pg_temp.told() returns text
language sql as $$
  select string_agg(
    case when sent_by is null then 'theirs ' else 'ours ' end || coalesce(provider_message_id, '-') || ' ' || state, ', '
    order by sent_by is null, provider_message_id, state
  )
  from tests.messages
$$;

-- The journal lists what we sent.
select pg_temp.fresh();
select is(pg_temp.told(), 'ours answered sent', 'a message of ours');
select pg_temp.listed('j1', '3 seconds', '{"messageDeliveryStatus": "Delivered"}');
select is(pg_temp.told(), 'ours j1 delivered', 'is known again by what it says, also under another id');
select results_eq('select sent_at from tests.messages', $$values (now() + interval '3 seconds')$$, 'and the provider knows when');
select pg_temp.listed('j2', '4 seconds');
select is(pg_temp.told(), 'ours j1 delivered, theirs j2 sent', 'once: what else is listed was sent elsewhere');
select pg_temp.fresh('sent');
select pg_temp.listed('j1', '-2 minutes'), pg_temp.listed('answered', '2 hours', '{"text": "Hello\r\n"}');
select is(pg_temp.told(), 'ours answered sent, theirs j1 sent', 'the id of the answer counts more than likeness');
select pg_temp.fresh();
select pg_temp.listed('j1', '3 seconds', '{"text": " Hello\r\n"}');
select is(pg_temp.told(), 'ours j1 sent', 'space does not matter to likeness');
select results_eq('select body from tests.messages', $$values ('Hello')$$, 'our own words stay ours');

select pg_temp.fresh();
select pg_temp.event('OutgoingMessage', 'e1', '1 second'), pg_temp.event('OutgoingMessage', 'e2', '1 second');
select pg_temp.listed('j1', '1 second');
select is(pg_temp.told(), 'ours j1 sent, theirs e2 sent', 'what we sent is settled first, before what events alone tell of');

-- Around the time it was sent.
create function pg_temp.told_of(p_after interval, p_said jsonb default '{}') returns text
language plpgsql as $$
declare
  v_told text;
begin
  perform pg_temp.fresh();
  perform pg_temp.listed('j1', p_after, p_said);
  return pg_temp.told();
end
$$;
select is(pg_temp.told_of('-120 seconds'), 'ours j1 sent', 'two minutes before');
select is(pg_temp.told_of('-121 seconds'), 'ours answered sent, theirs j1 sent', 'not more');
select is(pg_temp.told_of('30 minutes'), 'ours j1 sent', 'half an hour after');
select is(pg_temp.told_of('1801 seconds'), 'ours answered sent, theirs j1 sent', 'not more');
select is(pg_temp.told_of('0', '{"text": "Hallo"}'), 'ours answered sent, theirs j1 sent', 'not with another text');
select is(pg_temp.told_of('0', '{"client": {"address": "+12125550198"}}'), 'ours answered sent, theirs j1 sent', 'to somebody else');
select is(
  pg_temp.told_of('0', '{"businessNumber": {"number": "+12125550102"}}'), 'ours answered sent, theirs j1 sent', 'from another number'
);
select is(pg_temp.told_of('0', '{"origin": "Inbound"}'), 'ours answered sent, theirs j1 received', 'or the other way');

-- Without an answer.
select pg_temp.fresh('unconfirmed');
select pg_temp.listed('j1', '20 seconds', '{"messageDeliveryStatus": "Delivered"}');
select is(pg_temp.told(), 'ours j1 delivered', 'what was not confirmed is, once it is listed');
select results_eq('select failure_reason from tests.messages', 'select null::text', 'and all is well');
select pg_temp.fresh('unconfirmed', 'unconfirmed');
select pg_temp.listed('j1', '20 seconds');
select is(pg_temp.told(), 'ours j1 sent, ours - unconfirmed', 'of two alike, one is settled by one');
select pg_temp.fresh('failed');
select pg_temp.listed('j1', '1 second');
select is(pg_temp.told(), 'ours - failed, theirs j1 sent', 'what the provider refused was not sent: somebody else did');
select pg_temp.fresh('failed');
select pg_temp.listed('j1', '1 second', '{"messageDeliveryStatus": "Failed", "failureReason": "Landline"}');
select is(pg_temp.told(), 'ours j1 failed', 'but what failed may be listed as failed');
select results_eq('select failure_reason from tests.messages', $$values ('Landline')$$, 'with the provider''s reason');

-- While it is being sent.
create function pg_temp.begun() returns jsonb
language plpgsql as $$
declare
  v_request jsonb;
begin
  perform pg_temp.fresh('sent');
  perform tests.act_as(agent) from story;
  perform public.send_message(given, array['+12125550199'], 'Hello') from story;
  perform tests.act_as_role('postgres');
  delete from public.messages where state = 'sent';
  v_request := tests.claim_request();
  perform tests.begin_request(v_request);
  return v_request;
end
$$;
create temporary table held (request jsonb) on commit drop;
insert into held select pg_temp.begun();
select pg_temp.event('OutgoingMessage', 'x', '1 second'), pg_temp.listed('x', '1 second');
select is(pg_temp.told(), 'ours x sent', 'it may be told of before the answer is here');
select tests.finish_request(request, 'unconfirmed', null, 'Timeout') from held;
select is(pg_temp.told(), 'ours x sent', 'and then is sent, answer or not');
truncate held;
insert into held select pg_temp.begun();
select pg_temp.listed('x', '1 second');
select tests.finish_request(request, 'retry', null, 'No connection', now()) from held;
select is(tests.claim_request(), null, 'what is listed is not sent again, whatever the worker thinks');
select is(pg_temp.told(), 'ours x sent', 'and is sent');
truncate held;
insert into held select pg_temp.begun();
select pg_temp.event('OutgoingMessage', 'x', '11 hours'), pg_temp.event('MessageDelivered', 'x', '11 hours');
select is(pg_temp.told(), 'ours - sending, theirs x delivered', 'by a clock that is far off it cannot be known again');
select tests.finish_request(request, 'sent', 'x') from held;
select is(pg_temp.told(), 'ours x delivered', 'before the answer says which it is');
select results_eq('select count(*)::int from tests.conversations', 'values (1)', 'then it is one again');

-- The events know it, too.
select pg_temp.fresh();
select pg_temp.event('MessageDelivered', 'answered', '5 seconds');
select is(pg_temp.told(), 'ours answered delivered', 'events know it by the answered id');
select pg_temp.fresh('unconfirmed');
select pg_temp.event(
  'OutgoingMessage', 'e', '5 seconds'
), pg_temp.event('MessageFailed', 'e', '6 seconds'), pg_temp.listed('j', '7 seconds');
select is(pg_temp.told(), 'ours j failed', 'or by what it says');

-- It is nobody else's, whatever clocks say.
select pg_temp.fresh();
select tests.act_as(platform_admin) from story;
select public.withdraw_phone_numbers(array[l.phone_number_id], now() + interval '1 minute')
from public.lines l
join story on story.given = l.id;
select tests.act_as_role('postgres');
select pg_temp.listed('answered', '5 minutes');
select results_eq(
  'select org_id, line_id, state, sent_at from tests.messages',
  'select acme, given, ''sent'', now() + interval ''5 minutes'' from story', 'what we sent stays with whom we sent it for'
);

select * from finish();
rollback;
