begin;
select plan(30);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.ring(p_at text, p_number text, p_outcome text, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(
    given, 1, jsonb_build_object('started_at', p_at, 'external_number', p_number, 'outcome', p_outcome) || p_said
  )
  from story
$$;
create function pg_temp.told(
  p_from text, p_to text, p_kpi text default 'callback_rate', p_line_ids uuid[] default null, p_hours integer default 24
) returns text
language sql as $$
  select format(
    '%s: %s / %s over %s of %s', coalesce(round(k.value, 3)::text, 'not measurable'), trim_scale(k.numerator), trim_scale(k.denominator),
    k.known, k.total
  )
  from story s, public.callbacks(s.acme, p_from::timestamptz, p_to::timestamptz, p_line_ids, p_window_hours => p_hours) k
  where k.kpi = p_kpi
$$;
create function pg_temp.split(p_from text, p_to text, p_hours integer default 24) returns text
language sql as $$
  select string_agg(format('%s %s', trim_scale(k.value), k.kpi), ', ' order by k.kpi)
  from story s, public.callbacks(s.acme, p_from::timestamptz, p_to::timestamptz, p_window_hours => p_hours) k
  where k.kpi like 'callers_%'
$$;
grant execute on function pg_temp.told(text, text, text, uuid[], integer), pg_temp.split(text, text, integer) to public;

-- 2 June: 0150 is missed twice and called back after an hour, 0151 calls again after two, 0152 is reached a second too late,
-- 0153 within a second of a day, 0154 never; and two withheld their number.
select
  pg_temp.ring('2025-06-02 09:00Z', '+12125550150', 'missed'), pg_temp.ring('2025-06-02 09:30Z', '+12125550150', 'missed'),
  pg_temp.ring('2025-06-02 10:00Z', '+12125550150', 'answered', '{"direction": "outbound"}'),
  pg_temp.ring('2025-06-02 09:00Z', '+12125550151', 'missed'), pg_temp.ring('2025-06-02 11:00Z', '+12125550151', 'answered'),
  pg_temp.ring('2025-06-02 12:00Z', '+12125550151', 'answered', '{"direction": "callback"}'),
  pg_temp.ring('2025-06-02 09:00Z', '+12125550152', 'missed'),
  pg_temp.ring('2025-06-03 09:00:01Z', '+12125550152', 'answered', '{"direction": "callback"}'),
  pg_temp.ring('2025-06-02 09:00Z', '+12125550153', 'missed'),
  pg_temp.ring('2025-06-03 09:00Z', '+12125550153', 'answered', '{"direction": "callback"}'),
  pg_temp.ring('2025-06-02 09:00Z', '+12125550154', 'missed'),
  pg_temp.ring('2025-06-02 09:00Z', null, 'missed'), pg_temp.ring('2025-06-02 09:00Z', 'anonymous', 'missed');
select tests.act_as(viewer) from story;
select is(pg_temp.told('2025-06-02Z', '2025-06-03Z', 'missed_callers'), '5.000: 5 / 1 over 6 of 8', 'each number is one caller');
select is(pg_temp.told('2025-06-02Z', '2025-06-03Z'), '0.600: 3 / 5 over 6 of 8', 'three were reached within a day, also after the range');
select is(
  pg_temp.split('2025-06-02Z', '2025-06-03Z'), '2 callers_called_back, 2 callers_outstanding, 1 callers_who_called_again',
  'by whom was first, and who is outstanding'
);
select is(
  pg_temp.told('2025-06-02Z', '2025-06-03Z', 'time_to_callback_median'), '7200.000: 7200 / 1 over 3 of 5',
  'after 1, 2 and 24 hours: the median'
);
select is(
  pg_temp.told('2025-06-02Z', '2025-06-03Z', 'time_to_callback_p90'), '70560.000: 70560 / 1 over 3 of 5',
  'the 90th percentile, between the last two'
);
select is(
  pg_temp.split('2025-06-02Z', '2025-06-03Z', 25), '3 callers_called_back, 1 callers_outstanding, 1 callers_who_called_again',
  'one may wait longer'
);
select is(
  pg_temp.split('2025-06-02Z', '2025-06-03Z', 1), '1 callers_called_back, 4 callers_outstanding, 0 callers_who_called_again', 'or less'
);
select is(
  pg_temp.told('2025-06-02 09:15Z', '2025-06-03Z', 'time_to_callback_median'), '1800.000: 1800 / 1 over 1 of 1',
  'the first miss is the first of the range'
);
select is(pg_temp.told('2025-06-05Z', '2025-06-06Z'), 'not measurable: 0 / 0 over 0 of 0', 'where nobody was missed there is no rate');
select is(
  pg_temp.told('2025-06-05Z', '2025-06-06Z', 'time_to_callback_median'), 'not measurable:  / 1 over 0 of 0', 'nor a time'
);
select is(
  pg_temp.split('2025-06-05Z', '2025-06-06Z'), '0 callers_called_back, 0 callers_outstanding, 0 callers_who_called_again', 'and nobody'
);

-- What is no contact.
select tests.act_as_role('postgres');
select
  pg_temp.ring('2025-07-01 09:00Z', '+12125550160', 'missed'),
  pg_temp.ring('2025-07-01 08:00Z', '+12125550160', 'answered'),
  pg_temp.ring('2025-07-01 09:00Z', '+12125550160', 'answered'),
  pg_temp.ring('2025-07-01 10:00Z', '+12125550160', 'missed', '{"direction": "outbound"}'),
  pg_temp.ring('2025-07-01 10:00Z', '+12125550160', 'voicemail'),
  pg_temp.ring('2025-07-01 10:00Z', '+12125550160', 'answered', '{"direction": "internal"}'),
  pg_temp.ring('2025-07-01 10:00Z', '+12125550160', 'answered', '{"deleted_at": "2025-07-02"}'),
  pg_temp.ring('2025-07-01 10:00Z', '+12125550160', 'answered', jsonb_build_object('org_id', globex, 'line_id', theirs))
from story;
select tests.act_as(platform_admin) from story;
select is(
  pg_temp.split('2025-07-01Z', '2025-07-02Z'), '0 callers_called_back, 1 callers_outstanding, 0 callers_who_called_again',
  'earlier calls, those not answered, internal, unlisted and another organization''s reach nobody'
);
select is(
  (select trim_scale(k.value)::text from public.callbacks(null, '2025-07-01Z', '2025-07-02Z') k where k.kpi = 'callers_outstanding'), '1',
  'not even where several organizations are told'
);

-- Another line, and who sees it.
select tests.act_as_role('postgres');
select pg_temp.ring('2025-08-01 09:00Z', '+12125550170', 'missed');
select pg_temp.ring(
  '2025-08-01 10:00Z', '+12125550170', 'answered', jsonb_build_object('line_id', other, 'direction', 'outbound',
  'member_ids', array[agent_member])
)
from story;
select tests.act_as(viewer) from story;
select is(
  pg_temp.told('2025-08-01Z', '2025-08-02Z', p_line_ids => array[given]), '1.000: 1 / 1 over 1 of 1',
  'who was reached from another line was reached'
) from story;
select is(
  pg_temp.told('2025-08-01Z', '2025-08-02Z', p_line_ids => array[other]), 'not measurable: 0 / 0 over 0 of 0', 'on which nobody was missed'
) from story;
select is(
  pg_temp.told('2025-08-01Z', '2025-08-02Z', p_line_ids => array[theirs]), 'not measurable: 0 / 0 over 0 of 0',
  'others'' lines have no calls'
) from story;
select tests.act_as(agent) from story;
select is(pg_temp.told('2025-08-01Z', '2025-08-02Z'), '1.000: 1 / 1 over 1 of 1', 'an agent sees the calls they made');
select tests.act_as(manager) from story;
select is(pg_temp.told('2025-08-01Z', '2025-08-02Z'), '0.000: 0 / 1 over 1 of 1', 'a manager not those of other lines');

-- The list behind it.
select tests.act_as(viewer) from story;
select results_eq(
  $$
    select c.external_number, c.missed, c.first_missed_at, c.reached_by, c.reached_at, c.seconds_to_contact
    from story s, public.callers(s.acme, '2025-06-02Z', '2025-06-03Z') c
    where c.first_missed_at is not null
    order by c.external_number
  $$,
  $$values
    ('+12125550150', 2::bigint, '2025-06-02 09:00Z'::timestamptz, 'called_back', '2025-06-02 10:00Z'::timestamptz, 3600::numeric),
    ('+12125550151', 1, '2025-06-02 09:00Z', 'called_again', '2025-06-02 11:00Z', 7200),
    ('+12125550152', 1, '2025-06-02 09:00Z', null, null, null),
    ('+12125550153', 1, '2025-06-02 09:00Z', 'called_back', '2025-06-03 09:00Z', 86400),
    ('+12125550154', 1, '2025-06-02 09:00Z', null, null, null)
  $$, 'each missed caller is listed with when and how they were reached'
);
select is_empty(
  $$
    select c.external_number
    from story s, public.callers(s.acme, '2025-06-02Z', '2025-06-03Z') c
    left join public.calls m on m.id = c.first_missed_call_id
    left join public.calls r on r.id = c.reached_call_id
    where (m.started_at, m.external_number) is distinct from (c.first_missed_at, case when c.missed > 0 then c.external_number end)
      or (r.started_at, r.external_number) is distinct from (c.reached_at, case when c.reached_at is not null then c.external_number end)
  $$, 'with the two calls'
);
select is(
  (
    select format('%s calls, %s missed', c.calls, c.missed)
    from story s, public.callers(s.acme, '2025-06-02Z', '2025-06-03Z') c where c.external_number is null and c.first_missed_at is null
  ), '2 calls, 2 missed', 'who withheld the number is no caller to reach'
);

select is(
  tests.attempt(format('select public.callbacks(%L, %L, %L, p_window_hours => %L)', s.acme, e.starts, e.ends, e.hours)), e.came, e.test
)
from story s, (
  values
    ('2025-06-02', '2025-07-04', '24', 'PT422 range_too_long', 'at most 31 days'),
    ('2025-06-02', '2025-07-03 00:00:01', '24', 'PT422 range_too_long', 'to the second'),
    ('2025-06-02', '2025-07-03', '24', '7 rows', 'are told'),
    ('2025-06-03', '2025-06-02', '24', 'PT422 range_reversed', 'a range runs forward'),
    ('2025-06-02', '2025-06-03', '0', 'PT422 window_invalid', 'callbacks are awaited'),
    ('2025-06-02', '2025-06-03', '745', 'PT422 window_invalid', 'not forever'),
    ('2025-06-02', '2025-06-03', null, 'PT422 window_invalid', 'and not for nothing'),
    ('2025-06-02', '2025-06-03', '744', '7 rows', 'for a month at most')
) e (starts, ends, hours, came, test);
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select public.callbacks(%L, ''2025-06-02'', ''2025-06-03'')', acme)), 'PT404 organization_not_found',
  'others'' organizations are not there'
) from story;

select * from finish();
rollback;
