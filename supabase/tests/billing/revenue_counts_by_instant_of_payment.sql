begin;
select plan(22);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update public.organizations set time_zone = 'America/New_York' where id = (select acme from story);
insert into public.payments (org_id, paid_at, amount_cents, currency)
select v.org_id, v.paid_at::timestamptz, v.amount_cents, v.currency
from story s
cross join lateral (
  values
    -- The last second of February and the first of March in New York, and the day of 23 hours.
    (s.acme, '2026-03-01 04:59:59Z', 100, 'USD'), (s.acme, '2026-03-01 05:00Z', 1000, 'USD'), (s.acme, '2026-03-08 06:30Z', 2000, 'USD'),
    (s.acme, '2026-03-08 07:30Z', -500, 'USD'), (s.acme, '2026-03-20 12:00Z', 700, 'EUR'), (s.acme, '2026-04-01 04:00Z', 9, 'USD'),
    (s.globex, '2026-03-10 12:00Z', 40000, 'USD'), (s.globex, '2026-05-10 12:00Z', 5, 'JPY')
) v (org_id, paid_at, amount_cents, currency);
-- 1 March until 1 April in New York.
create function pg_temp.revenue(p_grain text, p_org_id uuid)
returns table (bucket_start timestamptz, currency text, amount_cents bigint, payments bigint)
language sql as $$ select * from public.revenue(p_org_id, '2026-03-01 05:00Z', '2026-04-01 04:00Z', p_grain) $$;
create function pg_temp.revenue(p_grain text default null)
returns table (bucket_start timestamptz, currency text, amount_cents bigint, payments bigint)
language sql as $$ select r.* from story s cross join lateral pg_temp.revenue(p_grain, s.acme) r $$;
grant execute on function pg_temp.revenue(text, uuid), pg_temp.revenue(text) to public;

select tests.act_as(org_admin) from story;
select results_eq(
  'select * from pg_temp.revenue()',
  $$values (null::timestamptz, 'EUR', 700::bigint, 1::bigint), (null, 'USD', 2500, 3)$$,
  'each currency is added up for itself, what was given back goes off, the end is not included'
);
select results_eq(
  'select * from pg_temp.revenue(''month'')',
  $$values ('2026-03-01 05:00Z'::timestamptz, 'EUR', 700::bigint, 1::bigint), ('2026-03-01 05:00Z', 'USD', 2500, 3)$$,
  'a month is the organization''s own'
);
select results_eq(
  $$
    select r.bucket_start, r.currency, r.amount_cents
    from public.revenue((select acme from story), '2026-02-01 05:00Z', '2026-04-15 04:00Z', 'month') r
    where r.currency = 'USD'
  $$,
  $$values ('2026-02-01 05:00Z'::timestamptz, 'USD', 100::bigint), ('2026-03-01 05:00Z', 'USD', 2500), ('2026-04-01 04:00Z', 'USD', 9)$$,
  'the last second of a month is another month''s'
);
select results_eq(
  'select r.bucket_start, r.amount_cents, r.payments from pg_temp.revenue(''day'') r where r.currency = ''USD'' and r.payments > 0',
  $$values ('2026-03-01 05:00Z'::timestamptz, 1000::bigint, 1::bigint), ('2026-03-08 05:00Z', 1500, 2)$$, 'so is a day of 23 hours'
);
select results_eq(
  'select r.currency, count(*)::int, sum(r.amount_cents)::int from pg_temp.revenue(''day'') r group by r.currency order by 1',
  $$values ('EUR', 31, 700), ('USD', 31, 2500)$$, 'days without a payment are told too'
);
select results_eq(
  $$
    select r.bucket_start, r.amount_cents
    from public.revenue((select acme from story), '2026-03-08 06:00Z', '2026-03-08 09:00Z', 'hour') r
  $$,
  $$values ('2026-03-08 06:00Z'::timestamptz, 2000::bigint), ('2026-03-08 07:00Z', -500), ('2026-03-08 08:00Z', 0)$$, 'and hours'
);
select is(
  (select sum(r.amount_cents) from pg_temp.revenue('week') r where r.currency = 'USD'), 2500::numeric, 'weeks add up to the same'
);
select is_empty(
  'select from public.revenue((select acme from story), ''2025-01-01Z'', ''2026-01-01Z'', ''month'')',
  'where nothing was paid there is no row'
);

-- Refused questions.
create function pg_temp.asked(p_org_id uuid, p_from text, p_to text, p_grain text default null) returns text
language sql as $$ select tests.attempt(format('select * from public.revenue(%L, %L, %L, %L)', p_org_id, p_from, p_to, p_grain)) $$;
grant execute on function pg_temp.asked(uuid, text, text, text) to public;
select is(pg_temp.asked(acme, '2026-04-01Z', '2026-03-01Z'), 'PT422 range_reversed', 'a range runs forward') from story;
select is(pg_temp.asked(acme, '1800-01-01Z', '2026-03-01Z'), 'PT422 range_out_of_bounds', 'within known years') from story;
select is(pg_temp.asked(acme, '2026-01-01Z', '2026-06-01Z', 'hour'), 'PT422 grain_unfit', 'in buckets that somebody looks at') from story;
select is(pg_temp.asked(acme, '2026-01-01Z', '2026-06-01Z', 'fortnight'), 'PT422 grain_unfit', 'and knows') from story;
select is(pg_temp.asked(null, '2026-01-01Z', '2026-06-01Z'), 'PT403 platform_admin_required', 'of all organizations the operator asks');
select is(pg_temp.asked(globex, '2026-01-01Z', '2026-06-01Z'), 'PT404 organization_not_found', 'of others'' nobody') from story;

select tests.act_as(platform_admin) from story;
select results_eq(
  'select r.currency, r.amount_cents from pg_temp.revenue(null, null) r', $$values ('EUR', 700::bigint), ('USD', 42500)$$,
  'the operator is told of all together'
);
select results_eq(
  $$ select * from public.revenue(null, '2026-03-01Z', '2026-06-01Z', 'month') where amount_cents <> 0 $$,
  $$values
    ('2026-03-01Z'::timestamptz, 'EUR', 700::bigint, 1::bigint), ('2026-03-01Z', 'USD', 42600, 5), ('2026-04-01Z', 'USD', 9, 1),
    ('2026-05-01Z', 'JPY', 5, 1)$$,
  'by the months of UTC'
);
select results_eq(
  'select r.currency, r.amount_cents from pg_temp.revenue(null, (select globex from story)) r', $$values ('USD', 40000::bigint)$$,
  'or of one'
);
select tests.act_as(manager) from story;
select is(pg_temp.asked(acme, '2026-01-01Z', '2026-06-01Z'), 'PT403 role_not_sufficient', 'a manager is not told') from story;
select tests.act_as(agent) from story;
select is(pg_temp.asked(acme, '2026-01-01Z', '2026-06-01Z'), 'PT403 role_not_sufficient', 'nor an agent') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.asked(acme, '2026-01-01Z', '2026-06-01Z'), 'PT403 role_not_sufficient', 'nor a viewer') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.asked(acme, '2026-01-01Z', '2026-06-01Z'), 'PT404 organization_not_found', 'nor another''s admin') from story;
select tests.act_as_role('postgres');
select ok(
  not has_function_privilege('api_reader', 'public.revenue(uuid, timestamptz, timestamptz, text)', 'execute'), 'nor a key'
);

select * from finish();
rollback;
