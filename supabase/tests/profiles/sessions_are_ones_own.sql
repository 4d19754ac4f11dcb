begin;
select plan(10);

create temporary table story on commit drop as
select *, gen_random_uuid() as here, gen_random_uuid() as there from tests.two_organizations();
grant select on story to public;
set local timezone = 'Asia/Tokyo';
insert into auth.sessions (id, user_id, created_at, updated_at, refreshed_at, not_after, user_agent, ip)
select t.id, t.user_id, now() - t.age, now() - t.seen, (now() - t.renewed) at time zone 'UTC', now() + t.ends, t.agent, t.ip
from story s
cross join lateral (
  values
  (s.here, s.agent, interval '2 days', interval '1 hour', null::interval, null::interval, 'Firefox', inet '192.0.2.1'),
  (s.there, s.agent, '9 days', '9 days', '3 days', null, 'Phone', '2001:db8::1'),
  (gen_random_uuid(), s.agent, '30 days', '30 days', null, '-1 day', 'Run out', null),
  (gen_random_uuid(), s.org_admin, '1 day', '0', null, '1 day', 'Chrome', '192.0.2.2')
) t (id, user_id, age, seen, renewed, ends, agent, ip);

select tests.act_as(agent, jsonb_build_object('session_id', here)) from story;
select results_eq(
  'select id, user_agent, host(ip_address), is_current from public.my_sessions()',
  $$select here, 'Firefox', '192.0.2.1', true from story union all select there, 'Phone', '2001:db8::1', false from story$$,
  'one reads where one is signed in, the latest activity first, and which of them this is'
);
select results_eq(
  'select last_active_at from public.my_sessions()', $$values (now() - interval '1 hour'), (now() - interval '3 days')$$,
  'a renewed session was active when it was renewed, whatever the server''s clock is set to'
);
select tests.act_as(agent, jsonb_build_object('session_id', there)) from story;
select results_eq(
  'select user_agent from public.my_sessions() where is_current', $$values ('Phone')$$, 'the other session tells the other'
);
select tests.act_as(agent) from story;
select is((select count(*)::int from public.my_sessions()), 2, 'a token that names no session tells them all the same');
select is_empty('select from public.my_sessions() where is_current', 'and none as this one');

select tests.act_as(org_admin) from story;
select results_eq('select user_agent from public.my_sessions()', $$values ('Chrome')$$, 'everybody reads only their own');
select tests.act_as(platform_admin) from story;
select is_empty('select from public.my_sessions()', 'the operator too');
select tests.act_as(null);
select is_empty('select from public.my_sessions()', 'a token without a user has none');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.my_sessions()'), '42501', 'who is not signed in asks in vain');
select tests.act_as(agent) from story;
select is(tests.attempt('select from auth.sessions'), '42501', 'Auth''s own table stays closed');

select * from finish();
rollback;
