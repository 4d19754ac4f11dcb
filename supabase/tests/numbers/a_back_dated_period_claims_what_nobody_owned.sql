begin;
select plan(13);

create temporary table story on commit drop as
select w.*, tests.phone_number(w.platform_account, '+12125550110') as number from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.give(p_org_id uuid, p_from int, p_until int default null) returns void
language sql as $$
  select public.assign_phone_numbers(array[s.number], p_org_id, now() + p_from * interval '1 day', now() + p_until * interval '1 day')
  from story s
$$;
create function pg_temp.try(p_org_id uuid, p_from int, p_until int default null) returns text
language sql as $$
  select tests.attempt(format('select pg_temp.give(%L, %L, %L)', p_org_id, p_from, p_until))
$$;
grant execute on function pg_temp.give(uuid, int, int), pg_temp.try(uuid, int, int) to public;

-- A call every other day while nobody has the number.
select tests.deliver(
  s.platform_account, tests.event('IncomingCall', n::text, now() - n * interval '1 day', '{"From": "+12125550199", "To": "+12125550110"}')
)
from story s, generate_series(1, 11, 2) n;

select tests.act_as(platform_admin) from story;
select pg_temp.give(acme, -6, -2) from story;
select tests.act_as(org_admin) from story;
select set_eq(
  'select provider_call_id from public.calls', $$values ('5' collate "C"), ('3')$$,
  'a period that is over claims the calls in it, and no other'
);

select tests.act_as(platform_admin) from story;
select is(pg_temp.try(globex, -4), 'PT409 period_taken', 'what somebody owned is not claimed by another') from story;
select is(pg_temp.try(globex, -20), 'PT409 period_taken', 'however long before it begins') from story;
select is(pg_temp.try(globex, -20, -5), 'PT409 period_taken', 'or ends in it') from story;
select is(pg_temp.try(acme, -4, -3), 'PT409 period_taken', 'nor twice by the same') from story;
select pg_temp.give(globex, -2) from story;
select tests.act_as(their_admin) from story;
select results_eq(
  'select provider_call_id from public.calls', $$values ('1' collate "C")$$, 'what came later belongs to whoever it is given to'
);
select tests.act_as(platform_admin) from story;
select pg_temp.give(globex, -8, -6) from story;
select tests.act_as(their_admin) from story;
select set_eq(
  'select provider_call_id from public.calls', $$values ('7' collate "C"), ('1')$$, 'who has a number may be given what nobody owned before'
);
select tests.act_as(org_admin) from story;
select set_eq('select provider_call_id from public.calls', $$values ('5' collate "C"), ('3')$$, 'who owned some keeps it');

select tests.act_as(platform_admin) from story;
select set_eq(
  'select provider_call_id from public.calls where line_id is null', $$values ('9' collate "C"), ('11')$$, 'what nobody claims waits'
);
select is(
  tests.attempt(format('select public.assign_phone_number(%L, %L, now() - interval ''9 days'')', number, acme)), 'PT409 period_taken',
  'a period without end reaches into what others have'
) from story;
select tests.act_as_role('postgres');
select results_eq(
  'select e.org_id from private.webhook_events e where e.provider_call_id = ''5''', 'select acme from story',
  'deliveries go where their call goes'
);
select results_eq(
  'select e.org_id from private.webhook_events e where e.provider_call_id = ''7''', 'select globex from story', 'each of them'
);
select is((select count(*)::int from public.calls), 6, 'no call is there twice');

select * from finish();
rollback;
