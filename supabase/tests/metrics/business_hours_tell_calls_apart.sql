begin;
select plan(29);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme, array['calls:read']) as key from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
create function pg_temp.keep(p_hours jsonb, p_from date default '-infinity') returns void
language sql as $$
  insert into public.organization_settings (org_id, effective_from, business_hours) select acme, p_from, p_hours from story
  on conflict (org_id, effective_from) do update set business_hours = excluded.business_hours
$$;
-- How many calls of a range are in hours, out of them, and in all.
create function pg_temp.calls(p_from text, p_to text) returns text
language sql as $$
  select string_agg(k.value::text, ' + ' order by h.n) filter (where h.n < 3) || ' of ' || max(k.value::text) filter (where h.n = 3)
  from story s
  cross join (values (1, true), (2, false), (3, null)) h (n, in_hours)
  cross join lateral public.kpi_summary(s.acme, p_from::timestamptz, p_to::timestamptz, p_in_hours => h.in_hours) k
  where k.kpi = 'offered'
$$;
create function pg_temp.error(p_from text, p_to text) returns text
language sql as $$
  select tests.attempt(format('select public.kpi_summary(%L, %L, %L, p_in_hours => true)', acme, p_from, p_to)) from story
$$;
grant execute on function pg_temp.calls(text, text), pg_temp.error(text, text) to public;

-- A call in every quarter of an hour of a week from Monday on.
select pg_temp.add(1, jsonb_build_object('started_at', at))
from generate_series('2025-06-02 00:00Z'::timestamptz, '2025-06-08 23:45Z', interval '15 minutes') at;

select tests.act_as(viewer) from story;
select is(pg_temp.error('2025-06-02Z', '2025-06-09Z'), 'PT422 business_hours_missing', 'without hours there is nothing to tell apart');
select tests.act_as_role('postgres');
insert into public.holidays (org_id, day, name, opens, closes) select acme, '2099-06-02', 'Open day', '10:00', '12:00' from story;
select tests.act_as(viewer) from story;
select is(pg_temp.error('2099-06-02Z', '2099-06-09Z'), 'PT422 business_hours_missing', 'nor with a holiday alone');
select tests.act_as_role('postgres');
select pg_temp.keep('[
  {"weekday": 1, "opens": "09:00", "closes": "17:00"},
  {"weekday": 2, "opens": "09:00", "closes": "12:30"}, {"weekday": 2, "opens": "13:15", "closes": "17:00"}
]');
select tests.act_as(viewer) from story;
select is(pg_temp.calls('2025-06-02Z', '2025-06-03Z'), '32 + 64 of 96', 'eight hours of a day are 32 quarters');
select is(pg_temp.calls('2025-06-02 09:00Z', '2025-06-02 09:15Z'), '1 + 0 of 1', 'a call at the opening is in');
select is(pg_temp.calls('2025-06-02 08:45Z', '2025-06-02 09:00Z'), '0 + 1 of 1', 'one before is out');
select is(pg_temp.calls('2025-06-02 17:00Z', '2025-06-02 17:15Z'), '0 + 1 of 1', 'as is one at the closing');
select is(pg_temp.calls('2025-06-03Z', '2025-06-04Z'), '29 + 67 of 96', 'a day may have a break');
select is(pg_temp.calls('2025-06-04Z', '2025-06-05Z'), '0 + 96 of 96', 'a day without hours is closed');
select is(pg_temp.calls('2025-06-02Z', '2025-06-09Z'), '61 + 611 of 672', 'in and out add up to all');
select is(pg_temp.calls('2025-06-02 12:00Z', '2025-06-03 10:00Z'), '24 + 64 of 88', 'a range may begin and end in the middle of the day');
select is(
  (
    select string_agg(trim_scale(k.value)::text, ' ' order by k.bucket_start)
    from story s, public.kpi_series(s.acme, '2025-06-02Z', '2025-06-05Z', p_in_hours => true) k
    where k.kpi = 'offered'
  ), '32 29 0', 'a series tells them apart too'
);
select is(
  (
    select string_agg(trim_scale(k.value)::text, ' ' order by k.bucket_start)
    from story s, public.kpi_series(s.acme, '2025-06-02 07:00Z', '2025-06-02 11:00Z', p_in_hours => false, p_grain => 'hour') k
    where k.kpi = 'offered'
  ), '4 4 0 0', 'by the hour as well'
);
select tests.act_as(agent) from story;
select is(pg_temp.calls('2025-06-02Z', '2025-06-03Z'), '32 + 64 of 96', 'whoever sees the calls');

