begin;
select plan(16);

create temporary table story on commit drop as
select w.*, tests.organization('Archived') as archived from tests.two_organizations() w;
grant select on story to public;
create temporary table before on commit drop as select count(*)::int as organizations from public.organizations;
grant select on before to public;
select tests.member(archived, 'viewer') from story;
select tests.join(org_admin, globex, 'viewer') from story;
update public.organizations set archived_at = now() where id = (select archived from story);
update public.org_members set deactivated_at = now() where id = (select viewer_member from story);
-- At the first instant of today and of the month, and just before either.
create function pg_temp.since(p_what text) returns timestamptz
language sql as $$ select date_trunc(p_what, now() at time zone 'UTC') at time zone 'UTC' $$;
create temporary table stored on commit drop as
select unnest(array[tests.call(given, pg_temp.since('day')), tests.call(theirs, pg_temp.since('day'), 'missed')]) as id from story;
select
  tests.call(other, pg_temp.since('day') - interval '1 second'), tests.call(theirs, pg_temp.since('month')),
  tests.call(given, pg_temp.since('month') - interval '1 second')
from story;
insert into public.messages (id, org_id, integration_id, direction, business_number, external_number, body, state, sent_at)
select gen_random_uuid(), s.acme, s.acme_account, 'inbound', '+12125550101', '+12125550199', 'Hi', 'received', v.at
from story s
cross join (
  values (pg_temp.since('day')), (now()), (pg_temp.since('month')), (pg_temp.since('month') - interval '1 second')
) v (at);
insert into public.payments (org_id, paid_at, amount_cents, currency)
select s.acme, v.at, v.amount_cents, v.currency
from story s
cross join (
  values (pg_temp.since('month'), 700, 'USD'), (now(), 200, 'USD'), (now(), 33, 'EUR'),
    (pg_temp.since('month') - interval '1 second', 5000, 'USD')
) v (at, amount_cents, currency);
select tests.stored(tests.recording(c.id)) from public.calls c where c.id in (select s.id from stored s);
select tests.recording(c.id) from public.calls c where c.started_at = pg_temp.since('day') - interval '1 second';

grant execute on function pg_temp.since(text) to public;
select tests.act_as(platform_admin) from story;
create temporary table figures on commit drop as select * from public.platform_figures();
select is((select count(*)::int from figures), 1, 'the figures are one row');
-- The reserved organization is none; two of the three are open.
select is(
  (select f.organizations_active from figures f),
  (select count(*)::int from public.organizations o where o.archived_at is null and o.id <> private.holding_org_id()),
  'open organizations are counted, what nobody owns is none'
);
select is(
  (select f.organizations_active + f.organizations_archived from figures f), (select b.organizations - 1 from before b),
  'beside the closed ones'
);
select is(
  (select f.members from figures f),
  (
    select count(*)::int from public.members m
    join public.organizations o on o.id = m.org_id where m.state = 'active' and o.archived_at is null
  ),
  'members are those who may come in'
);
select is((select f.members - f.people from figures f), 1, 'who is a member of two organizations is one person');
select results_eq(
  'select today_since, month_since from figures', 'select pg_temp.since(''day''), pg_temp.since(''month'')',
  'days and months are those of UTC'
);
select results_eq(
  $$
    select k.kpi, k.value
    from public.kpi_summary(null, pg_temp.since('day'), pg_temp.since('day') + interval '1 day') k order by k.kpi
  $$,
  $$
    select k.key, (k.value #>> '{}')::numeric from figures f cross join jsonb_each(f.today) k order by k.key
  $$, 'a day''s calls are those of the KPIs'
);
select results_eq(
  $$
    select k.kpi, k.value
    from public.kpi_summary(null, pg_temp.since('month'), pg_temp.since('month') + interval '1 month') k order by k.kpi
  $$,
  $$
    select k.key, (k.value #>> '{}')::numeric from figures f cross join jsonb_each(f.this_month) k order by k.key
  $$, 'and so are a month''s'
);
select results_eq(
  'select (today ->> ''offered'')::int, (today ->> ''answer_rate'')::numeric from figures',
  case when pg_temp.since('day') = pg_temp.since('month') then 'values (3, 0.66666666666666666667)' else 'values (2, 0.5)' end,
  'of all organizations together'
);
select results_eq(
  'select messages_today, messages_this_month from figures',
  case when pg_temp.since('day') = pg_temp.since('month') then 'values (3::bigint, 3::bigint)' else 'values (2::bigint, 3::bigint)' end,
  'messages count from the first instant on'
);
select results_eq(
  'select recordings_stored, storage_bytes from figures', 'values (2::bigint, 10::bigint)', 'audio is what lies in Storage'
);
select is(
  (select f.revenue_this_month from figures f),
  '[{"currency": "EUR", "amount_cents": 33}, {"currency": "USD", "amount_cents": 900}]', 'revenue is told for each currency'
);
select results_eq(
  $$
    select w.org_id, w.severity, w.problem
    from figures f cross join jsonb_to_recordset(f.worst_organizations) as w (org_id uuid, severity int, problem text)
  $$,
  'select org_id, severity, problem from public.fleet where severity > 0 limit 10', 'and who needs attention, the worst first'
);
select is((select f.data_through from figures f), null, 'an account that was never read is not hidden');

select tests.act_as(org_admin) from story;
select is(tests.attempt('select * from public.platform_figures()'), 'PT403 platform_admin_required', 'an admin is told none of it');
select tests.act_as(viewer) from story;
select is(tests.attempt('select * from public.platform_figures()'), 'PT403 platform_admin_required', 'nor is anybody else');

select * from finish();
rollback;
