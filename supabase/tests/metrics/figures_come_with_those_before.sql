begin;
select plan(4);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update public.organizations set time_zone = 'America/New_York' where id = (select acme from story);
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
create function pg_temp.answered(p_from timestamptz, p_to timestamptz) returns text
language sql as $$
  select format('%s, before %s', k.value, k.previous) from story s, public.kpi_summary(s.acme, p_from, p_to) k where k.kpi = 'answered'
$$;
grant execute on function pg_temp.answered(timestamptz, timestamptz) to public;

-- The 2nd of November has 25 hours in New York.
select
  pg_temp.add(1, '{"started_at": "2025-11-01 23:59 America/New_York"}'),
  pg_temp.add(2, '{"started_at": "2025-11-02 00:00 America/New_York"}'),
  pg_temp.add(4, '{"started_at": "2025-11-02 23:59 America/New_York"}'),
  pg_temp.add(8, '{"started_at": "2025-11-03 00:00 America/New_York"}');
select tests.act_as(viewer) from story;
select is(
  pg_temp.answered('2025-11-03 00:00 America/New_York', '2025-11-04 00:00 America/New_York'), '8, before 6',
  'yesterday is the local day before, however long'
);
select is(
  pg_temp.answered('2025-11-02 00:00 America/New_York', '2025-11-03 00:00 America/New_York'), '6, before 1', 'and so is the one before'
);
select tests.act_as_role('postgres');
update public.calls set started_at = now() - interval '1 day' - interval '1 minute' where started_at = '2025-11-02 00:00 America/New_York';
update public.calls set started_at = now() - interval '1 day' + interval '1 minute' where started_at = '2025-11-02 23:59 America/New_York';
update public.organizations set time_zone = 'UTC';
select tests.act_as(viewer) from story;
select is(
  pg_temp.answered(date_trunc('day', now()), date_trunc('day', now()) + interval '1 day'),
  case when date_trunc('day', now() - interval '1 minute') = date_trunc('day', now()) then '0, before 2' else '0, before 0' end,
  'today so far is compared with yesterday until the same time'
);
select results_eq(
  'select distinct k.previous from story s, public.kpi_summary(s.acme, ''2024-01-02Z'', ''2024-01-03Z'') k where k.kpi = ''answer_rate''',
  'select null::numeric', 'what there is nothing to compare with is null'
);

select * from finish();
rollback;
