begin;
select plan(15);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
-- The same calls on each of three days, and at Globex on the first.
select
  pg_temp.add(4, c.said || '{"wait_seconds": 15}'), pg_temp.add(2, c.said || '{"wait_seconds": 25}'), pg_temp.add(1, c.said),
  pg_temp.add(2, c.said || '{"wait_seconds": 3, "outcome": "missed"}'),
  pg_temp.add(1, c.said || '{"wait_seconds": 8, "outcome": "missed"}'),
  pg_temp.add(1, c.said || '{"outcome": "missed"}'), pg_temp.add(1, c.said || '{"wait_seconds": 4, "outcome": "voicemail"}')
from story s
cross join lateral (
  select jsonb_build_object('started_at', '2025-06-0' || n || ' 09:00Z') as said from generate_series(2, 4) n
  union all
  select jsonb_build_object('started_at', '2025-06-02 09:00Z', 'org_id', s.globex, 'line_id', s.theirs)
) c;
-- The first as everybody begins, the second with other limits, the third without leaving short abandons out.
insert into public.organization_settings (org_id, effective_from, answer_within_seconds, short_abandon_seconds, excludes_short_abandons)
select s.acme, v.day, 30, 10, v.excludes from story s, (values ('2025-06-03'::date, true), ('2025-06-04', false)) v (day, excludes);
insert into public.organization_settings (org_id, effective_from, answer_within_seconds) select globex, '2025-01-01', 15 from story;
create function pg_temp.kpi(p_kpi text, p_from text, p_to text, p_org_id uuid default null) returns text
language plpgsql as $$
declare
  v_said text;
begin
  select format('%s / %s, %s of %s', trim_scale(k.numerator), trim_scale(k.denominator), k.known, k.total) into v_said
  from story s, public.kpi_summary(coalesce(p_org_id, s.acme), p_from::timestamptz, p_to::timestamptz) k
  where k.kpi = p_kpi;
  return v_said;
end
$$;
grant execute on function pg_temp.kpi(text, text, text, uuid) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.kpi('service_level', '2025-06-02Z', '2025-06-03Z'), '4 / 8, 10 of 12', 'within 20 seconds, without two short abandons');
select is(pg_temp.kpi('service_level', '2025-06-03Z', '2025-06-04Z'), '6 / 7, 10 of 12', 'within 30, without three');
select is(pg_temp.kpi('service_level', '2025-06-04Z', '2025-06-05Z'), '6 / 10, 10 of 12', 'within 30, with all of them');
select is(pg_temp.kpi('service_level', '2025-06-02Z', '2025-06-04Z'), '10 / 15, 20 of 24', 'two days add what is above and below the line');
select is(pg_temp.kpi('service_level', '2025-06-02Z', '2025-06-05Z'), '16 / 25, 30 of 36', 'and three');
select is(
  pg_temp.kpi('abandonment_rate', '2025-06-02Z', '2025-06-03Z'), '2 / 10, 11 of 12', 'abandoned is who was not short, unknown waits too'
);
select is(pg_temp.kpi('abandonment_rate', '2025-06-03Z', '2025-06-04Z'), '1 / 9, 11 of 12', 'by the limit of its day');
select is(
  pg_temp.kpi('abandonment_rate', '2025-06-04Z', '2025-06-05Z'), '4 / 12, 11 of 12', 'or everybody, where short ones are not left out'
);
select is(pg_temp.kpi('abandonment_rate', '2025-06-02Z', '2025-06-05Z'), '7 / 31, 33 of 36', 'which add up too');
select is(pg_temp.kpi('answer_rate', '2025-06-02Z', '2025-06-05Z'), '21 / 36, 36 of 36', 'what no setting changes is as it is');
select is(
  (
    select trim_scale(sum(k.value))::text from story s, public.kpi_series(s.acme, '2025-06-02Z', '2025-06-05Z') k where k.kpi = 'answered'
  ), '21', 'no call counts twice, or not at all'
);

-- Several organizations, each by its own.
select tests.act_as(platform_admin) from story;
select is(
  pg_temp.kpi('service_level', '2025-06-02Z', '2025-06-03Z', globex), '4 / 8, 10 of 12', 'another organization has other limits'
) from story;
select is(
  (
    select format('%s / %s', trim_scale(k.numerator), trim_scale(k.denominator))
    from public.kpi_summary(null, '2025-06-02Z', '2025-06-05Z') k
    where k.kpi = 'service_level'
  ), '20 / 33', 'all organizations add up, each by its own limits'
);
select tests.act_as_role('postgres');
update public.organization_settings set answer_within_seconds = 30 where org_id = (select globex from story) and isfinite(effective_from);
select tests.act_as(platform_admin) from story;
select is(pg_temp.kpi('service_level', '2025-06-02Z', '2025-06-03Z', globex), '6 / 8, 10 of 12', 'whose change is its own') from story;
select is(pg_temp.kpi('service_level', '2025-06-02Z', '2025-06-03Z', acme), '4 / 8, 10 of 12', 'and not another''s') from story;

select * from finish();
rollback;
