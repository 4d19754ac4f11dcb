begin;
select plan(36);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
-- A call in every quarter of an hour of some days, counted by the local day: how many, and how many a minute.
create function pg_temp.told(p_place text, p_from text, p_to text) returns text
language plpgsql as $$
declare
  v_told text;
begin
  perform tests.act_as(viewer) from story;
  select string_agg(
    case k.kpi when 'offered' then trim_scale(k.value)::text else trim_scale(round(k.value * 15, 6)) || ' a quarter' end, ', '
    order by k.kpi desc
  ) into v_told
  from story s, public.kpi_summary(s.acme, p_from::timestamp at time zone p_place, p_to::timestamp at time zone p_place) k
  where k.kpi in ('offered', 'calls_per_minute');
  perform tests.act_as_role('postgres');
  return v_told;
end
$$;
create temporary table example (place text, starts text, ends text, quarters int, test text) on commit drop;
insert into example values
  ('UTC', '2025-06-02', '2025-06-03', 96, 'a day'),
  ('UTC', '2024-02-29', '2024-03-01', 96, 'a leap day'),
  ('UTC', '2024-02-01', '2024-03-01', 2784, 'a February of 29 days'),
  ('UTC', '2025-02-01', '2025-03-01', 2688, 'and one of 28'),
  ('UTC', '2024-12-31', '2025-01-02', 192, 'the last day of a year and the first of the next'),
  ('Europe/London', '2025-03-30', '2025-03-31', 92, 'a spring day'),
  ('Europe/London', '2025-10-26', '2025-10-27', 100, 'an autumn day'),
  ('America/New_York', '2025-03-09', '2025-03-10', 92, 'a spring day'),
  ('America/New_York', '2025-11-02', '2025-11-03', 100, 'an autumn day'),
  ('Australia/Lord_Howe', '2025-10-05', '2025-10-06', 94, 'a spring day, half an hour shorter'),
  ('Australia/Lord_Howe', '2025-04-06', '2025-04-07', 98, 'an autumn day, half an hour longer'),
  ('Asia/Kathmandu', '2025-06-02', '2025-06-03', 96, 'a day that begins at a quarter past'),
  ('Asia/Kathmandu', '2025-06-02 09:00', '2025-06-02 10:00', 4, 'an hour of it'),
  ('America/Santiago', '2025-09-07', '2025-09-08', 92, 'a day without a midnight');
create function pg_temp.tell_all(p_is_folded boolean) returns setof text
language plpgsql as $$
declare
  v_example record;
begin
  for v_example in select * from example loop
    delete from public.calls;
    update public.organizations set time_zone = v_example.place where id = (select acme from story);
    perform tests.calls(s.given, 1, jsonb_build_object('started_at', at))
    from story s, generate_series(
      date_trunc('hour', v_example.starts::timestamp at time zone v_example.place) - interval '3 hours',
      v_example.ends::timestamp at time zone v_example.place + interval '3 hours', interval '15 minutes'
    ) at;
    if p_is_folded then
      perform private.rebuild_rollup(s.acme) from story s;
    end if;
    return next is(
      pg_temp.told(v_example.place, v_example.starts, v_example.ends), v_example.quarters || ', 1 a quarter',
      format('%s, %s: %s%s', v_example.place, v_example.starts, v_example.test, case when p_is_folded then ', from rollups' end)
    );
  end loop;
end
$$;
select pg_temp.tell_all(false);
select pg_temp.tell_all(true);

-- 32,920 s over all 157 calls of the sample, and what is judged by yesterday's threshold.
delete from public.calls;
update public.organizations set time_zone = 'UTC' where id = (select acme from story);
select
  tests.calls(given, 144, '{"talk_seconds": 227, "duration_seconds": 227, "wait_seconds": 25}'),
  tests.calls(given, 1, '{"talk_seconds": 232, "duration_seconds": 232, "wait_seconds": 15}'),
  tests.calls(given, 12, '{"outcome": "missed", "duration_seconds": 0}')
from story;
create function pg_temp.kpi(p_kpi text) returns numeric
language sql as $$
  select k.value from story s, public.kpi_summary(s.acme, '2025-06-02Z', '2025-06-03Z') k where k.kpi = p_kpi
$$;
grant execute on function pg_temp.kpi(text) to public;
select tests.act_as(viewer) from story;
select is(round(pg_temp.kpi('answer_rate'), 3), 0.924, '145 of 157 is 92.4 %');
select is(round(pg_temp.kpi('average_handle_time')), 227::numeric, '32,920 s over 145 answered are 227 s');
select is(round(pg_temp.kpi('average_duration')), 210::numeric, 'and over all 157 calls 210 s');
select is(round(pg_temp.kpi('service_level'), 4), round(1 / 145.0, 4), 'one of 145 was answered within 20 s');

select tests.act_as(org_admin) from story;
select public.change_organization_settings(acme, '{"answer_within_seconds": 30}', current_date) from story;
select tests.act_as(viewer) from story;
select is(round(pg_temp.kpi('service_level'), 4), round(1 / 145.0, 4), 'today''s threshold does not move last year''s figures');
select tests.act_as_role('postgres');
select private.rebuild_rollup(acme) from story;
select tests.act_as(viewer) from story;
select is(round(pg_temp.kpi('service_level'), 4), round(1 / 145.0, 4), 'not even when they are counted anew');
select tests.act_as_role('postgres');
update public.calls set started_at = date_trunc('day', now()) where org_id = (select acme from story);
select tests.act_as(viewer) from story;
select is(
  (
    select round(k.value, 4)
    from story s, public.kpi_summary(s.acme, date_trunc('day', now()), date_trunc('day', now()) + interval '1 day') k
    where k.kpi = 'service_level'
  ), 1.0000, 'it counts from today on'
);
select is(pg_temp.kpi('offered'), 0::numeric, 'and calls that turn out to be of another day are counted there');

select * from finish();
rollback;
