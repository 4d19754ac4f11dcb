begin;
select plan(21);

-- Tokyo never changes its clocks.
create temporary table story on commit drop as
select *, (now() at time zone 'Asia/Tokyo')::date as today from tests.two_organizations();
grant select on story to public;
update public.organizations set time_zone = 'Asia/Tokyo' where id = (select acme from story);
create function pg_temp.change(p_changes text, p_from date) returns text
language sql as $$
  select tests.attempt(format('select public.change_organization_settings(%L, %L, %L)', acme, p_changes, p_from)) from story
$$;
create function pg_temp.versions() returns table (version text)
language sql as $$
  select format(
    '%s: %s %s %s %s', case when isfinite(effective_from) then (effective_from - today)::text else 'ever' end,
    answer_within_seconds, service_level_target, abandonment_rate_target, excludes_short_abandons
  )
  from public.organization_settings, story
  where org_id = acme
  order by effective_from
$$;
grant execute on function pg_temp.change(text, date), pg_temp.versions() to public;

select tests.act_as(org_admin) from story;
select results_eq('select pg_temp.versions()', $$values ('ever: 20 0.800 0.050 t')$$, 'an organization begins with settings');

-- From today on, unless said.
select results_eq(
  'select s.effective_from, s.answer_within_seconds, s.service_level_target from story,'
  ' public.change_organization_settings(acme, ''{"answer_within_seconds": 30}'') s',
  'select today, 30, 0.8 from story', 'a change counts from the local today, and tells what counts then'
);
select results_eq(
  'select pg_temp.versions()', $$values ('ever: 20 0.800 0.050 t'), ('0: 30 0.800 0.050 t')$$, 'what counted before stays'
);
select public.change_organization_settings(acme, '{"service_level_target": 0.9}') from story;
select results_eq(
  'select pg_temp.versions()', $$values ('ever: 20 0.800 0.050 t'), ('0: 30 0.900 0.050 t')$$,
  'another change of the same day joins the first'
);

-- Plans.
select public.change_organization_settings(acme, '{"abandonment_rate_target": 0.1}', today + 10) from story;
select results_eq(
  'select pg_temp.versions()',
  $$values ('ever: 20 0.800 0.050 t'), ('0: 30 0.900 0.050 t'), ('10: 30 0.900 0.100 t')$$,
  'a plan takes over what counts on its day'
);
select public.change_organization_settings(acme, '{"excludes_short_abandons": false}', today + 5) from story;
select results_eq(
  'select pg_temp.versions()',
  $$values ('ever: 20 0.800 0.050 t'), ('0: 30 0.900 0.050 t'), ('5: 30 0.900 0.050 f'), ('10: 30 0.900 0.100 t')$$,
  'a plan before another leaves that as it was'
);
select public.change_organization_settings(acme, '{"answer_within_seconds": 60, "service_level_target": 0.7}') from story;
select results_eq(
  'select pg_temp.versions()',
  $$values ('ever: 20 0.800 0.050 t'), ('0: 60 0.700 0.050 t'), ('5: 30 0.900 0.050 f'), ('10: 30 0.900 0.100 t')$$,
  'and so does a change of today'
);
select public.change_organization_settings(acme, '{"answer_within_seconds": 15}', today + 10) from story;
select results_eq(
  'select pg_temp.versions()',
  $$values ('ever: 20 0.800 0.050 t'), ('0: 60 0.700 0.050 t'), ('5: 30 0.900 0.050 f'), ('10: 15 0.900 0.100 t')$$,
  'a plan may be changed'
);

-- What is over and what is far away.
select is(
  pg_temp.change('{"answer_within_seconds": 30}', today - 1), 'PT422 effective_date_unfit', 'yesterday has been judged'
) from story;
select is(pg_temp.change('{"answer_within_seconds": 30}', '-infinity'), 'PT422 effective_date_unfit', 'and so has the beginning');
select is(pg_temp.change('{"answer_within_seconds": 30}', today), '1 row', 'today has not') from story;
select is(pg_temp.change('{"answer_within_seconds": 30}', today + 730), '1 row', 'plans reach two years ahead') from story;
select is(
  pg_temp.change('{"answer_within_seconds": 30}', today + 731), 'PT422 effective_date_unfit', 'not further'
) from story;
select is(pg_temp.change('{"answer_within_seconds": 30}', 'infinity'), 'PT422 effective_date_unfit', 'or to the end of days');

-- Nobody writes around it.
select is(tests.attempt('update public.organization_settings set answer_within_seconds = 30'), '42501', 'nobody changes a version');
select is(tests.attempt('delete from public.organization_settings'), '42501', 'or takes one away');
select is(
  tests.attempt(format('insert into public.organization_settings (org_id, effective_from) values (%L, ''2026-01-01'')', acme)),
  '42501', 'or puts one into the past'
) from story;

-- Figures are judged by the settings of their day.
select results_eq(
  'select answer_within_seconds, short_abandon_seconds from story,'
  ' private.settings_in_force(array[acme], now() - interval ''48 hours'', now() - interval ''24 hours'', false)',
  'values (20, 5)', 'yesterday is judged as it was'
);
select results_eq(
  'select answer_within_seconds, short_abandon_seconds from story,'
  ' private.settings_in_force(array[acme], now(), now() + interval ''1 second'', false)',
  'values (60, 5)', 'now by what counts now'
);
select results_eq(
  'select answer_within_seconds, short_abandon_seconds from story,'
  ' private.settings_in_force(array[acme], now() + interval ''7 days'', now() + interval ''8 days'', false)',
  'values (30, 0)', 'next week by the plan'
);
select tests.act_as(their_admin) from story;
select results_eq(
  'select answer_within_seconds from public.organization_settings', 'values (20)', 'another organization keeps its own'
);

select * from finish();
rollback;
