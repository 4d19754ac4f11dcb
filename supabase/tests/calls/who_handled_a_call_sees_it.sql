begin;
select plan(10);

-- The agent holds extension 101 and is given one line; the call comes on the other.
create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
select acme, agent_member, platform_account, '101', tstzrange(now() - interval '1 day', null) from story;
create function pg_temp.tell(p_type text, p_call text, p_at timestamptz, p_extension text) returns void
language sql as $$
  select tests.deliver(
    platform_account,
    tests.event(p_type, p_call, p_at, jsonb_build_object('From', '+12125550199', 'To', '+12125550102', 'Extension', p_extension))
  )
  from story
$$;
select
  pg_temp.tell('IncomingCallConnected', 'handled', now() - interval '1 hour', '101'),
  pg_temp.tell('IncomingCallConnected', 'another''s', now() - interval '1 hour', '102'),
  pg_temp.tell('IncomingCallConnected', 'before', now() - interval '2 days', '101');

select tests.act_as(agent) from story;
select results_eq(
  'select provider_call_id from public.calls', $$values ('handled' collate "C")$$,
  'an agent sees the call they handled, on whatever line, and none from before they had the extension'
);
select results_eq(
  'select extension, member_id from public.legs', $$select '101', agent_member from story$$, 'with their leg'
);
select is_empty('select from public.lines where id = (select other from story)', 'the line they do not');

select tests.act_as(manager) from story;
select is_empty('select from public.calls', 'a manager does not see it for that');
select tests.act_as(viewer) from story;
select is((select count(*)::int from public.calls), 3, 'a viewer sees all three');
select results_eq(
  'select l.extension, l.member_id from public.legs l join public.calls c on c.id = l.call_id where c.provider_call_id = ''before''',
  $$values ('101', null::uuid)$$, 'the leg of somebody unknown is nobody''s'
);

-- A ring is enough to be part of it.
select tests.act_as_role('postgres');
select pg_temp.tell('IncomingCallRinging', 'another''s', now() - interval '61 minutes', '101');
select tests.act_as(agent) from story;
select is((select count(*)::int from public.calls), 2, 'who was rung took part');

-- The handler becomes a viewer, and then leaves.
select tests.act_as_role('postgres');
update public.org_members set role = 'viewer' where id = (select agent_member from story);
select tests.act_as(agent) from story;
select is((select count(*)::int from public.calls), 3, 'a viewer''s sight does not come from handling');
select tests.act_as_role('postgres');
update public.org_members set role = 'agent', deactivated_at = now() where id = (select agent_member from story);
select tests.act_as(agent) from story;
select is_empty('select from public.calls', 'who left sees nothing');
select tests.act_as(viewer) from story;
select results_eq(
  'select count(*)::int from public.legs where member_id = (select agent_member from story)', 'values (2)',
  'but what they handled stays theirs'
);

select * from finish();
rollback;
