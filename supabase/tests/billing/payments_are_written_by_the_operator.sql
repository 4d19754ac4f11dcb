begin;
select plan(25);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;

select tests.act_as(platform_admin) from story;
select is(
  tests.attempt(format(
    'insert into public.payments (org_id, paid_at, amount_cents, reference) values (%L, %L, 9900, %L)', acme, '2026-06-01 12:00Z', 'INV-1'
  )),
  '1 row', 'the operator says what was paid'
) from story;
insert into public.payments (org_id, paid_at, amount_cents, currency, reference, note)
select v.org_id, v.paid_at::timestamptz, v.amount_cents, v.currency, v.reference, v.note
from story s
cross join lateral (
  values (s.acme, '2026-06-01 12:00Z', 9900, 'USD', 'A-1', null), (s.acme, '2026-06-02 12:00Z', -900, 'USD', 'A-2', 'Given back'),
    (s.globex, '2026-06-03 12:00Z', 5000, 'EUR', 'G-1', null)
) v (org_id, paid_at, amount_cents, currency, reference, note);
select results_eq(
  'select reference, amount_cents, currency from public.payments order by paid_at',
  $$values ('A-1', 9900::bigint, 'USD'), ('A-2', -900, 'USD'), ('G-1', 5000, 'EUR')$$, 'and reads it all'
);
select is(tests.attempt('update public.payments set amount_cents = 9901 where reference = ''A-1'''), '1 row', 'it is corrected');
select is(
  tests.attempt(format('update public.payments set org_id = %L', globex)), '42501', 'but not given to another organization'
) from story;
select is(tests.attempt('delete from public.payments where reference = ''A-2'''), '1 row', 'or taken back');
update public.payments set note = 'Cash' where reference = 'A-1';
delete from public.payments where reference = 'G-1';
select results_eq(
  $$
    select e.action, e.details #>> '{before,reference}', e.details #>> '{after,note}'
    from public.audit_entries e
    where e.resource = 'payments' and e.actor_id = (select platform_admin from story) and e.action <> 'insert'
    order by e.id
  $$,
  $$values ('update', null, 'Cash'), ('delete', 'G-1', null)$$, 'which stands in the trail'
);
select results_eq(
  $$
    select count(*)::int, count(distinct e.org_id)::int
    from public.audit_entries e
    where e.resource = 'payments' and e.action = 'insert'
  $$, 'values (3, 2)', 'of each organization, as what was paid does'
);

-- What is no payment.
create function pg_temp.paid(p_said text) returns text
language sql as $$
  select tests.attempt(format(
    'insert into public.payments (org_id, paid_at, amount_cents, currency, reference)
     select %L, paid_at, amount_cents, currency, reference from jsonb_populate_record(null::public.payments, %L)', s.acme,
    jsonb '{"paid_at": "2026-06-01 12:00Z", "amount_cents": 1, "currency": "USD"}' || p_said::jsonb
  ))
  from story s
$$;
grant execute on function pg_temp.paid(text) to public;
select is(pg_temp.paid('{}'), '1 row', 'a cent is a payment');
select is(pg_temp.paid('{"amount_cents": 0}'), '23514', 'nothing is none');
select is(pg_temp.paid('{"amount_cents": 9223372036854775807}'), '23514', 'nor is more than there is');
select is(pg_temp.paid('{"currency": "usd"}'), '23514', 'a currency is three capitals');
select is(pg_temp.paid('{"currency": "DOLLAR"}'), '23514', 'and no more');
select is(pg_temp.paid('{"paid_at": "infinity"}'), '23514', 'a payment was made at some time');
select is(pg_temp.paid('{"paid_at": null}'), '23502', 'that is known');
select is(pg_temp.paid('{"reference": " "}'), '23514', 'a reference says something');
select is(
  tests.attempt(
    'insert into public.payments (org_id, paid_at, amount_cents) values (''00000000-0000-0000-0000-000000000000'', now(), 1)'
  ), '23514', 'nobody pays for what nobody owns'
);

select tests.act_as(org_admin) from story;
select results_eq(
  'select reference from public.payments order by paid_at', $$values ('A-1'), ('A-2')$$, 'an admin reads what the organization paid'
);
select is(
  tests.attempt(format('insert into public.payments (org_id, paid_at, amount_cents) values (%L, now(), 1)', acme)), '42501',
  'and says nothing of it'
) from story;
select is(tests.attempt('update public.payments set amount_cents = 1'), '0 rows', 'nor changes it');
select is(tests.attempt('delete from public.payments'), '0 rows', 'nor takes it back');
select tests.act_as(their_admin) from story;
select is_empty('select from public.payments', 'another organization''s admin reads none of it');
select tests.act_as(manager) from story;
select is_empty('select from public.payments', 'nor does a manager');
select tests.act_as(agent) from story;
select is_empty('select from public.payments', 'an agent');
select tests.act_as(viewer) from story;
select is_empty('select from public.payments', 'or a viewer');
select tests.act_as_role('postgres');
select ok(
  not has_any_column_privilege('api_reader', 'public.payments', 'select')
  and not has_any_column_privilege('anon', 'public.payments', 'select'),
  'nor do keys or the anonymous'
);

select * from finish();
rollback;
