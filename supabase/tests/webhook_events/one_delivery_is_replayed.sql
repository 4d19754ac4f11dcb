begin;
select plan(19);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table made (name text, id bigint) on commit drop;
grant select on made to public;
create function pg_temp.tell(p_name text, p_account uuid, p_body text) returns void
language sql as $$insert into made select p_name, d.event_id from tests.deliver(p_account, p_body) d$$;
create function pg_temp.call(p_call text, p_type text default 'IncomingCall', p_to text default '+12125550101') returns text
language sql as $$select tests.event(p_type, p_call, now(), jsonb_build_object('From', '+12125550199', 'To', p_to))$$;
select
  pg_temp.tell('ours', platform_account, pg_temp.call('ours')), pg_temp.tell('own', acme_account, pg_temp.call('own')),
  pg_temp.tell('theirs', platform_account, pg_temp.call('theirs', 'IncomingCall', '+12125550103')),
  pg_temp.tell('nameless', acme_account, '{"EventType": "IncomingCall", "Body": {}}'),
  pg_temp.tell('unknown', acme_account, '{"EventType": "Sunrise"}'),
  pg_temp.tell('unreadable', acme_account, '{"EventType": "IncomingCall", "Body": {"Id": "c", "n": 1e200000}}')
from story;
create function pg_temp.replay(p_name text) returns text
language sql as $$
  select concat_ws(': ', r.status, r.error) from made m, public.replay_webhook_event(m.id) r where m.name = p_name
$$;
create function pg_temp.tries(p_name text) returns text
language sql as $$
  select tests.attempt(format('select * from public.replay_webhook_event(%L)', m.id)) from made m where m.name = p_name
$$;
grant execute on function pg_temp.replay(text), pg_temp.tries(text) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.tries('ours'), 'PT404 webhook_event_not_found', 'a viewer replays nothing');
select tests.act_as(agent) from story;
select is(pg_temp.tries('ours'), 'PT404 webhook_event_not_found', 'nor does an agent');
select tests.act_as(manager) from story;
select is(pg_temp.tries('own'), 'PT404 webhook_event_not_found', 'nor a manager');
select tests.act_as(their_admin) from story;
select is(pg_temp.tries('ours'), 'PT404 webhook_event_not_found', 'nor another organization''s admin');
select tests.act_as(org_admin) from story;
select is(pg_temp.tries('theirs'), 'PT404 webhook_event_not_found', 'nor an admin what tells of another organization''s call');
select is(
  tests.attempt('select * from public.replay_webhook_event(-1)'), 'PT404 webhook_event_not_found',
  'which is answered like what is not there'
);
select tests.act_as(platform_admin) from story;
select is(pg_temp.tries('theirs'), '1 row', 'the operator replays any');
select tests.act_as_role('anon');
select is(pg_temp.tries('ours'), '42501', 'and nobody none');

-- It does no harm.
select tests.act_as_role('postgres');
create temporary table before on commit drop as select to_jsonb(c) as call from public.calls c;
select tests.act_as(org_admin) from story;
select is(pg_temp.replay('ours'), 'applied', 'what was applied is applied');
select is(pg_temp.replay('own'), 'applied', 'as often as one likes');
select is(pg_temp.replay('unknown'), 'ignored', 'what means nothing still means nothing');
select is(
  pg_temp.replay('nameless'), 'failed: The event names no call (Body.Id), or one of more than 200 characters.',
  'what cannot be used still cannot'
);
select is(
  pg_temp.replay('unreadable'), 'failed: The body is nested too deep, or holds what Postgres cannot.', 'nor what could not be held'
);
select tests.act_as_role('postgres');
select set_eq('select to_jsonb(c) from public.calls c', 'select call from before', 'no row has changed');

-- It mends what an earlier version of the reader, or a row in the way, left behind.
update private.webhook_events e set status = 'failed', error = 'division by zero', provider_call_id = null, kind = null
from made m where m.id = e.id and m.name = 'own';
delete from public.calls where provider_call_id = 'own';
select tests.act_as(org_admin) from story;
select is(pg_temp.replay('own'), 'applied', 'what failed is applied once it can be');
select isnt_empty($$select from public.calls where provider_call_id = 'own'$$, 'its call is there');
select results_eq(
  $$select e.status, e.error from public.webhook_events e where e.provider_call_id = 'own'$$, $$values ('applied', null::text)$$,
  'and the failure is forgotten'
);

-- Of a disabled account nothing is applied.
select public.disable_integration(acme_account) from story;
select tests.act_as_role('postgres');
update private.webhook_events e set status = 'kept', error = null from made m where m.id = e.id and m.name = 'own';
select tests.act_as(org_admin) from story;
select is(pg_temp.replay('own'), 'kept', 'what waits for its account to be enabled goes on waiting');
select public.enable_integration(acme_account) from story;
select is(pg_temp.replay('own'), 'applied', 'until then');

select * from finish();
rollback;
