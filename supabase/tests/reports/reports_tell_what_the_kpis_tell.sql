begin;
select plan(21);

create temporary table story on commit drop as select * from tests.two_organizations();
update public.organizations o set time_zone = 'Europe/London' from story s where o.id = s.acme;
update public.lines l set label = 'Sales' from story s where l.id = s.given;
update public.profiles p set full_name = 'Ada' from story s where p.user_id = s.agent;
-- The last Sunday of October 2024 has 25 hours, and its second hour comes twice.
select
  tests.calls(given, 6, '{"started_at": "2024-10-27T00:30:00Z", "wait_seconds": 10, "talk_seconds": 60, "duration_seconds": 70}'),
  tests.calls(given, 2, '{"started_at": "2024-10-27T01:30:00Z", "wait_seconds": 40, "outcome": "missed"}'),
  tests.calls(given, 3, jsonb_build_object(
    'started_at', '2024-10-28T12:00:00Z', 'wait_seconds', 15, 'talk_seconds', 30, 'member_ids', array[agent_member]
  )),
  tests.calls(other, 1, '{"started_at": "2024-10-29T12:00:00Z", "outcome": "voicemail"}'),
  tests.calls(given, 1, '{"started_at": "2024-10-29T12:00:00Z", "line_id": null}'),
  tests.calls(given, 5, '{"started_at": "2024-10-28T12:00:00Z", "direction": "internal"}')
from story;
grant select on story to public;
create function pg_temp.days() returns table (
  day date, offered bigint, answered bigint, missed bigint, service_level numeric, longest_wait bigint
)
language sql as $$
  select r.day, r.offered, r.answered, r.missed, r.service_level, r.longest_wait
  from story s, public.report_days(s.acme, '2024-10-26 23:00Z', '2024-10-31Z') r
$$;
grant execute on function pg_temp.days() to public;

