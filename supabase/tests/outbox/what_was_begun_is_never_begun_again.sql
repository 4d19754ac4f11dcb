begin;
select plan(52);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table claimed (n int, request jsonb) on commit drop;
create function pg_temp.send(variadic p_to text[]) returns void
language sql as $$
  select tests.act_as(agent) from story;
  select public.send_message(given, p_to, 'Hello') from story;
  select tests.act_as_role('postgres')
$$;
create function pg_temp.state(p_to text default '+12125550199') returns text
language sql as $$
  select string_agg(concat_ws(': ', state, failure_reason), ', ' order by created_at, id) from tests.messages where external_number = p_to
$$;
create function pg_temp.fresh(variadic p_to text[] default '{+12125550199}') returns void
language sql as $$
  delete from public.messages;
  delete from public.conversations;
  truncate claimed;
  select pg_temp.send(variadic p_to)
$$;
create function pg_temp.request(p_n int) returns jsonb language sql as $$select request from claimed where n = p_n$$;

-- The way of a message.
select pg_temp.fresh();
insert into claimed values (1, tests.claim_request('one'));
select results_eq(
  'select request - ''request_id'' from claimed',
  $$select jsonb_build_object(
    'kind', 'message', 'integration_id', platform_account, 'organization', 'platform', 'account_type', 'call_center',
    'from_number', '+12125550101', 'to_number', '+12125550199', 'body', 'Hello', 'attempt', 1
  ) from story$$,
  'a worker is told what to send'
);
select is(tests.claim_request('two'), null, 'no other is');
select is(pg_temp.state(), 'queued', 'the message waits until it begins');
select ok(not tests.begin_request(pg_temp.request(1), 'two'), 'nobody else begins');
select ok(tests.begin_request(pg_temp.request(1), 'one', now() + interval '1 second'), 'it begins');
select is(pg_temp.state(), 'sending', 'which is seen');
select ok(not tests.begin_request(pg_temp.request(1)), 'it does not begin twice');
select is(tests.claim_request('two', now() + interval '119 seconds'), null, 'meanwhile nobody gets it');
select ok(not tests.finish_request(pg_temp.request(1), 'sent', p_worker => 'two'), 'nobody else ends it');
select ok(tests.finish_request(pg_temp.request(1), 'sent', 'x1'), 'it is sent');
select results_eq(
  'select state, provider_message_id, sent_at, failure_reason from tests.messages',
  $$values ('sent', 'x1', now() + interval '1 second', null)$$, 'with its id, when it was handed over'
);
select ok(not tests.finish_request(pg_temp.request(1), 'failed', null, 'Late'), 'what is sent stays sent');
select is(pg_temp.state(), 'sent', 'whatever else is said of it');
select is(tests.claim_request('two', now() + interval '1 day'), null, 'and is not sent again');

-- Failure, with the provider's words.
select pg_temp.fresh();
select tests.finish_request(r, 'failed', null, 'Not enough credit') from tests.claim_request() r where tests.begin_request(r);
select is(pg_temp.state(), 'failed: Not enough credit', 'a refusal is told in the provider''s words');
select pg_temp.fresh();
select tests.finish_request(tests.claim_request(), 'failed', null, 'No such account');
select is(pg_temp.state(), 'failed: No such account', 'also before it began');
select pg_temp.fresh();
select tests.finish_request(tests.claim_request(), 'failed');
select is(pg_temp.state(), 'failed: MightyCall gave no reason.', 'there is always a reason');

-- Nothing reached the provider: again, later.
select pg_temp.fresh();
insert into claimed values (1, tests.claim_request());
select ok(
  tests.finish_request(pg_temp.request(1), 'retry', null, 'The quota of today is used', now() + interval '1 hour'), 'it is put back'
);
select is(pg_temp.state(), 'queued: The quota of today is used', 'and says why it waits');
select is(tests.claim_request('two', now() + interval '59 minutes'), null, 'until its time');
insert into claimed values (2, tests.claim_request('two', now() + interval '1 hour'));
select is(pg_temp.request(2) ->> 'attempt', '2', 'then it is tried again');
select ok(tests.begin_request(pg_temp.request(2), 'two', now() + interval '1 hour'), 'by whoever has it');
select ok(
  tests.finish_request(pg_temp.request(2), 'retry', null, 'No connection', now() + interval '2 hours', 'two', now() + interval '1 hour'),
  'after it began, too, when it is certain that nothing left'
);
select is(pg_temp.state(), 'queued: No connection', 'it waits again');
select results_eq('select sent_at from tests.messages', 'values (now())', 'as if it had never begun');

