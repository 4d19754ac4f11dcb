begin;
select plan(27);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.ring(p_at text, p_number text default '+12125550150', p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, 1, jsonb_build_object('started_at', p_at, 'external_number', p_number) || p_said) from story
$$;
create function pg_temp.told(
  p_from text, p_to text, p_kpi text default 'repeat_calls', p_line_ids uuid[] default null, p_in_hours boolean default null
) returns text
language sql as $$
  select format(
    '%s: %s / %s over %s of %s', coalesce(round(k.value, 3)::text, 'not measurable'), trim_scale(k.numerator), trim_scale(k.denominator),
    k.known, k.total
  )
  from story s, public.repeat_callers(s.acme, p_from::timestamptz, p_to::timestamptz, p_line_ids, null, p_in_hours) k
  where k.kpi = p_kpi
$$;
grant execute on function pg_temp.told(text, text, text, uuid[], boolean) to public;

-- One number calls on the 2nd at 9:00, exactly 7 × 24 hours later, and a microsecond more than that after the second.
select
  pg_temp.ring('2025-06-02 09:00Z'), pg_temp.ring('2025-06-09 09:00Z'), pg_temp.ring('2025-06-16 09:00:00.000001Z'),
  pg_temp.ring('2025-06-02 10:00Z', '+12125550151');
select tests.act_as(viewer) from story;
select is(pg_temp.told('2025-06-02Z', '2025-06-03Z'), '0.000: 0 / 1 over 2 of 2', 'the first call of a number repeats none');
select is(
  pg_temp.told('2025-06-09Z', '2025-06-10Z'), '1.000: 1 / 1 over 1 of 1',
  'one of 168 hours before is repeated, though it is not in the range'
);
select is(pg_temp.told('2025-06-16Z', '2025-06-17Z'), '0.000: 0 / 1 over 1 of 1', 'one of longer before is not');
select is(pg_temp.told('2025-06-02Z', '2025-06-17Z'), '1.000: 1 / 1 over 4 of 4', 'a range adds them up');
select is(pg_temp.told('2025-06-02Z', '2025-06-17Z', 'repeat_rate'), '0.250: 1 / 4 over 4 of 4', 'as a share of calls');
select is(
  pg_temp.told('2025-06-02Z', '2025-06-17Z', 'first_call_resolution_proxy'), '0.750: 3 / 4 over 4 of 4',
  'of which the others were perhaps enough'
);
select is(pg_temp.told('2025-07-02Z', '2025-07-17Z', 'repeat_rate'), 'not measurable: 0 / 0 over 0 of 0', 'of no calls there is no share');
select is(pg_temp.told('2025-07-02Z', '2025-07-17Z'), '0.000: 0 / 1 over 0 of 0', 'but none repeated');

-- Who withholds the number.
select tests.act_as_role('postgres');
select
  pg_temp.ring('2025-07-01 09:00Z', null), pg_temp.ring('2025-07-01 10:00Z', null), pg_temp.ring('2025-07-01 09:00Z', ''),
  pg_temp.ring('2025-07-01 10:00Z', ''), pg_temp.ring('2025-07-01 09:00Z', 'anonymous'), pg_temp.ring('2025-07-01 10:00Z', 'anonymous');
select tests.act_as(viewer) from story;
select is(
  pg_temp.told('2025-07-01Z', '2025-07-02Z', 'repeat_rate'), '0.000: 0 / 6 over 0 of 6', 'who withholds the number is never somebody known'
);
select is(
  pg_temp.told('2025-07-01Z', '2025-07-02Z', 'calls_per_reached_contact'), 'not measurable: 0 / 0 over 0 of 6', 'nor a contact'
);

-- What does not count, before.
select tests.act_as_role('postgres');
select
  pg_temp.ring('2025-08-01 09:00Z', '+12125550152', '{"direction": "outbound"}'),
  pg_temp.ring('2025-08-01 09:10Z', '+12125550152', '{"direction": "internal"}'),
  pg_temp.ring('2025-08-01 09:20Z', '+12125550152', '{"outcome": null}'),
  pg_temp.ring('2025-08-01 09:30Z', '+12125550152', '{"deleted_at": "2025-08-02"}'),
  pg_temp.ring('2025-08-01 09:40Z', '+12125550152', jsonb_build_object('org_id', globex, 'line_id', theirs)),
  pg_temp.ring('2025-08-01 10:00Z', '+12125550152')
from story;
select tests.act_as(platform_admin) from story;
select is(
  pg_temp.told('2025-08-01Z', '2025-08-02Z'), '0.000: 0 / 1 over 1 of 1',
  'calls we made, internal, unfinished, unlisted ones and another organization''s are not repeated'
);
select is(
  (select format('%s of %s', k.numerator, k.total) from public.repeat_callers(null, '2025-08-01Z',
  '2025-08-02Z') k where k.kpi = 'repeat_rate'),
  '0 of 2', 'not even where several organizations are told'
);
select tests.act_as_role('postgres');
select pg_temp.ring('2025-08-01 10:00Z', '+12125550152', '{"outcome": "missed"}');
select tests.act_as(viewer) from story;
select is(pg_temp.told('2025-08-01Z', '2025-08-02Z'), '0.000: 0 / 1 over 2 of 2', 'of two at the same instant neither is before the other');
select tests.act_as_role('postgres');
select pg_temp.ring('2025-08-01 10:00:01Z', '+12125550152');
select tests.act_as(viewer) from story;
select is(pg_temp.told('2025-08-01Z', '2025-08-02Z'), '1.000: 1 / 1 over 3 of 3', 'the next is after both, and repeats once');

