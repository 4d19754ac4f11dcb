begin;
select plan(16);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme, array['members:read']) as key from tests.two_organizations() w;
grant select on story to public;
select tests.calls(given, 1) from story;

select tests.act_as(org_admin) from story;
select bag_eq(
  format('select f.kpi, f.definition_version from (%s) f', f.told),
  format('select d.kpi, d.version from public.kpi_definitions d where %L = any (d.told_by)', f.name),
  f.name || ' tells what is defined as its own'
)
from story s
cross join lateral (values
  ('kpi_summary', format('select kpi, definition_version from public.kpi_summary(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  ('kpi_series', format('select kpi, 1 as definition_version from public.kpi_series(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  ('kpi_comparison', format('select kpi, definition_version from public.kpi_comparison(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  ('kpi_unusual', format('select kpi, definition_version from public.kpi_unusual(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  (
    'kpi_heatmap', format('select distinct kpi, definition_version from public.kpi_heatmap(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)
  ),
  (
    'kpi_by_organization',
    format('select kpi, definition_version from public.kpi_by_organization(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)
  ),
  ('kpi_by_line', format('select kpi, definition_version from public.kpi_by_line(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  ('kpi_by_member', format('select kpi, definition_version from public.kpi_by_member(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  ('kpi_percentiles', format('select kpi, definition_version from public.kpi_percentiles(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  ('repeat_callers', format('select kpi, definition_version from public.repeat_callers(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  ('callbacks', format('select kpi, definition_version from public.callbacks(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  ('peak_concurrency', format('select kpi, definition_version from public.peak_concurrency(%L, ''2025-06-02'', ''2025-06-03'')', s.acme)),
  ('kpi_messages', format('select kpi, definition_version from public.kpi_messages(%L, ''2025-06-02'', ''2025-06-03'')', s.acme))
) f (name, told);

select results_eq(
  $$
    select distinct f collate "default" from public.kpi_definitions d, unnest(d.told_by) f
    where d.kpi in ('revenue', 'sla_days_missed', 'agents_needed', 'ringing', 'occupancy')
    order by 1
  $$,
  'values (''live_summary''::text), (''report_sla''), (''revenue''), (''staffing''), (''team_availability'')',
  'so are those of functions that tell more than figures'
);

select is(
  tests.attempt('update public.kpi_definitions set formula = ''As I please'''), '42501', 'nobody changes what a figure means'
);
select tests.act_as_role('postgres');
select is(
  tests.told_to_key(key, 'select count(*) > 20 as told from public.kpi_definitions'), '[{"told": true}]',
  'any API key reads the definitions'
) from story;

select * from finish();
rollback;