-- A worker that stops.
select pg_temp.fresh();
insert into claimed values (1, tests.claim_request('one'));
insert into claimed values (2, tests.claim_request('two', now() + interval '2 minutes'));
select is(pg_temp.request(2) ->> 'request_id', pg_temp.request(1) ->> 'request_id', 'what was not begun goes to another');
select ok(not tests.begin_request(pg_temp.request(1), 'one', now() + interval '2 minutes'), 'the first does not begin any more');
select ok(tests.begin_request(pg_temp.request(2), 'two', now() + interval '3 minutes'), 'the other does');
select is(tests.claim_request('three', now() + interval '5 minutes'), null, 'what was begun goes to nobody');
select is(
  pg_temp.state(), 'unconfirmed: The program stopped while it was asking MightyCall. It is not tried again.', 'whether it left is not known'
);
select is(tests.claim_request('three', now() + interval '2 days'), null, 'and it is never sent again');
select ok(tests.finish_request(pg_temp.request(2), 'sent', 'x1', p_worker => 'two'), 'unless the worker comes back and knows');
select is(pg_temp.state(), 'sent', 'then it is sent');
select pg_temp.fresh();
insert into claimed values (1, tests.claim_request('one'));
select tests.begin_request(pg_temp.request(1)), tests.claim_request('two', now() + interval '2 minutes');
select ok(tests.finish_request(pg_temp.request(1), 'retry', null, 'No connection', now()), 'one who comes back knowing that nothing left');
select is(pg_temp.state(), 'failed: No connection', 'says so');
select is(tests.claim_request('two', now() + interval '2 minutes'), null, 'which sends nothing any more');
select pg_temp.fresh();
insert into claimed values (1, tests.claim_request('one'));
select ok(not tests.begin_request(pg_temp.request(1), 'one', now() + interval '2 minutes'), 'nothing is begun on a lease that is over');
select ok(
  not tests.finish_request(pg_temp.request(1), 'sent') and not tests.finish_request(pg_temp.request(1), 'unconfirmed'),
  'and what was not begun was not sent'
);

-- A timeout.
select pg_temp.fresh();
select tests.send_next('unconfirmed');
select is(pg_temp.state(), 'unconfirmed: No answer', 'a request without an answer is not confirmed');
select is(tests.claim_request('one', now() + interval '2 days'), null, 'nor repeated');

-- Waiting has an end.
select pg_temp.fresh();
select is(tests.claim_request('one', now() + interval '1 day'), null, 'after a day it is too late');
select is(pg_temp.state(), 'failed: It could not be sent within a day.', 'and said so');
select pg_temp.fresh();
insert into claimed values (1, tests.claim_request('one', now() + interval '1 day' - interval '1 minute'));
select ok(not tests.begin_request(pg_temp.request(1), 'one', now() + interval '1 day'), 'also for whoever has it');
select is(pg_temp.state(), 'failed: It could not be sent within a day.', 'by then');

-- What changed meanwhile.
create function pg_temp.begun_after(p_change text) returns text
language plpgsql as $$
declare
  v_request jsonb;
  v_came text;
begin
  perform pg_temp.fresh();
  v_request := tests.claim_request();
  begin
    execute p_change;
    v_came := concat_ws(', ', tests.begin_request(v_request), pg_temp.state(), tests.claim_request('two', now()) ->> 'attempt');
    raise exception using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then
    return v_came;
  end;
end
$$;
select is(pg_temp.begun_after('select'), 't, sending', 'nothing changed');
select is(
  pg_temp.begun_after('update public.integrations set disabled_at = now()'), 'f, queued', 'an account that is switched off lets it wait'
);
select is(
  pg_temp.begun_after('update public.organizations set archived_at = now() where name = ''Acme'''), 'f, queued',
  'so does a closed organization'
);
select is(
  pg_temp.begun_after('update public.lines set period = tstzrange(lower(period), now())'),
  'f, failed: The organization has this number no more.', 'a number that went away sends nothing'
);
select is(
  pg_temp.begun_after('update public.conversations set opted_out_at = now()'),
  'f, failed: The recipient answered STOP and has not taken it back.', 'nor is anything sent to who does not want it'
);

-- In order, and past what is held up.
select pg_temp.fresh('+12125550199', '+12125550198');
select pg_temp.send('+12125550199');
select is(
  array(select tests.claim_request(worker) ->> 'to_number' from unnest(array['one', 'two', 'three']) worker),
  array['+12125550199', '+12125550198', null], 'what is written to one recipient goes one after the other'
);
select pg_temp.fresh();
update public.integrations set disabled_at = now();
select is(tests.claim_request(), null, 'nothing is sent from an account that is switched off');
update public.integrations set disabled_at = null;
update public.organizations set archived_at = now() where name = 'Acme';
select is(tests.claim_request(), null, 'nor for a closed organization');

select * from finish();
rollback;
