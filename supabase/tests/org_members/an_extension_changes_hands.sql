begin;
select plan(21);

create temporary table story on commit drop as select *, date_trunc('day', now()) as day from tests.two_organizations();
grant select on story to public;
create function pg_temp.give(p_member uuid, p_extension text, p_days int) returns text
language sql as $$
  select tests.attempt(format(
    'select public.set_member_extension(%L, %L, %L, %L)', p_member, acme_account, p_extension, day + make_interval(days => p_days)
  )) from story
$$;
create function pg_temp.holds(p_member uuid) returns text
language sql as $$
  select string_agg(format(
    '%s [%s, %s)', extension, coalesce(round(extract(epoch from lower(period) - day) / 86400, 0)::text, ''),
    coalesce(round(extract(epoch from upper(period) - day) / 86400, 0)::text, '')
  ), ', ' order by lower(period) nulls first)
  from public.member_extensions, story
  where member_id = p_member
$$;
grant execute on function pg_temp.give(uuid, text, int), pg_temp.holds(uuid) to public;

select tests.act_as(org_admin) from story;
select public.set_member_extension(agent_member, acme_account, ' 101 ', day - interval '30 days') from story;
select is(pg_temp.holds(agent_member), '101 [-30, )', 'an extension is held from an instant on') from story;
select public.set_member_extension(agent_member, acme_account, '101', day - interval '20 days') from story;
select results_eq(
  'select range_agg(e.period) from public.member_extensions e join story s on s.agent_member = e.member_id where e.extension = ''101''',
  'select tstzmultirange(tstzrange(day - interval ''30 days'', null)) from story', 'given again, it is held without a gap'
);

-- Another instead.
select public.set_member_extension(agent_member, acme_account, '102', day - interval '10 days') from story;
select matches(pg_temp.holds(agent_member), '102 \[-10, \)$', 'another takes its place') from story;
select is_empty(
  $$select from public.member_extensions where extension = '101' and period @> now()$$, 'and the first is held no more'
);

-- Taken by one, free for another.
select is(pg_temp.give(manager_member, '102', -5), 'PT409 extension_taken', 'nobody else has it meanwhile') from story;
select is(pg_temp.give(manager_member, '102', 5), 'PT409 extension_taken', 'or will have it') from story;
select is(pg_temp.give(manager_member, '101', -15), 'PT409 extension_taken', 'nor what was held then') from story;
select is(pg_temp.give(manager_member, '101', -10), '1 row', 'what is free from an instant on is given from then on') from story;
select is(pg_temp.give(manager_member, '103', -40), '1 row', 'and what nobody had, from whenever') from story;
select is(
  tests.attempt(format('select public.set_member_extension(%L, %L, ''102'')', agent_member, acme_account)), '1 row',
  'a member has the same again'
) from story;
select is(
  tests.attempt(format('select public.set_member_extension(%L, %L, ''102'', now())', their_member, acme_account)),
  'PT404 member_not_found', 'an account''s extensions stay in the organization'
) from story;

-- Taken away, and then reused.
select public.set_member_extension(agent_member, acme_account, null, day - interval '4 days') from story;
select matches(pg_temp.holds(agent_member), '102 \[-10, -4\)$', 'without another it is taken away') from story;
select public.set_member_extension(manager_member, acme_account, '102', day - interval '4 days') from story;
select is(pg_temp.holds(manager_member), '102 [-4, )', 'and held by the next from then on') from story;
select is(pg_temp.give(agent_member, '102', -6), 'PT409 extension_taken', 'it is not taken back by a date before') from story;

-- A plan gives way to what is said for earlier.
select public.set_member_extension(manager_member, acme_account, '104', day + interval '10 days') from story;
select is(pg_temp.holds(manager_member), '102 [-4, 10), 104 [10, )', 'one may be promised for later') from story;
select public.set_member_extension(manager_member, acme_account, '105', day + interval '5 days') from story;
select is(pg_temp.holds(manager_member), '102 [-4, 5), 105 [5, )', 'a promise gives way to an earlier one') from story;
select public.set_member_extension(manager_member, acme_account) from story;
select results_eq(
  'select e.extension, e.period from public.member_extensions e join story s on s.manager_member = e.member_id',
  'select ''102'', tstzrange(day - interval ''4 days'', now()) from story', 'and it does so to none'
);

-- The same extension of another account is another extension.
select tests.act_as(platform_admin) from story;
select public.set_member_extension(manager_member, acme_account, '101', day) from story;
select lives_ok(
  $$select public.set_member_extension(agent_member, platform_account, '101', day) from story$$, 'each account has its own extensions'
);
select public.set_member_extension(their_member, platform_account, '201', day) from story;
select is(
  tests.attempt(format('select public.set_member_extension(%L, %L, ''201'', now())', agent_member, platform_account)),
  'PT409 extension_taken', 'a shared account''s extension has one holder among all organizations'
) from story;
select results_eq(
  'select count(*)::int from public.member_extensions where extension = ''101'' and period @> now()', 'values (2)',
  'a member''s extension on one account is not touched by that on another'
);

select tests.act_as(org_admin) from story;
select is_empty(
  'select from public.member_extensions where org_id = (select globex from story)', 'who holds what elsewhere is not told'
);

select * from finish();
rollback;
