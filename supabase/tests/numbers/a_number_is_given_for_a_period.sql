begin;
select plan(21);

create temporary table story on commit drop as
select w.*, tests.phone_number(w.platform_account, '+12125550110') as number, tests.organization('Initech') as initech
from tests.two_organizations() w;
grant select on story to public;
-- Days are counted from now on.
create function pg_temp.give(p_org_id uuid, p_from numeric, p_until numeric) returns void
language sql as $$
  select public.assign_phone_numbers(array[s.number], p_org_id, now() + p_from * interval '1 day', now() + p_until * interval '1 day')
  from story s
$$;
create function pg_temp.try(p_org_id uuid, p_from numeric, p_until numeric) returns text
language sql as $$
  select tests.attempt(format('select pg_temp.give(%L, %L, %L)', p_org_id, p_from, p_until))
$$;
create function pg_temp.lines() returns text
language sql as $$
  select string_agg(
    format(
      '%s %s to %s', o.name, extract(epoch from lower(l.period) - now())::int / 86400,
      coalesce((extract(epoch from upper(l.period) - now())::int / 86400)::text, 'ever')
    ), ', ' order by l.period
  )
  from story s
  join public.lines l on l.phone_number_id = s.number
  join public.organizations o on o.id = l.org_id
$$;
grant execute on function pg_temp.give(uuid, numeric, numeric), pg_temp.try(uuid, numeric, numeric), pg_temp.lines() to public;
create function pg_temp.ring(p_call text, p_day numeric) returns void
language sql as $$
  select tests.deliver(
    s.platform_account, tests.event('IncomingCall', p_call, d.at, '{"From": "+12125550199", "To": "+12125550110"}'), d.at
  )
  from story s, (values (now() + p_day * interval '1 day')) d (at)
$$;

select tests.act_as(platform_admin) from story;
select is(pg_temp.try(acme, 1, 1), 'PT422 period_reversed', 'a period lasts') from story;
select is(pg_temp.try(acme, 2, 1), 'PT422 period_reversed', 'and runs forward') from story;
select is(pg_temp.try(acme, null, -1), 'PT422 period_reversed', 'from now on, where no start is given') from story;

select is(pg_temp.try(acme, null, null), '1 row', 'without an end, where none is given') from story;

select pg_temp.give(acme, 10, 20) from story;
select is(pg_temp.lines(), 'Acme 10 to 20', 'a number is given from a day to another');
select is(pg_temp.try(globex, 5, 11), 'PT409 period_taken', 'nobody else has it when that begins') from story;
select is(pg_temp.try(globex, 5, 25), 'PT409 period_taken', 'or around it') from story;
select is(pg_temp.try(globex, 5, null), 'PT409 period_taken', 'or from before on') from story;
select is(pg_temp.try(globex, 10, 11), 'PT409 period_taken', 'or from that day on') from story;
select is(pg_temp.try(acme, 12, 13), 'PT409 number_already_assigned', 'and who has it then has it') from story;
select pg_temp.give(globex, 5, 10), pg_temp.give(globex, 20, 30) from story;
select is(
  pg_temp.lines(), 'Globex 5 to 10, Acme 10 to 20, Globex 20 to 30', 'the day on which one period ends another may begin'
);

select pg_temp.give(initech, 15, 18) from story;
select is(
  pg_temp.lines(), 'Globex 5 to 10, Acme 10 to 15, Initech 15 to 18, Globex 20 to 30', 'whoever has it on that day gives it up'
);
select is(pg_temp.try(acme, 17, null), 'PT409 period_taken', 'not what is promised for later') from story;
select is(pg_temp.try(acme, 17, 20), '1 row', 'but until then it may go elsewhere') from story;
select pg_temp.give(globex, 0, 2) from story;
select is(
  pg_temp.lines(), 'Globex 0 to 2, Globex 5 to 10, Acme 10 to 15, Initech 15 to 18, Globex 20 to 30',
  'one organization may have it again and again'
);

select tests.act_as_role('postgres');
select
  pg_temp.ring('first', 0), pg_temp.ring('last', 1.9999), pg_temp.ring('nobody', 2), pg_temp.ring('theirs', 15), pg_temp.ring('gap', 19);
select tests.act_as(their_admin) from story;
select set_eq(
  'select provider_call_id from public.calls', $$values ('first' collate "C"), ('last')$$,
  'calls go to whoever has the number when they start'
);
select tests.act_as(org_admin) from story;
select is_empty('select from public.calls', 'to nobody else');
select tests.act_as(platform_admin) from story;
select results_eq(
  $$
    select o.name, c.provider_call_id
    from public.calls c
    join public.organizations o on o.id = c.org_id
    where c.line_id is not null
    order by c.started_at
  $$,
  $$values ('Globex', 'first' collate "C"), ('Globex', 'last'), ('Initech', 'theirs')$$, 'for as long as the period is'
);
select results_eq(
  'select org_id, provider_call_id from public.calls where line_id is null order by started_at',
  $$values (private.holding_org_id(), 'nobody' collate "C"), (private.holding_org_id(), 'gap')$$, 'and in between to nobody'
);

select pg_temp.give(acme, 2, 5) from story;
select tests.act_as(org_admin) from story;
select results_eq('select provider_call_id from public.calls', $$values ('nobody' collate "C")$$, 'who is given a gap has its calls');
select tests.act_as(platform_admin) from story;
select results_eq('select provider_call_id from public.calls where line_id is null', $$values ('gap' collate "C")$$, 'no others');

select * from finish();
rollback;
