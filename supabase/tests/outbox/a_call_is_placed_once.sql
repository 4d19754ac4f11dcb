begin;
select plan(39);

create temporary table story on commit drop as select w.*, tests.api_key(w.acme) as key from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.call(p_line_id uuid, p_to text default '+12125550199') returns text
language sql as $$select tests.attempt(format('select * from public.place_call(%L, %L)', p_line_id, p_to))$$;
create function pg_temp.state() returns text
language sql as $$select string_agg(concat_ws(': ', state, reason), ', ' order by id) from tests.placed_calls$$;
create function pg_temp.fresh() returns void
language sql as $$
  delete from public.placed_calls;
  delete from public.calls;
  select tests.act_as(agent) from story;
  select public.place_call(given, '+1 212 555 0199') from story;
  select tests.act_as_role('postgres')
$$;
create function pg_temp.listed(p_id text, p_at timestamptz, p_call jsonb default '{}') returns void
language sql as $$
  select from story, lateral tests.pull(platform_account, 'calls', array[tests.listed(
    p_id, p_at, '{"direction": "Outgoing", "caller": {"extension": "101"}, "called": [{"phone": "+12125550199"}]}' || p_call
  )])
$$;
create function pg_temp.becomes() returns text
language sql as $$
  select string_agg(p.state || ' ' || coalesce(c.provider_call_id, '-'), ', ' order by p.begun_at)
  from public.placed_calls p
  left join public.calls c on c.id = p.call_id
$$;
grant execute on function pg_temp.call(uuid, text), pg_temp.state() to public;

-- Who may.
select tests.act_as(agent) from story;
select is(pg_temp.call(given), '1 row', 'an agent rings from a line given to them') from story;
select is(pg_temp.call(other), 'PT404 line_not_found', 'and from no other') from story;
select tests.act_as(manager) from story;
select is(pg_temp.call(given), '1 row', 'so does a manager') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.call(other), '1 row', 'an admin from all of theirs') from story;
select is(pg_temp.call(theirs), 'PT404 line_not_found', 'and from nobody else''s') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.call(given), 'PT403 role_not_sufficient', 'a viewer rings nobody') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.call(theirs), '1 row', 'the operator from all') from story;
select is(pg_temp.call(s.theirs, v.bad), 'PT422 ' || v.code, 'but not ' || coalesce(v.bad, 'nobody'))
from story s, (values
  (null, 'recipient_invalid'), ('911', 'recipient_invalid'), ('+12125550103', 'recipient_is_own_number')
) v (bad, code);
select tests.act_as_role('postgres');
select is(
  tests.told_to_key(key, format('select * from public.place_call(%L, ''+12125550199'')', given), 'k'), '42501', 'programs ring nobody'
) from story;

-- Who sees it.
select pg_temp.fresh();
select tests.act_as(agent) from story;
select results_eq(
  'select line_id, business_number, external_number, state, requested_by from tests.placed_calls',
  'select given, ''+12125550101'', ''+12125550199'', ''queued'', agent from story', 'it waits, with who asked for it'
);
select tests.act_as(org_admin) from story;
select isnt_empty('select from tests.placed_calls', 'admins see it');
select tests.act_as(viewer) from story;
select is_empty('select from tests.placed_calls', 'viewers do not');
select tests.act_as(their_admin) from story;
select is_empty('select from tests.placed_calls', 'nor do others');
select tests.act_as_role('postgres');
delete from public.member_lines;
select tests.act_as(agent) from story;
select is_empty('select from tests.placed_calls', 'nor who has the line no more');
select tests.act_as_role('postgres');

-- The way of a call.
create temporary table claimed on commit drop as select tests.claim_request() as request;
select results_eq(
  'select request ->> ''kind'', request ->> ''from_number'', request ->> ''to_number'', request ->> ''body'' from claimed',
  $$values ('call', '+12125550101', '+12125550199', null)$$, 'a worker is told whom to ring'
);
select ok(tests.begin_request(request), 'it begins') from claimed;
select is(pg_temp.state(), 'sending', 'which is seen');
select ok(tests.finish_request(request, 'sent', 'c1'), 'it rings') from claimed;
select is(pg_temp.state(), 'placed', 'which is seen, too');

