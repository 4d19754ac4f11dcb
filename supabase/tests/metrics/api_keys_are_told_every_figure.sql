begin;
select plan(47);

create temporary table story on commit drop as
select
  w.*, tests.api_key(w.acme, array['calls:read']) as key, tests.api_key(w.acme, array['members:read']) as other_key,
  tests.api_key(null, array['calls:read']) as platform_key
from tests.two_organizations() w;
grant select on story to public;
select
  tests.calls(given, 3, '{"external_number": "+12125550150"}'),
  tests.calls(other, 2, '{"outcome": "missed", "external_number": "+12125550151"}'),
  tests.calls(given, 1, '{"outcome": null}'), tests.calls(given, 1, '{"direction": "internal"}'),
  tests.calls(given, 1, '{"deleted_at": "2025-06-03"}'),
  tests.calls(theirs, 4, '{"external_number": "+12125550152"}')
from story;

create temporary table asked (name text) on commit drop;
insert into asked values
  ('kpi_summary'), ('kpi_series'), ('kpi_comparison'), ('kpi_unusual'), ('kpi_heatmap'), ('kpi_by_organization'), ('kpi_by_line'),
  ('kpi_by_member'), ('kpi_percentiles'), ('repeat_callers'), ('callbacks'), ('callers'), ('peak_concurrency');
select is(
  tests.told_to_key(s.key, format('select count(*) > 0 as told from public.%I(%L, ''2025-06-02Z'', ''2025-06-03Z'')', a.name, s.acme)),
  '[{"told": true}]', a.name || ' answers an API key with calls:read'
)
from story s, asked a;
select is(
  tests.told_to_key(s.other_key, format('select 1 from public.%I(%L, ''2025-06-02Z'', ''2025-06-03Z'')', a.name, s.acme)),
  'PT403 scope_missing', a.name || ' tells one without it that it has not the scope'
)
from story s, asked a;
select is(
  tests.told_to_key(s.key, format('select 1 from public.%I(%L, ''2025-06-02Z'', ''2025-06-03Z'')', a.name, s.globex)),
  'PT404 organization_not_found', a.name || ' knows no other organization'
)
from story s, asked a;

-- Several organizations at once, as far as they are the key's.
select is(
  tests.told_to_key(key, 'select sum(c.calls) as calls from public.callers(null, ''2025-06-02Z'', ''2025-06-03Z'') c'), '[{"calls": 5}]',
  'all organizations of a key are its own'
) from story;
select is(
  tests.told_to_key(platform_key, 'select sum(c.calls) as calls from public.callers(null, ''2025-06-02Z'', ''2025-06-03Z'') c'),
  '[{"calls": 9}]', 'and of the operator''s key all there are'
) from story;

-- The rows behind figures.
select is(
  tests.told_to_key(key, 'select count(*) as calls from public.counted_calls'), '[{"calls": 5}]', 'a key reads the calls that count'
) from story;
select is(
  tests.told_to_key(other_key, 'select count(*) as calls from public.counted_calls'), '[{"calls": 0}]', 'with the scope'
) from story;
select tests.act_as(viewer) from story;
select is((select count(*) from public.counted_calls), 5::bigint, 'as a viewer does');
select tests.act_as(manager) from story;
select is((select count(*) from public.counted_calls), 3::bigint, 'a manager those of the given lines');
select tests.act_as(their_admin) from story;
select is((select count(*) from public.counted_calls), 4::bigint, 'others'' admins theirs');
select is(tests.attempt('delete from public.counted_calls'), '42501', 'and nobody changes them');

select * from finish();
rollback;
