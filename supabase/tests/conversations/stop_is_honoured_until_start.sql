begin;
select plan(52);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table said (n int generated always as identity) on commit drop;
create function pg_temp.says(p_body text, p_at timestamptz default null, p_said jsonb default '{}') returns void
language sql as $$
  with next as (insert into said default values returning n)
  select
  from story, next, lateral tests.pull(platform_account, 'messages', array[
    tests.journaled('m' || n, coalesce(p_at, '2026-06-01 10:00Z'::timestamptz + make_interval(mins => n)), jsonb_build_object('text', p_body) || p_said)
  ])
$$;
create function pg_temp.is_out() returns boolean
language sql as $$
  select opted_out_at is not null from story, tests.conversations c where c.line_id = given and c.external_number = '+12125550199'
$$;
create function pg_temp.is_out_after(p_body text) returns boolean
language plpgsql as $$
declare
  v_is_out boolean;
begin
  begin
    perform pg_temp.says(p_body);
    v_is_out := pg_temp.is_out();
    raise exception using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then
    return v_is_out;
  end;
end
$$;

-- The words.
select ok(pg_temp.is_out_after(word), quote_literal(word))
from unnest(array[
  'STOP', 'stop', 'Stop.', ' stop! ', E'\nSTOP\n', '"stop"', 'STOPALL', 'Unsubscribe', 'CANCEL', 'End', 'quit', 'OptOut', 'REVOKE',
  '...stop...'
]) with ordinality w (word, n) order by w.n;
select ok(not pg_temp.is_out_after(word), quote_literal(word) || ' is none')
from unnest(array[
  'Please stop', 'stop it', 'stopped', 'Do not stop', 'S T O P', '', '!', 'START', 'help', 'STOP STOP', 'The end', 'st.op'
]) with ordinality w (word, n) order by w.n;
select pg_temp.says('STOP');
select ok(pg_temp.is_out(), 'who says so is left alone');
select ok(not pg_temp.is_out_after(word), quote_literal(word) || ' takes it back')
from unnest(array['START', 'start', 'Unstop', 'YES', 'yes!', ' Yes. ']) with ordinality w (word, n) order by w.n;
select ok(pg_temp.is_out_after(word), quote_literal(word) || ' does not')
from unnest(array['Yes please', 'Start again', 'Hello', 'restart', 'no']) with ordinality w (word, n) order by w.n;

-- Whose word, and when.
select pg_temp.says('START', null, '{"origin": "Outbound"}');
select ok(pg_temp.is_out(), 'our own words take nothing back');
select pg_temp.says('START', '2026-06-01 09:00Z');
select ok(pg_temp.is_out(), 'nor does an earlier one, when it comes late');
select pg_temp.says('START', null, '{"client": {"address": "+12125550198"}}');
select ok(pg_temp.is_out(), 'or somebody else''s');
select pg_temp.says('STOP', '2026-06-01 08:00Z');
select pg_temp.says('START');
select ok(not pg_temp.is_out(), 'the last word counts');
select pg_temp.says('STOP');
select ok(pg_temp.is_out(), 'again');

-- What it means for who writes.
select tests.act_as(agent) from story;
select results_eq(
  $$
    select recipient collate "default", state, failure_reason
    from story, public.send_message(given, array['+12125550197', '+12125550199', '+12125550196'], 'Hello')
  $$,
  $$values
    ('+12125550197', 'queued', null), ('+12125550199', 'failed', 'The recipient answered STOP and has not taken it back.'),
    ('+12125550196', 'queued', null)
  $$,
  'nothing is sent to them, the others get theirs'
);
select results_eq(
  'select state, failure_reason from tests.messages where external_number = ''+12125550199'' and sent_by is not null',
  $$values ('failed', 'The recipient answered STOP and has not taken it back.')$$, 'which is seen'
);
select tests.act_as_role('postgres');
select results_eq(
  $$select tests.claim_request(worker) ->> 'to_number' from unnest(array['one', 'two', 'three']) worker$$,
  $$values ('+12125550197'), ('+12125550196'), (null)$$, 'no worker is ever told of it'
);
select tests.act_as(org_admin) from story;
select results_eq(
  'select state from story, public.send_message(other, ''{+12125550199}'', ''Hello'')', $$values ('queued')$$,
  'from another line they may be written to'
);
select results_eq(
  'select state from story, public.place_call(given, ''+12125550199'')', $$values ('queued')$$, 'and called from any'
);

-- While it waits to be sent.
select tests.act_as_role('postgres');
delete from private.outbox_requests;
select tests.act_as(agent) from story;
select public.send_message(given, '{+12125550195}', 'Hello') from story;
select tests.act_as_role('postgres');
create temporary table held on commit drop as select tests.claim_request() as request;
select pg_temp.says('Stop', now() - interval '1 minute', '{"client": {"address": "+12125550195"}}');
select ok(not tests.begin_request(request), 'what waits is not sent either') from held;
select results_eq(
  'select state, failure_reason from tests.messages where external_number = ''+12125550195'' and direction = ''outbound''',
  $$values ('failed', 'The recipient answered STOP and has not taken it back.')$$, 'for this reason'
);
select tests.act_as(agent) from story;
select results_eq(
  'select state from story, public.send_message(given, ''{+12125550195}'', ''Hello'')', $$values ('failed')$$, 'nor is anything else'
);
select tests.act_as_role('postgres');
select tests.deliver(platform_account, tests.event(
  'IncomingMessage', 'back', now(), '{"From": "+12125550195", "To": "+12125550101", "Text": "Unstop"}'
)) from story;
select tests.act_as(agent) from story;
select results_eq(
  'select state from story, public.send_message(given, ''{+12125550195}'', ''Hello'')', $$values ('queued')$$, 'until they take it back'
);

select * from finish();
rollback;