-- Until midnight, and from then on.
select tests.act_as_role('postgres');
select pg_temp.keep('[
  {"weekday": 1, "opens": "22:00", "closes": "24:00"}, {"weekday": 2, "opens": "00:00", "closes": "02:00"},
  {"weekday": 7, "opens": "00:00", "closes": "24:00"}
]');
select tests.act_as(viewer) from story;
select is(pg_temp.calls('2025-06-02Z', '2025-06-03Z'), '8 + 88 of 96', 'a day may close at 24:00');
select is(pg_temp.calls('2025-06-02 23:45Z', '2025-06-03 00:15Z'), '2 + 0 of 2', 'and the next open then');
select is(pg_temp.calls('2025-06-08Z', '2025-06-09Z'), '96 + 0 of 96', 'a day may be open all day');

-- Holidays.
select tests.act_as_role('postgres');
select pg_temp.keep('[{"weekday": 1, "opens": "09:00", "closes": "17:00"}, {"weekday": 2, "opens": "09:00", "closes": "17:00"}]');
alter table public.holidays disable trigger tg_holidays__keep_the_past;
insert into public.holidays (org_id, day, name, opens, closes)
select s.acme, h.day::date, h.name, h.opens, h.closes
from story s, (
  values ('2025-06-02', 'Closed', null, null), ('2025-06-03', 'Short', '10:00', '12:00'), ('2025-06-07', 'Late', '18:00', '24:00')
) h (day, name, opens, closes);
insert into public.holidays (org_id, day, name) select globex, '2025-06-03', 'Theirs' from story;
select tests.act_as(viewer) from story;
select is(pg_temp.calls('2025-06-02Z', '2025-06-03Z'), '0 + 96 of 96', 'a holiday is closed');
select is(pg_temp.calls('2025-06-03Z', '2025-06-04Z'), '8 + 88 of 96', 'or has other hours');
select is(pg_temp.calls('2025-06-07Z', '2025-06-08Z'), '24 + 72 of 96', 'also on a day that has none');
select tests.act_as_role('postgres');
delete from public.holidays where org_id = (select acme from story);
select tests.act_as(viewer) from story;
select is(pg_temp.calls('2025-06-03Z', '2025-06-04Z'), '32 + 64 of 96', 'another organization''s is theirs');
select tests.act_as(platform_admin) from story;
select is(pg_temp.calls('2025-06-03Z', '2025-06-04Z'), '32 + 64 of 96', 'also for the operator, who sees both');

-- Hours that change.
select tests.act_as_role('postgres');
select pg_temp.keep(
  '[{"weekday": 3, "opens": "09:00", "closes": "10:00"}, {"weekday": 2, "opens": "00:00", "closes": "24:00"}]', '2025-06-03'
);
select tests.act_as(viewer) from story;
select is(pg_temp.calls('2025-06-02Z', '2025-06-05Z'), '132 + 156 of 288', 'a call is judged by the hours of its day');
select is(pg_temp.calls('2025-06-02 16:00Z', '2025-06-03 01:00Z'), '8 + 28 of 36', 'also around the change');
select tests.act_as_role('postgres');
select pg_temp.keep('[]');
select tests.act_as(viewer) from story;
select is(pg_temp.calls('2025-06-02Z', '2025-06-04Z'), '96 + 0 of 192', 'where no hours were kept a call is neither in nor out');
select is(pg_temp.error('2025-06-02Z', '2025-06-03Z'), 'PT422 business_hours_missing', 'which is said where none were kept at all');
select is(pg_temp.error('2025-06-02Z', '2025-06-03 00:00:01Z'), '20 rows', 'and not where some were');

-- Of several organizations each keeps its own.
select tests.act_as_role('postgres');
select pg_temp.keep('[{"weekday": 1, "opens": "09:00", "closes": "17:00"}]');
select tests.act_as(platform_admin) from story;
select is(
  (select k.value from public.kpi_summary(null, '2025-06-02Z', '2025-06-03Z', p_in_hours => true) k where k.kpi = 'offered'), 32::numeric,
  'all organizations together are those that have hours'
);
select tests.act_as(their_admin) from story;
select is(
  tests.attempt('select public.kpi_summary(null, ''2025-06-02Z'', ''2025-06-03Z'', p_in_hours => true)'), 'PT422 business_hours_missing',
  'of those that the caller reads'
);

create temporary table seen (what text) on commit drop;
grant insert on seen to public;
select tests.act_as_key(key) from story;
insert into seen select pg_temp.calls('2025-06-02Z', '2025-06-03Z');
select tests.act_as_role('postgres');
select is((select what from seen), '32 + 64 of 96', 'a key has them as people do');

select * from finish();
rollback;