-- The other line, on which a manager sees nothing.
select tests.act_as_role('postgres');
select pg_temp.ring('2025-09-01 09:00Z', '+12125550153', jsonb_build_object('line_id', other)) from story;
select pg_temp.ring('2025-09-02 09:00Z', '+12125550153');
select tests.act_as(viewer) from story;
select is(
  pg_temp.told('2025-09-01Z', '2025-09-03Z', p_line_ids => array[given]), '1.000: 1 / 1 over 1 of 1',
  'who called on another line calls again'
) from story;
select is(pg_temp.told('2025-09-01Z', '2025-09-03Z', p_line_ids => array[other]), '0.000: 0 / 1 over 1 of 1', 'but not before') from story;
select tests.act_as(manager) from story;
select is(pg_temp.told('2025-09-01Z', '2025-09-03Z'), '0.000: 0 / 1 over 1 of 1', 'as far as who asks sees the line');

-- Numbers, reached or not.
select tests.act_as_role('postgres');
select
  pg_temp.ring('2025-10-01 09:00Z', '+12125550160', '{"outcome": "missed"}'), pg_temp.ring('2025-10-01 09:10Z', '+12125550160'),
  pg_temp.ring('2025-10-01 09:20Z', '+12125550161', '{"outcome": "voicemail"}'), pg_temp.ring('2025-10-01 09:30Z', null);
select tests.act_as(viewer) from story;
select is(
  pg_temp.told('2025-10-01Z', '2025-10-02Z', 'calls_per_reached_contact'), '3.000: 3 / 1 over 3 of 4', 'three calls for one who was reached'
);
select results_eq(
  $$
    select c.external_number, c.calls, c.answered, c.missed, c.repeats, c.first_called_at, c.last_called_at
    from story s, public.callers(s.acme, '2025-10-01Z', '2025-10-02Z') c
  $$,
  $$values
    (null, 1::bigint, 1::bigint, 0::bigint, 0::bigint, '2025-10-01 09:30Z'::timestamptz, '2025-10-01 09:30Z'::timestamptz),
    ('+12125550161', 1, 0, 0, 0, '2025-10-01 09:20Z', '2025-10-01 09:20Z'),
    ('+12125550160', 2, 1, 1, 1, '2025-10-01 09:00Z', '2025-10-01 09:10Z')
  $$, 'each caller is listed, those without a number together'
);

-- Business hours choose the calls, not those before them.
select tests.act_as_role('postgres');
update public.organization_settings set business_hours = '[{"weekday": 3, "opens": "09:00", "closes": "09:10"}]'
where org_id = (select acme from story);
select tests.act_as(viewer) from story;
select is(
  pg_temp.told('2025-10-01Z', '2025-10-02Z', 'repeat_rate', p_in_hours => false), '0.333: 1 / 3 over 2 of 3',
  'a call out of hours repeats one in hours'
);
select is(pg_temp.told('2025-10-01Z', '2025-10-02Z', 'repeat_rate', p_in_hours => true), '0.000: 0 / 1 over 1 of 1', 'which repeats none');

-- At most 31 days, by the local clock.
select tests.act_as_role('postgres');
update public.organizations set time_zone = 'Europe/London' where id = (select acme from story);
select tests.act_as(viewer) from story;
select is(
  tests.attempt(format('select public.repeat_callers(%L, ''2025-10-01 Europe/London'', ''2025-11-01 Europe/London'')', acme)), '4 rows',
  'October has 31 days, though they are an hour longer'
) from story;
select is(
  tests.attempt(format('select public.repeat_callers(%L, ''2025-10-01 Europe/London'', ''2025-11-01 00:00:01 Europe/London'')', acme)),
  'PT422 range_too_long', 'and no second more'
) from story;
select is(
  tests.attempt(format('select public.callers(%L, ''2025-10-01'', ''2025-11-03'')', acme)), 'PT422 range_too_long', 'nor are callers listed'
) from story;
select is(
  tests.attempt(format('select public.repeat_callers(%L, ''2025-10-02'', ''2025-10-01'')', acme)), 'PT422 range_reversed',
  'a range runs forward'
) from story;
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select public.repeat_callers(%L, ''2025-10-01'', ''2025-10-02'')', acme)), 'PT404 organization_not_found',
  'others'' organizations are not there'
) from story;
select is(
  tests.attempt(format('select public.callers(%L, ''2025-10-01'', ''2025-10-02'')', acme)), 'PT404 organization_not_found',
  'nor their callers'
) from story;

select * from finish();
rollback;