-- Time runs out, workers stop, the provider refuses.
insert into public.member_lines (org_id, member_id, line_id) select acme, agent_member, given from story;
select pg_temp.fresh();
select is(tests.claim_request('one', now() + interval '2 minutes'), null, 'after two minutes it would ring too late');
select is(pg_temp.state(), 'failed: It could not be placed within two minutes, and would ring too late.', 'and is not placed');
select pg_temp.fresh();
select ok(tests.begin_request(tests.claim_request()), 'a worker begins');
select is(tests.claim_request('two', now() + interval '2 minutes'), null, 'and stops: nobody rings again');
select is(
  pg_temp.state(), 'unconfirmed: The program stopped while it was asking MightyCall. It is not tried again.', 'whether it rang is not known'
);
select pg_temp.listed('c1', now() + interval '5 seconds');
select is(pg_temp.becomes(), 'placed c1', 'until the call is listed');
select results_eq('select reason from tests.placed_calls', 'select null::text', 'and all is well');
select pg_temp.fresh();
truncate claimed;
insert into claimed select tests.claim_request();
select ok(tests.begin_request(request), 'a call begins') from claimed;
select pg_temp.listed('c1', now() + interval '1 second');
select is(pg_temp.becomes(), 'sending c1', 'and is listed before the provider answers');
select tests.finish_request(request, 'unconfirmed', null, 'Timeout') from claimed;
select is(pg_temp.becomes(), 'placed c1', 'which then need not be confirmed');
select pg_temp.fresh();
select tests.finish_request(r, 'failed', null, 'Number is blocked') from tests.claim_request() r where tests.begin_request(r);
select is(pg_temp.state(), 'failed: Number is blocked', 'a refusal is told in the provider''s words');
select pg_temp.listed('c1', now());
select is(pg_temp.becomes(), 'failed -', 'and is no call that rang otherwise');
select pg_temp.fresh();
select is(
  tests.claim_request() ->> 'kind', 'call', 'a call'
) from (select tests.finish_request(tests.claim_request(), 'retry', null, 'Busy', now())) r;

-- Which call it became.
select pg_temp.fresh();
select pg_temp.listed('c1', now() + interval '1 second'), pg_temp.listed('c2', now() + interval '2 seconds');
select tests.send_next('sent', 'c2');
select is(pg_temp.becomes(), 'placed c2', 'the one with the id that the provider answered');
select pg_temp.fresh();
select pg_temp.listed('in', now(), '{"direction": "Incoming", "caller": {"phone": "+12125550199"}}'),
  pg_temp.listed('early', now() - interval '61 seconds'), pg_temp.listed('late', now() + interval '700 seconds'),
  pg_temp.listed('elsewhere', now(), '{"called": [{"phone": "+12125550198"}]}'),
  pg_temp.listed('other', now(), '{"businessNumber": "+12125550102"}');
select tests.send_next();
select is(pg_temp.becomes(), 'placed -', 'no other call');
select pg_temp.listed('c1', now() + interval '9 minutes', '{"direction": "Callback"}');
select is(pg_temp.becomes(), 'placed c1', 'but the first between the two numbers');
select tests.act_as(agent) from story;
select public.place_call(given, '+12125550199') from story;
select tests.act_as_role('postgres');
select tests.send_next('unconfirmed', null, now() + interval '1 second');
select is(pg_temp.becomes(), 'placed c1, unconfirmed -', 'a call is one call only');
select pg_temp.listed('c0', now() + interval '2 minutes');
select is(pg_temp.becomes(), 'placed c1, placed c0', 'the next is the next');

select * from finish();
rollback;
