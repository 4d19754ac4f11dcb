begin;
select plan(8);

create temporary table story on commit drop as
select w.*, tests.phone_number(w.platform_account, '+12125550110') as number from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.ring(p_call text, p_at timestamptz) returns void
language sql as $$
  select tests.deliver(
    platform_account, tests.event('IncomingCall', p_call, p_at, '{"From": "+12125550199", "To": "+12125550110"}'), now()
  ) from story
$$;

-- Two calls come while nobody has the number.
select pg_temp.ring('older', now() - interval '3 days'), pg_temp.ring('old', now() - interval '1 day');
select tests.act_as(platform_admin) from story;
select results_eq(
  'select provider_call_id from public.calls where line_id is null and phone_number_id = (select number from story) order by started_at',
  $$values ('older' collate "C"), ('old')$$, 'the operator sees calls of a number that nobody has'
);
select tests.act_as(org_admin) from story;
select is_empty('select from public.calls', 'an organization does not');

select tests.act_as(platform_admin) from story;
select public.assign_phone_number(number, acme, now() - interval '2 days') from story;
select tests.act_as(org_admin) from story;
select results_eq(
  'select provider_call_id from public.calls', $$values ('old' collate "C")$$, 'a back-dated period claims the calls since then'
);

select tests.act_as_role('postgres');
select results_eq(
  'select provider_call_id, org_id from private.webhook_events order by 1',
  $$select 'old' collate "C", acme from story union all select 'older', private.holding_org_id() order by 1$$,
  'their events come along, the others'' stay'
);

select tests.act_as(platform_admin) from story;
select public.assign_phone_number(number, globex) from story;
select tests.act_as_role('postgres');
select pg_temp.ring('new', now() + interval '1 minute'), pg_temp.ring('late', now() - interval '1 hour');

select tests.act_as(org_admin) from story;
select set_eq(
  'select provider_call_id from public.calls', $$values ('old' collate "C"), ('late')$$,
  'who had the number keeps its history, what is delivered late included'
);
select tests.act_as(their_admin) from story;
select results_eq(
  'select provider_call_id from public.calls', $$values ('new' collate "C")$$, 'who has it sees the calls from then on'
);
select results_eq('select c.org_id from public.calls c', 'select globex from story', 'which are theirs');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.calls), 4, 'the operator sees all of them');

select * from finish();
rollback;
