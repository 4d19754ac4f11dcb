begin;
select plan(9);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
-- 1,500 calls of 60 numbers over 40 days, of every kind, on two lines, at the same instants now and then.
select setseed(0.42);
insert into public.calls (
  id, org_id, integration_id, provider_call_id, line_id, direction, external_number, started_at, outcome, deleted_at
)
select
  gen_random_uuid(), s.acme, s.acme_account, n::text, case when random() < 0.5 then s.given else s.other end,
  (array['inbound', 'inbound', 'inbound', 'outbound', 'callback', 'internal'])[1 + floor(random() * 6)],
  nullif('+121255501' || lpad(floor(random() * 60)::text, 2, '0'), '+12125550100'),
  now() - floor(random() * 960) * interval '1 hour' - interval '1 second',
  (array['missed', 'missed', 'missed', 'voicemail', 'answered', null])[1 + floor(random() * 6)],
  case when random() < 0.05 then now() end
from story s cross join generate_series(1, 1500) n;

-- Whom the figures call outstanding: not reached since their first miss in the range, however late.
create function pg_temp.outstanding(p_days int) returns text[]
language sql as $$
  select array_agg(c.external_number::text order by c.external_number)
  from story s
  cross join lateral public.callers(s.acme, now() - make_interval(days => p_days), now(), p_window_hours => 744) c
  where c.first_missed_at is not null and c.reached_at is null
$$;
-- Whom the list has, missed in the range, without contact between two misses of the range.
create function pg_temp.listed(p_days int) returns text[]
language sql as $$
  select array_agg(m.external_number::text order by m.external_number)
  from public.missed_callers m
  where m.last_missed_at >= now() - make_interval(days => p_days) and not exists (
    select from public.calls c
    where c.org_id = m.org_id and c.external_number = m.external_number and c.direction = 'inbound' and c.outcome = 'missed'
      and c.deleted_at is null and c.started_at >= now() - make_interval(days => p_days) and c.started_at < m.last_contact_at
  )
$$;
create function pg_temp.figure(p_kpi text) returns numeric
language sql as $$
  select k.value
  from story s cross join lateral public.callbacks(s.acme, now() - interval '5 days', now(), p_window_hours => 744) k
  where k.kpi = p_kpi
$$;
grant execute on function pg_temp.outstanding(int), pg_temp.listed(int), pg_temp.figure(text) to public;

select tests.act_as(org_admin) from story;
select ok((select count(*) between 10 and 60 from public.missed_callers), 'some are waiting');
select is(pg_temp.outstanding(1), pg_temp.listed(1), 'of a day, whoever is outstanding is on the list, and the other way round');
select is(pg_temp.outstanding(7), pg_temp.listed(7), 'of a week');
select is(pg_temp.outstanding(30), pg_temp.listed(30), 'of all the days the list has');
select is(pg_temp.figure('callers_outstanding'), cardinality(pg_temp.listed(5))::numeric, 'so the figure is its length');
select is(
  (select min(m.first_missed_at - m.last_contact_at) > interval '0' from public.missed_callers m), true, 'it begins after the contact'
);

-- Closing by hand reaches nobody.
select is(
  (
    select count(*)
    from story s
    cross join public.missed_callers m
    cross join lateral public.close_missed_caller(s.acme, m.external_number) w
    where w.closed_at is not null
  ),
  (select count(*) from public.missed_callers), 'all of them can be closed'
);
select is(pg_temp.figure('callers_outstanding'), cardinality(pg_temp.listed(5))::numeric, 'which leaves them outstanding');
select tests.act_as(platform_admin) from story;
select is(pg_temp.outstanding(7), pg_temp.listed(7), 'for the operator too');

select * from finish();
rollback;
