begin;
select plan(16);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
-- The service level of what was answered from the start to the end, as the viewer has it.
create function pg_temp.level(p_from timestamptz, p_to timestamptz) returns text
language plpgsql as $$
declare
  v_level text;
begin
  perform tests.act_as(viewer) from story;
  select format('%s, before %s', k.value, k.previous) into v_level
  from story s, public.kpi_summary(s.acme, p_from, p_to) k
  where k.kpi = 'service_level';
  perform tests.act_as_role('postgres');
  return v_level;
end
$$;

create temporary table days on commit drop as
select today, today + interval '1 day' as tomorrow, today - interval '31 days' as long_ago from date_trunc('day', now(), 'UTC') today;
-- A call that waited 10 seconds and one that waited 25, at every hour of last month, yesterday and today.
select
  pg_temp.add(1, jsonb_build_object('started_at', at, 'wait_seconds', 10)),
  pg_temp.add(1, jsonb_build_object('started_at', at, 'wait_seconds', 25))
from days d, generate_series(d.long_ago, d.tomorrow + interval '1 day', interval '1 hour') at;

select is(pg_temp.level(long_ago, today), '0.5, before ', 'half was answered within 20 seconds') from days;
select tests.act_as(org_admin) from story;
select public.change_organization_settings(acme, '{"answer_within_seconds": 30}') from story;
select tests.act_as_role('postgres');
select is(
  pg_temp.level(long_ago, today), '0.5, before ', 'a threshold that changes today leaves last month''s figures as they were'
) from days;
select is(
  pg_temp.level(today, tomorrow), '1, before 0.5', 'today''s are judged by the new one, yesterday''s beside them by the old'
) from days;
select is(pg_temp.level(today - interval '1 day', tomorrow), '0.75, before 0.5', 'both together by both') from days;
select tests.act_as(org_admin) from story;
select public.change_organization_settings(acme, '{"answer_within_seconds": 5}', (now() at time zone 'UTC')::date + 1) from story;
select tests.act_as_role('postgres');
select is(pg_temp.level(today, tomorrow), '1, before 0.5', 'what is planned for tomorrow changes nothing today') from days;
select is(
  (
    select string_agg(trim_scale(k.value)::text, ', ' order by k.bucket_start)
    from story s, days d, public.kpi_series(s.acme, d.today - interval '1 day', d.tomorrow + interval '1 day') k
    where k.kpi = 'service_level'
  ), '0.5, 1, 0', 'in a series each day is judged by its own'
);

-- A change on the second of June, in various places.
delete from public.organization_settings where isfinite(effective_from);
delete from public.calls;
insert into public.organization_settings (org_id, effective_from, answer_within_seconds) select acme, '2025-06-02', 30 from story;
create function pg_temp.judged(p_place text, p_at timestamptz) returns text
language plpgsql as $$
begin
  delete from public.calls;
  update public.organizations set time_zone = p_place where id = (select acme from story);
  perform pg_temp.add(1, jsonb_build_object('started_at', p_at, 'wait_seconds', 25));
  return case pg_temp.level('2025-05-01', '2025-07-01') when '1, before ' then 'the new' when '0, before ' then 'the old' end;
end
$$;
select is(pg_temp.judged(place, at), judged, format('in %s a call at %s is judged by %s threshold', place, at, judged))
from (
  values
    ('UTC', '2025-06-01 23:59:59.999999Z'::timestamptz, 'the old'), ('UTC', '2025-06-02 00:00Z', 'the new'),
    ('America/New_York', '2025-06-02 03:59:59Z', 'the old'), ('America/New_York', '2025-06-02 04:00Z', 'the new'),
    ('Asia/Kathmandu', '2025-06-01 18:14:59Z', 'the old'), ('Asia/Kathmandu', '2025-06-01 18:15Z', 'the new'),
    ('Pacific/Kiritimati', '2025-06-01 09:59:59Z', 'the old'), ('Pacific/Kiritimati', '2025-06-01 10:00Z', 'the new'),
    ('Australia/Lord_Howe', '2025-06-01 13:30Z', 'the new')
) example (place, at, judged);
select is(pg_temp.level('2025-06-01 13:00Z', '2025-06-01 14:00Z'), '1, before ', 'a range may begin anywhere');

select * from finish();
rollback;
