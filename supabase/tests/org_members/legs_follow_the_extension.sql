begin;
select plan(17);

-- Calls of three days, handled by extension 101; on the first with 102 as well.
create temporary table story on commit drop as
select w.*, tests.line(w.acme, tests.phone_number(w.acme_account, '+12125550101')) as own from tests.two_organizations() w;
grant select on story to public;
select tests.pull(
  acme_account, 'calls', array[
    tests.listed('early', now() - interval '3 days', '{"called": [
      {"name": "Ann", "phone": "+12125550101", "extension": "101", "isConnected": true},
      {"name": "Bob", "phone": "+12125550101", "extension": "102", "isConnected": true}
    ]}'),
    tests.listed('middle', now() - interval '2 days'), tests.listed('late', now() - interval '1 day')
  ]
) from story;
create function pg_temp.named() returns text
language sql as $$
  select string_agg(format(
    '%s %s %s', c.provider_call_id, l.extension,
    case l.member_id when s.agent_member then 'agent' when s.manager_member then 'manager' else 'nobody' end
  ), ', ' order by c.started_at, l.extension)
  from public.legs l join public.calls c on c.id = l.call_id, story s
  where c.org_id = s.acme
$$;
grant execute on function pg_temp.named() to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.named(), 'early 101 nobody, early 102 nobody, middle 101 nobody, late 101 nobody', 'at first the legs are nobody''s');

select public.set_member_extension(agent_member, acme_account, '101', now() - interval '50 hours') from story;
select is(
  pg_temp.named(), 'early 101 nobody, early 102 nobody, middle 101 agent, late 101 agent', 'who is given an extension has its legs since'
);
select results_eq(
  'select member_ids from public.calls where provider_call_id = ''late''', 'select array[agent_member] from story', 'and the calls'
);
select tests.act_as(agent) from story;
select results_eq(
  'select provider_call_id from public.calls order by started_at', $$values ('middle' collate "C"), ('late')$$, 'which they then see'
);

-- Corrected to begin earlier.
select tests.act_as(org_admin) from story;
select public.set_member_extension(agent_member, acme_account, '101', now() - interval '100 hours') from story;
select is(
  pg_temp.named(), 'early 101 agent, early 102 nobody, middle 101 agent, late 101 agent', 'a start that is set earlier reaches further back'
);

-- Handed over.
select public.set_member_extension(agent_member, acme_account, null, now() - interval '30 hours') from story;
select is(
  pg_temp.named(), 'early 101 agent, early 102 nobody, middle 101 agent, late 101 nobody', 'taken away, what came later is nobody''s'
);
select tests.act_as(agent) from story;
select is_empty('select from public.calls where provider_call_id = ''late''', 'and not seen');
select tests.act_as(org_admin) from story;
select public.set_member_extension(manager_member, acme_account, '101', now() - interval '30 hours') from story;
select is(
  pg_temp.named(), 'early 101 agent, early 102 nobody, middle 101 agent, late 101 manager', 'the next has what came since'
);
select tests.act_as(manager) from story;
select results_eq('select provider_call_id from public.calls', $$values ('late' collate "C")$$, 'and sees that alone');

-- Changed from one extension to another: both are named anew.
select tests.act_as(org_admin) from story;
select public.set_member_extension(agent_member, acme_account, '102', now() - interval '80 hours') from story;
select is(
  pg_temp.named(), 'early 101 nobody, early 102 agent, middle 101 nobody, late 101 manager',
  'with another extension from a date on, the legs since go with it'
);

-- What comes from now on follows by itself, and what is read anew comes out the same.
select tests.act_as_role('postgres');
select tests.pull(
  acme_account, 'calls', array[tests.listed('new', now(), '{"called": [
    {"name": "Bob", "phone": "+12125550101", "extension": "102", "isConnected": true}
  ]}')]
) from story;
select is(
  pg_temp.named(), 'early 101 nobody, early 102 agent, middle 101 nobody, late 101 manager, new 102 agent', 'a new call finds who has it'
);
select private.rebuild_calls(acme_account) from story;
select is(
  pg_temp.named(), 'early 101 nobody, early 102 agent, middle 101 nobody, late 101 manager, new 102 agent',
  'reading everything anew changes nothing'
);

-- A shared account: the extension counts in its organization alone.
select tests.pull(
  platform_account, 'calls', array[
    tests.listed('ours'), tests.listed('theirs', now(), '{"businessNumber": "+12125550103"}')
  ]
) from story;
select tests.act_as(platform_admin) from story;
select public.set_member_extension(agent_member, platform_account, '101', now() - interval '1 hour') from story;
select results_eq(
  'select c.provider_call_id from public.calls c join public.legs l on l.call_id = c.id, story'
  ' where l.member_id = agent_member and c.integration_id = platform_account',
  $$values ('ours' collate "C")$$, 'on a shared account a member has the calls of their organization'
);
select results_eq(
  'select l.member_id from public.calls c join public.legs l on l.call_id = c.id where c.provider_call_id = ''theirs''',
  'values (null::uuid)', 'and nobody those of another'
);
select tests.act_as(their_admin) from story;
select results_eq(
  'select provider_call_id, member_ids from public.calls', $$values ('theirs' collate "C", '{}'::uuid[])$$, 'where the call still is'
);

-- Deactivated or given another role: the history is theirs all the same.
select tests.act_as(org_admin) from story;
select public.deactivate_members(array[manager_member]), public.set_member_role(agent_member, 'viewer') from story;
select matches(pg_temp.named(), 'early 102 agent.*late 101 manager', 'who left or changed keeps what they handled');
select tests.act_as_role('postgres');
select private.rebuild_calls(acme_account) from story;
select matches(pg_temp.named(), 'early 102 agent.*late 101 manager', 'even when everything is read anew');

select * from finish();
rollback;
