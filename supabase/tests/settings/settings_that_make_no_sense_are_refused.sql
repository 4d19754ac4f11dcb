begin;
select plan(51);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.change(p_changes text) returns text
language sql as $$
  select tests.attempt(format('select public.change_organization_settings(%L, %L)', acme, p_changes)) from story
$$;
create function pg_temp.change(p_setting text, p_value text) returns text
language sql as $$select pg_temp.change(format('{%s: %s}', to_json(p_setting), p_value))$$;
grant execute on function pg_temp.change(text), pg_temp.change(text, text) to public;

select tests.act_as(org_admin) from story;

-- Not a set of settings.
select is(pg_temp.change(changes), 'PT422 setting_unknown', coalesce(changes, 'nothing') || ' changes nothing')
from unnest(array[null, '{}', '[]', '[{"answer_within_seconds": 30}]', '"answer_within_seconds"', '30', 'true', 'null']) changes;

-- Not a setting.
select is(pg_temp.change(setting, value), 'PT422 setting_unknown', setting || ' is no setting')
from (
  values
  ('color', '"red"'), ('', '1'), ('Answer_within_seconds', '30'), ('org_id', to_json((select globex from story))::text),
  ('effective_from', '"2020-01-01"'), ('created_at', '"2020-01-01"'), (repeat('x', 10000), '1')
) unknown (setting, value);
select is(
  pg_temp.change('{"answer_within_seconds": 30, "color": "red"}'), 'PT422 setting_unknown', 'one that is unknown spoils those that are not'
);

-- Values.
select is(pg_temp.change(setting, value), '1 row', setting || ' may be ' || value)
from (
  values
  ('answer_within_seconds', '1'), ('answer_within_seconds', '20'), ('answer_within_seconds', '3600'),
  ('short_abandon_seconds', '10'), ('excludes_short_abandons', 'false'), ('service_level_target', '0'),
  ('service_level_target', '1'), ('service_level_target', '0.995'), ('abandonment_rate_target', '0.03')
) sound (setting, value);
select is(pg_temp.change(setting, value), 'PT422 setting_invalid', setting || ' is not ' || left(value, 40))
from (
  values
  ('answer_within_seconds', '0'), ('answer_within_seconds', '-1'), ('answer_within_seconds', '11'), ('answer_within_seconds', '3601'),
  ('answer_within_seconds', '20.5'), ('answer_within_seconds', '99999999999999999999'), ('answer_within_seconds', 'true'),
  ('answer_within_seconds', '"soon"'), ('answer_within_seconds', 'null'), ('answer_within_seconds', '{}'),
  ('answer_within_seconds', '[20]'), ('short_abandon_seconds', '0'), ('short_abandon_seconds', '11'),
  ('short_abandon_seconds', 'null'), ('excludes_short_abandons', '"perhaps"'), ('excludes_short_abandons', 'null'),
  ('service_level_target', '1.001'), ('service_level_target', '80'), ('service_level_target', '-0.001'),
  ('service_level_target', '"NaN"'), ('service_level_target', '"Infinity"'), ('service_level_target', 'null'),
  ('service_level_target', '"most"'), ('abandonment_rate_target', '2'), ('abandonment_rate_target', 'null')
) impossible (setting, value);

select is((select count(*)::int from public.organization_settings), 1, 'of all that nothing stays');

select * from finish();
rollback;