select tests.act_as(viewer) from story;
select results_eq(
  'select * from pg_temp.days()',
  $$
    values
      (date '2024-10-27', 8::bigint, 6::bigint, 2::bigint, 0.75, 40::bigint), ('2024-10-28', 3, 3, 0, 1, 15),
      ('2024-10-29', 2, 1, 0, null, null), ('2024-10-30', 0, 0, 0, null, null)
  $$, 'each local day has its figures, one without calls too; what cannot be measured is null'
);
select is(
  (select sum(r.offered) from pg_temp.days() r),
  (select k.value from story s, public.kpi_summary(s.acme, '2024-10-26 23:00Z', '2024-10-31Z') k where k.kpi = 'offered'),
  'they add up to the figure of the whole'
);
select results_eq(
  $$
    select r.starts_at, r.day, r.hour, r.offered
    from story s, public.report_hours(s.acme, '2024-10-26 23:00Z', '2024-10-28Z') r
    where r.offered > 0
  $$,
  $$ values (timestamptz '2024-10-27 00:00Z', date '2024-10-27', '01:00', 6::bigint), ('2024-10-27 01:00Z', '2024-10-27', '01:00', 2) $$,
  'an hour that comes twice is two'
);
select is(
  (select count(*) from story s, public.report_hours(s.acme, '2024-10-26 23:00Z', '2024-10-28Z')), 25::bigint, 'and the day has 25'
);
select results_eq(
  $$
    select r.line collate "default", r.number collate "default", r.offered, r.voicemail
    from story s, public.report_lines(s.acme, '2024-10-26 23:00Z', '2024-10-31Z') r
  $$,
  $$
    values ('Sales', '+12125550101', 11::bigint, 0::bigint), ('+12125550102', '+12125550102', 1, 1), (null, null, 1, 0)
  $$, 'lines by how busy they are, and what is on none'
);
select results_eq(
  $$ select r.line collate "default", r.offered from story s, public.report_lines(s.acme, '2024-10-30Z', '2024-10-31Z') r $$,
  $$ values ('Sales', 0::bigint), ('+12125550102', 0) $$, 'a line without a call is in the list'
);
select results_eq(
  $$
    select r.line collate "default", r.offered
    from story s, public.report_lines(s.acme, '2024-10-26 23:00Z', '2024-10-31Z', array[s.other]) r
  $$,
  $$ values ('+12125550102', 1::bigint) $$, 'unless others were asked for'
);
select results_eq(
  $$
    select r.day, r.calls, r.service_level, r.target, r.is_missed
    from story s, public.report_sla(s.acme, '2024-10-26 23:00Z', '2024-10-31Z') r
  $$,
  $$
    values
      (date '2024-10-27', 8::bigint, 0.75, 0.8, true), ('2024-10-28', 3, 1, 0.8, false), ('2024-10-29', 2, null, 0.8, null)
  $$, 'days with calls are judged by the target, as far as they can be'
);
select results_eq(
  $$
    select r.member_id, r.member, r.answered, r.total_talk
    from story s, public.report_members(s.acme, '2024-10-26 23:00Z', '2024-10-31Z') r
    order by r.member_id
  $$,
  $$ select agent_member, null::text, 3::bigint, 90::bigint from story union all select null, null, 7, 360 $$,
  'members have figures, which viewers read without names; calls of nobody are a row'
);
select tests.act_as(org_admin) from story;
select results_eq(
  $$ select r.member, r.role, r.answered from story s, public.report_members(s.acme, '2024-10-26 23:00Z', '2024-10-31Z') r $$,
  $$ values ('Ada', 'agent', 3::bigint), (null, null, 7) $$, 'admins read who they are'
);
select tests.act_as(agent) from story;
select is((select sum(r.offered) from pg_temp.days() r), 11::numeric, 'an agent has the days of given lines');
select results_eq(
  $$ select r.line collate "default", r.offered from story s, public.report_lines(s.acme, '2024-10-26 23:00Z', '2024-10-31Z') r $$,
  $$ values ('Sales', 11::bigint) $$, 'and those lines'
);
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select * from public.report_%s(%L, ''2024-10-26Z'', ''2024-10-31Z'')', r, acme)), 'PT404 organization_not_found',
  'another organization''s report does not exist: ' || r
)
from story, unnest(array['days', 'hours', 'lines', 'members', 'sla', 'calls']) r;

-- The target was another one then.
select tests.act_as_role('postgres');
insert into public.organization_settings (org_id, effective_from, service_level_target) select acme, '2024-10-28', 0.5 from story;
update public.organization_settings t set service_level_target = 0.7
from story s
where t.org_id = s.acme and t.effective_from < '2024-10-28';
select tests.act_as(viewer) from story;
select results_eq(
  $$ select r.target, r.is_missed from story s, public.report_sla(s.acme, '2024-10-26 23:00Z', '2024-10-31Z') r $$,
  $$ values (0.7, false), (0.5, false), (0.5, null) $$, 'a day is judged by the target it had'
);
select is(
  tests.attempt(format('select * from public.report_hours(%L, ''2024-01-01Z'', ''2024-10-31Z'')', acme)), 'PT422 grain_unfit',
  'hours of a year are too many'
) from story;

-- In Lord Howe the clocks are put from two to half past two.
select tests.act_as_role('postgres');
update public.organizations set time_zone = 'Australia/Lord_Howe' where id = (select acme from story);
select tests.act_as(viewer) from story;
select results_eq(
  $$ select r.starts_at, r.day, r.hour from story s, public.report_hours(s.acme, '2025-10-04 13:30Z', '2025-10-04 17:00Z') r $$,
  $$
    values
    (timestamptz '2025-10-04 13:30Z', date '2025-10-05', '00:00'), ('2025-10-04 14:30Z', '2025-10-05', '01:00'),
    ('2025-10-04 15:00Z', '2025-10-05', '02:00'), ('2025-10-04 16:00Z', '2025-10-05', '03:00')
  $$, 'an hour of which a change of clocks takes the beginning is called as the clock then shows'
);

select * from finish();
rollback;
