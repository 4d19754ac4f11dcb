begin;
select plan(14);

create temporary table story on commit drop as
select w.*, tests.phone_number(w.platform_account, '+12125550110') as number from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.ring(p_call text, p_day numeric) returns void
language sql as $$
  select tests.deliver(
    s.platform_account, tests.event('IncomingCall', p_call, d.at, '{"From": "+12125550199", "To": "+12125550110"}'), d.at
  )
  from story s, (values (now() + p_day * interval '1 day')) d (at)
$$;

select tests.act_as(platform_admin) from story;
select public.assign_phone_number(number, acme, now() - interval '9 days') from story;
select tests.act_as_role('postgres');
insert into public.member_lines (org_id, member_id, line_id)
select s.acme, s.agent_member, l.id from story s join public.lines l on l.phone_number_id = s.number;
select pg_temp.ring('early', -5), pg_temp.ring('before', 1), pg_temp.ring('after', 3);

-- From the second day on it is nobody's.
select tests.act_as(platform_admin) from story;
select is(public.withdraw_phone_numbers(array[number], now() + interval '2 days'), 1, 'a number is taken back later') from story;
select results_eq(
  'select period from public.lines join story on phone_number_id = number',
  $$select tstzrange(now() - interval '9 days', now() + interval '2 days')$$, 'until then its line goes on'
);
select tests.act_as(org_admin) from story;
select set_eq('select provider_call_id from public.calls', $$values ('early' collate "C"), ('before')$$, 'with the calls until then');
select tests.act_as_role('postgres');
select pg_temp.ring('late', 1.5), pg_temp.ring('instant', 2);
select tests.act_as(agent) from story;
select set_eq(
  'select provider_call_id from public.calls', $$values ('early' collate "C"), ('before'), ('late')$$,
  'those that are told late included, also for who was given the line'
);
select tests.act_as(platform_admin) from story;
select results_eq(
  'select org_id, provider_call_id from public.calls where line_id is null order by started_at',
  $$values (private.holding_org_id(), 'instant' collate "C"), (private.holding_org_id(), 'after')$$,
  'what comes from then on is nobody''s, also what was there already'
);

-- Promised on, then taken back altogether.
select public.assign_phone_number(number, globex, now() + interval '2 days') from story;
select is(public.withdraw_phone_numbers(array[number]), 1, 'a number is taken back now') from story;
select results_eq(
  'select org_id, period from public.lines join story on phone_number_id = number',
  $$select acme, tstzrange(now() - interval '9 days', now()) from story$$, 'from whoever has it, and what was promised is promised no more'
);
select tests.act_as(their_admin) from story;
select is_empty('select from public.calls', 'to whom it was promised has nothing of it');
select tests.act_as(org_admin) from story;
select results_eq('select provider_call_id from public.calls', $$values ('early' collate "C")$$, 'who had it keeps its history');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.calls where line_id is null), 4, 'the rest is nobody''s');
select is(public.withdraw_phone_numbers(array[number]), 1, 'what nobody has can be taken from nobody') from story;

-- Given to another, a promise that ends before counts, one that does not ends then.
select public.assign_phone_numbers(array[number], globex, now() + interval '1 day', now() + interval '4 days') from story;
select public.withdraw_phone_numbers(array[number], now() + interval '2 days') from story;
select results_eq(
  'select period from public.lines join story on phone_number_id = number and org_id = globex',
  $$select tstzrange(now() + interval '1 day', now() + interval '2 days')$$, 'a promise is cut short where it reaches beyond'
);
select tests.act_as(their_admin) from story;
select set_eq('select provider_call_id from public.calls', $$values ('before' collate "C"), ('late')$$, 'with its calls') from story;
select tests.act_as_role('postgres');
select is((select count(*)::int from public.calls), 5, 'no call is lost');

select * from finish();
rollback;
