begin;
select plan(14);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
-- The first and the last quarter of an hour (by UTC) of calls that are in hours, of one call in each, and how many are.
create function pg_temp.open(p_place text, p_hours text, p_from timestamptz, p_to timestamptz) returns text
language plpgsql as $$
declare
  v_open text;
begin
  delete from public.calls;
  update public.organizations set time_zone = p_place where id = (select acme from story);
  update public.organization_settings set business_hours = (
    select jsonb_agg(jsonb_build_object('weekday', weekday, 'opens', split_part(p_hours, '-', 1), 'closes', split_part(p_hours, '-', 2)))
    from generate_series(1, 7) weekday
  )
  where org_id = (select acme from story);
  perform pg_temp.add(1, jsonb_build_object('started_at', at))
  from generate_series(p_from, p_to - interval '1 second', interval '15 minutes') at;
  perform tests.act_as(viewer) from story;
  select format('%s: %s to %s', sum(k.value), to_char(min(k.bucket_start) filter (where k.value > 0) at time zone 'UTC', 'HH24:MI'),
    to_char(max(k.bucket_start) filter (where k.value > 0) at time zone 'UTC', 'HH24:MI'))
  into v_open
  from story s, public.kpi_series(s.acme, p_from, p_to, p_in_hours => true, p_grain => 'hour') k
  where k.kpi = 'offered';
  perform tests.act_as_role('postgres');
  return v_open;
end
$$;

select is(pg_temp.open(place, hours, starts, ends), told, format('%s, %s: %s', place, hours, test))
from (
  values
    ('UTC', '09:00-17:00', '2025-06-02Z'::timestamptz, '2025-06-03Z'::timestamptz, '32: 09:00 to 16:00', 'eight hours'),
    ('Asia/Kathmandu', '09:00-17:00', '2025-06-01 18:15Z', '2025-06-02 18:15Z', '32: 03:15 to 10:15', 'from a quarter past three, by UTC'),
    ('Asia/Kathmandu', '00:00-24:00', '2025-06-01 18:15Z', '2025-06-02 18:15Z', '96: 18:15 to 17:15', 'all day is a day'),
    ('America/New_York', '20:00-24:00', '2025-06-02Z', '2025-06-03Z', '16: 00:00 to 03:00', 'an evening of the day before, by UTC'),
    -- London's clocks go from one to two in spring, and from two to one in autumn.
    ('Europe/London', '00:30-02:30', '2025-03-30Z', '2025-03-30 06:00Z', '4: 00:00 to 01:00', 'an hour that does not come is not open'),
    ('Europe/London', '01:00-02:00', '2025-03-30Z', '2025-03-30 06:00Z', '0:  to ', 'not at all'),
    ('Europe/London', '00:30-02:30', '2025-10-25 23:00Z', '2025-10-26 06:00Z', '12: 23:00 to 02:00', 'one that comes twice is open twice'),
    ('Europe/London', '01:00-02:00', '2025-10-25 23:00Z', '2025-10-26 06:00Z', '8: 00:00 to 01:00', 'both times'),
    ('Europe/London', '09:00-17:00', '2025-03-30Z', '2025-03-30 23:00Z', '32: 08:00 to 15:00', 'the day goes on by the clock on the wall'),
    ('Europe/London', '00:00-24:00', '2025-03-30Z', '2025-03-30 23:00Z', '92: 00:00 to 22:00', 'all day is 23 hours'),
    ('Europe/London', '00:00-24:00', '2025-10-25 23:00Z', '2025-10-27Z', '100: 23:00 to 23:00', 'or 25'),
    -- Lord Howe's are set by half an hour.
    ('Australia/Lord_Howe', '01:00-02:30', '2025-04-05 13:00Z', '2025-04-05 18:00Z', '8: 14:00 to 15:30', 'the half hour that comes twice'),
    ('Australia/Lord_Howe', '01:00-02:30', '2025-10-04 13:30Z', '2025-10-04 18:00Z', '4: 14:30 to 14:30', 'and the one that does not'),
    ('Australia/Lord_Howe', '02:00-03:00', '2025-10-04 13:30Z', '2025-10-04 18:00Z', '2: 15:00 to 15:00', 'or half of it')
) example (place, hours, starts, ends, told, test);

select * from finish();
rollback;
