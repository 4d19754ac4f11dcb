begin;
select plan(41);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.keep(p_hours text) returns text
language sql as $$
  select tests.attempt(format('select public.change_organization_settings(%L, %L)', acme, format('{"business_hours": %s}', p_hours)))
  from story
$$;
grant execute on function pg_temp.keep(text) to public;

select tests.act_as(org_admin) from story;

select is(pg_temp.keep(hours), '1 row', what || ' can be kept')
from (
  values
  ('no hours', '[]'),
  ('a day', '[{"weekday": 1, "opens": "09:00", "closes": "17:00"}]'),
  ('a day around the clock', '[{"weekday": 7, "opens": "00:00", "closes": "24:00"}]'),
  ('a minute', '[{"weekday": 2, "opens": "23:58", "closes": "23:59"}]'),
  ('the last minute', '[{"weekday": 2, "opens": "23:59", "closes": "24:00"}]'),
  (
    'a lunch break',
    '[{"weekday": 1, "opens": "13:00", "closes": "17:00"}, {"weekday": 1, "opens": "09:00", "closes": "12:00"}]'
  ),
  (
    'two spells that touch',
    '[{"weekday": 1, "opens": "09:00", "closes": "12:00"}, {"weekday": 1, "opens": "12:00", "closes": "17:00"}]'
  ),
  (
    'two spells that touch, the later first',
    '[{"weekday": 1, "opens": "12:00", "closes": "17:00"}, {"weekday": 1, "opens": "09:00", "closes": "12:00"}]'
  ),
  (
    'a night, as two days',
    '[{"weekday": 5, "opens": "22:00", "closes": "24:00"}, {"weekday": 6, "opens": "00:00", "closes": "02:00"}]'
  ),
  (
    'the same hours on two days',
    '[{"weekday": 1, "opens": "09:00", "closes": "17:00"}, {"weekday": 2, "opens": "09:00", "closes": "17:00"}]'
  )
) sound (what, hours);

select is(pg_temp.keep(hours), 'PT422 business_hours_malformed', left(hours, 70) || ' says nothing')
from unnest(array[
  'null', '{}', '"always"', '9', '[9]', '[null]', '[[]]', '[{}]', '{"weekday": 1, "opens": "09:00", "closes": "17:00"}',
  '[{"weekday": 0, "opens": "09:00", "closes": "17:00"}]', '[{"weekday": 8, "opens": "09:00", "closes": "17:00"}]',
  '[{"weekday": "Monday", "opens": "09:00", "closes": "17:00"}]', '[{"weekday": 1.5, "opens": "09:00", "closes": "17:00"}]',
  '[{"weekday": null, "opens": "09:00", "closes": "17:00"}]', '[{"opens": "09:00", "closes": "17:00"}]',
  '[{"weekday": 1, "closes": "17:00"}]', '[{"weekday": 1, "opens": "09:00"}]',
  '[{"weekday": 1, "opens": "9:00", "closes": "17:00"}]', '[{"weekday": 1, "opens": "09:00", "closes": "17:60"}]',
  '[{"weekday": 1, "opens": "09:00", "closes": "24:01"}]', '[{"weekday": 1, "opens": "24:00", "closes": "24:00"}]',
  '[{"weekday": 1, "opens": "09:00:00", "closes": "17:00"}]', '[{"weekday": 1, "opens": "09:00", "closes": "5 pm"}]',
  '[{"weekday": 1, "opens": "09:00", "closes": "17:00\n"}]', '[{"weekday": 1, "opens": 9, "closes": 17}]',
  '[{"weekday": 1, "opens": "09:00", "closes": "17:00", "note": "x"}]'
]) hours;
select is(
  pg_temp.keep((select jsonb_agg('{"weekday": 1, "opens": "09:00", "closes": "17:00"}'::jsonb) from generate_series(1, 51))::text),
  'PT422 business_hours_malformed', 'nor do more spells than a week has use for'
);

select is(pg_temp.keep(hours), 'PT422 business_hours_cross_midnight', hours || ' runs into another day')
from unnest(array[
  '[{"weekday": 5, "opens": "22:00", "closes": "02:00"}]', '[{"weekday": 5, "opens": "09:00", "closes": "09:00"}]'
]) hours;
select is(
  pg_temp.keep('[{"weekday": 1, "opens": "09:00", "closes": "13:00"}, {"weekday": 1, "opens": "12:59", "closes": "17:00"}]'),
  'PT422 business_hours_overlap', 'one spell does not lie over another'
);
select is(
  pg_temp.keep('[{"weekday": 1, "opens": "09:00", "closes": "17:00"}, {"weekday": 1, "opens": "10:00", "closes": "11:00"}]'),
  'PT422 business_hours_overlap', 'or within another'
);

select * from finish();
rollback;
