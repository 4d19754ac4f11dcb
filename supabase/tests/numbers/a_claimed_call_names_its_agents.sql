begin;
select plan(7);

create temporary table story on commit drop as
select w.*, tests.phone_number(w.platform_account, '+12125550110') as number from tests.two_organizations() w;
grant select on story to public;
-- Acme's agent has extension 101 of the account for all; nobody has the number when a call comes that they answer.
insert into public.member_extensions (org_id, member_id, integration_id, extension)
select acme, agent_member, platform_account, '101' from story;
create function pg_temp.ring(p_call text, p_at timestamptz) returns void
language sql as $$
  select
    tests.deliver(platform_account, tests.event('IncomingCall', p_call, p_at, '{"From": "+12125550199", "To": "+12125550110"}')),
    tests.deliver(
      platform_account,
      tests.event('IncomingCallConnected', p_call, p_at, '{"From": "+12125550199", "To": "+12125550110", "Extension": "101"}')
    )
  from story
$$;
select pg_temp.ring('before', now() - interval '1 day');

select tests.act_as(agent) from story;
select is_empty('select from public.calls', 'what nobody owns an agent has not handled');
select tests.act_as(platform_admin) from story;
select results_eq('select member_id from public.legs', 'select null::uuid', 'nobody is named');
select public.assign_phone_number(number, acme, now() - interval '2 days') from story;
select tests.act_as(agent) from story;
select results_eq(
  'select provider_call_id from public.calls', $$values ('before' collate "C")$$, 'whoever answered a call handled it once it is claimed'
);
select results_eq('select member_id from public.legs', 'select agent_member from story', 'and is named');

select tests.act_as(platform_admin) from story;
select public.assign_phone_number(number, globex) from story;
select tests.act_as_role('postgres');
select pg_temp.ring('after', now() + interval '1 minute');
select tests.act_as(their_admin) from story;
select results_eq('select member_id from public.legs', 'select null::uuid', 'another organization''s calls name nobody of this one');
select tests.act_as(agent) from story;
select results_eq(
  'select provider_call_id from public.calls', $$values ('before' collate "C")$$, 'who handled one before goes on seeing it'
);

-- Taken back before it came, as clocks have it.
select tests.act_as(platform_admin) from story;
select public.withdraw_phone_numbers(array[number], now() + interval '30 seconds') from story;
select results_eq(
  'select c.org_id, l.org_id as leg_org_id from public.calls c join public.legs l on l.call_id = c.id where c.provider_call_id = ''after''',
  'select private.holding_org_id(), private.holding_org_id()', 'a call that goes back to nobody takes its legs along'
);

select * from finish();
rollback;
