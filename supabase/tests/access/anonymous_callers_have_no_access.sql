begin;
select * from no_plan();

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
select tests.call(given) from story;
create temporary table things on commit drop as
select format('select from %I.%I', n.nspname, c.relname) as attempt, format('%s.%s', n.nspname, c.relname) as thing
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v', 'm');
grant select on things to public;

select tests.act_as_role('anon');
select is(tests.attempt(attempt), '42501', 'anonymous callers do not read ' || thing) from things order by thing;
select is(
  tests.attempt('select public.kpi_summary(null, now() - interval ''1 day'', now())'), '42501', 'nor figures'
);
select is(
  tests.attempt('select public.kpi_series(null, now() - interval ''1 day'', now())'), '42501', 'nor their course'
);
select is(tests.attempt('select public.assign_phone_number(null, null)'), '42501', 'nor do they give numbers');
select is(
  tests.attempt('select public.create_integration(null, null, null, null, null, null, null)'), '42501', 'nor add accounts'
);
select is(tests.attempt('select private.is_platform_admin()'), '42501', 'nor reach a helper');
select is(tests.attempt('select private.ingest_webhook_events(''{}'')'), '42501', 'nor the delivery door');

select * from finish();
rollback;
