begin;
select plan(25);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update public.organizations set time_zone = 'America/New_York' where id = (select acme from story);
-- Four Mondays in June, at nine in New York: 200 calls each, 190 of them answered and spoken for three minutes.
select
  tests.calls(given, 190, jsonb_build_object('started_at', m + interval '13 hours', 'talk_seconds', 180)),
  tests.calls(given, 10, jsonb_build_object('started_at', m + interval '13 hours 30 minutes', 'outcome', 'missed')),
  tests.calls(other, 20, jsonb_build_object('started_at', m + interval '14 hours', 'talk_seconds', 180))
from story, generate_series('2025-06-02 00:00Z'::timestamptz, '2025-06-23 00:00Z', interval '7 days') m;

create function pg_temp.staffing(p_weekday int, p_hour int, p_arguments text default '') returns text
language plpgsql as $$
declare
  v_said text;
begin
  execute format(
    'select concat_ws('' '', hours, offered, mean_offered, agents_on_calls, agents, round(service_level, 3), round(occupancy, 3))
    from public.staffing(%L, ''2025-06-02 04:00Z'', ''2025-06-30 04:00Z''%s) where weekday = %s and hour = %s',
    (select acme from story), p_arguments, p_weekday, p_hour
  ) into v_said;
  return v_said;
end
$$;
grant execute on function pg_temp.staffing(int, int, text) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.staffing(1, 9), '4 800 200 14 20 0.888 0.714', 'Mondays at nine need fourteen on calls, twenty on the list');
select is(pg_temp.staffing(1, 10), '4 80 20 3 5 0.927 0.333', 'at ten three');
select is(pg_temp.staffing(2, 9), '4 0 0 0 0', 'and nobody on Tuesdays');
select is(pg_temp.staffing(1, 9, ', p_shrinkage => 0'), '4 800 200 14 14 0.888 0.714', 'where nobody is ever away');
select is(pg_temp.staffing(1, 9, ', p_target => 0.9'), '4 800 200 15 22 0.941 0.667', 'for a higher target');
select is(
  pg_temp.staffing(1, 9, ', p_within_seconds => 3600'), '4 800 200 11 16 1.000 0.909', 'one who may wait an hour needs hardly anybody'
);
select is(pg_temp.staffing(1, 9, ', p_wrap_seconds => 60'), '4 800 200 17 25 0.810 0.784', 'with a minute of work after each call');
select is(pg_temp.staffing(1, 9, format(', array[%L]::uuid[]', other)), '4 0 0 0 0', 'of a line') from story;
select results_eq(
  'select count(*), min(handle_seconds), max(handle_seconds), sum(offered), min(known), min(total), min(target), min(within_seconds)
  from story cross join lateral public.staffing(story.acme, ''2025-06-02 04:00Z'', ''2025-06-30 04:00Z'')',
  'select 168::bigint, 180::numeric, 180::numeric, 880::numeric, 840::bigint, 840::bigint, 0.8, 20::numeric',
  'all of the week is told, by the mean talk of all of it and the organization''s target'
);

-- Days that are shorter or longer: on 9 March there is no hour at two, on 2 November there are two at one.
select results_eq(
  'select s.hour, s.hours from story cross join lateral public.staffing(story.acme, ''2025-03-09 05:00Z'', ''2025-03-10 04:00Z'') s
  where s.weekday = 7 and s.hour between 1 and 3 order by 1',
  'values (1, 1::bigint), (2, 0), (3, 1)', 'an hour that is left out never was'
);
select is(
  (
    select s.mean_offered
    from story
    cross join lateral public.staffing(story.acme, '2025-03-09 05:00Z', '2025-03-10 04:00Z') s
    where s.weekday = 7 and s.hour = 2
  ),
  null, 'so nobody knows what it needs'
);
select results_eq(
  'select s.hour, s.hours from story cross join lateral public.staffing(story.acme, ''2025-11-02 04:00Z'', ''2025-11-03 05:00Z'') s
  where s.weekday = 7 and s.hour between 0 and 2 order by 1',
  'values (0, 1::bigint), (1, 2), (2, 1)', 'one that comes twice counts twice'
);
select is(
  (select max(s.hours) from story cross join lateral public.staffing(story.acme, now() - interval '1 day', now() + interval '28 days') s),
  -- Of a day on which the clocks were set back, one hour counts twice.
  (select max(s.hours) from story cross join lateral public.staffing(story.acme, now() - interval '1 day', now()) s),
  'hours to come do not count'
);

-- Without a known talk nothing can be said, and it is not said.
select tests.act_as_role('postgres');
select tests.calls(theirs, 5, '{"started_at": "2025-06-02 09:00Z"}') from story;
select tests.act_as(their_admin) from story;
select results_eq(
  'select s.offered, s.handle_seconds, s.agents, s.known, s.total from story, public.staffing(globex, ''2025-06-02Z'', ''2025-06-03Z'') s
  where s.weekday = 1 and s.hour = 9',
  'values (5::bigint, null::numeric, null::integer, 0::bigint, 5::bigint)', 'where no talk is known, it is not measurable'
);

create function pg_temp.ask(p_org_id uuid, p_arguments text default '', p_to text default '2025-06-30Z') returns text
language sql as $$
  select tests.attempt(format('select * from public.staffing(%L, ''2025-06-02Z'', %L%s)', p_org_id, p_to, p_arguments))
$$;
grant execute on function pg_temp.ask(uuid, text, text) to public;
select is(pg_temp.ask(acme), 'PT404 organization_not_found', 'another organization''s is not told') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.ask(acme, '', '2025-06-01Z'), 'PT422 range_reversed', 'ranges run forward') from story;
select is(pg_temp.ask(acme, '', '2026-06-30Z'), 'PT422 range_too_long', 'for a year at most') from story;
select is(pg_temp.ask(acme, ', p_target => 0'), 'PT422 staffing_invalid', 'a target is something') from story;
select is(pg_temp.ask(acme, ', p_shrinkage => 1'), 'PT422 staffing_invalid', 'and somebody is there') from story;
select is(pg_temp.ask(acme, ', p_in_hours => true'), 'PT422 business_hours_missing', 'business hours have to be set') from story;

select tests.act_as(agent) from story;
select is(pg_temp.staffing(1, 9), '4 800 200 14 20 0.888 0.714', 'an agent has it for given lines');
select is(pg_temp.staffing(1, 10), '4 0 0 0 0', 'and no others');
select tests.act_as(viewer) from story;
select is(pg_temp.staffing(1, 10), '4 80 20 3 5 0.927 0.333', 'a viewer for all');
select tests.act_as(platform_admin) from story;
select is(
  (
    select sum(s.offered) from public.staffing(null, '2025-06-02Z', '2025-07-01Z') s
  ),
  885::numeric, 'the operator for all organizations at once'
);

-- In Lord Howe the clocks are put from two to half past two.
select tests.act_as_role('postgres');
update public.organizations set time_zone = 'Australia/Lord_Howe' where id = (select acme from story);
select tests.act_as(viewer) from story;
select results_eq(
  'select s.hour, s.hours from story cross join lateral public.staffing(story.acme, ''2025-10-04 13:30Z'', ''2025-10-05 13:00Z'') s
  where s.weekday = 7 and s.hour between 1 and 3 order by 1',
  'values (1, 1::bigint), (2, 1), (3, 1)', 'half an hour that is left out leaves the other half'
);

select * from finish();
rollback;
