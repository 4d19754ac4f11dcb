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
select is(tests.attempt('select public.create_organization(''Mine'')'), '42501', 'nor make an organization');
select is(tests.attempt('select public.accept_invitation(''x'')'), '42501', 'nor come in by an invitation');
select is(
  tests.attempt('select public.preview_invitation(''x'')'), 'PT404 invitation_not_found', 'but who has an invitation reads what it is about'
);

select tests.act_as_role('postgres');
select results_eq(
  $$select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'public'::regnamespace
    and p.oid not in (select objid from pg_depend where deptype = 'e') and has_function_privilege('anon', p.oid, 'execute')$$,
  $$values ('preview_invitation(text)')$$, 'that is the one function they are let at'
);

select * from finish();
rollback;
