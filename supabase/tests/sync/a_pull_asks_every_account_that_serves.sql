begin;
select plan(11);

create temporary table story on commit drop as
select w.*, tests.integration() as other_account, tests.integration() as former_account from tests.two_organizations() w;
select
  tests.line(acme, tests.phone_number(other_account, '+12125550110')),
  tests.line(acme, tests.phone_number(former_account, '+12125550111'), tstzrange(null, now())),
  tests.line(globex, tests.phone_number(former_account, '+12125550112'))
from story;
grant select on story to public;
create temporary table asked (job_id uuid, resource text, state text, created_at timestamptz) on commit drop;
grant select, insert on asked to public;
-- The accounts of which a pull was asked for.
create function pg_temp.accounts() returns text
language sql as $$
  select string_agg(
    case j.integration_id
      when s.acme_account then 'own' when s.platform_account then 'shared' when s.other_account then 'other' else 'wrong'
    end, ', ' order by j.integration_id = s.other_account, j.integration_id = s.platform_account
  )
  from public.sync_jobs j, story s
$$;

select tests.act_as(manager) from story;
insert into asked select r.* from story s, public.request_sync(s.acme) r;
select results_eq(
  'select distinct resource, state, created_at from asked', $$values ('calls', 'queued', now())$$, 'a pull of the calls is queued, now'
);
select results_eq(
  'select integration_id, id from public.sync_jobs',
  'select s.acme_account, a.job_id from story s, asked a join public.sync_jobs j on j.id = a.job_id',
  'that of an own account is followed'
);
select is((select count(*)::int from asked), 3, 'those of platform-wide accounts are asked for too');
select tests.act_as_role('postgres');
select is(pg_temp.accounts(), 'own, shared, other', 'all that have a number of the organization now');
select results_eq(
  'select distinct kind, resource, requested_by, run_after, range_from, range_to, provider_id from public.sync_jobs',
  $$select 'requested', 'calls', manager, now(), null::timestamptz, null::timestamptz, null::text from story$$, 'in the name of who asked'
);
select results_eq(
  'select j.org_id from public.sync_jobs j order by 1',
  'select unnest(array[private.holding_org_id(), private.holding_org_id(), acme]) from story order by 1',
  'each as the account''s own'
);

delete from public.sync_jobs;
update public.integrations set disabled_at = now() where id = (select other_account from story);
update public.lines set period = tstzrange(lower(period), now()) where org_id = (select acme from story);
select tests.act_as(manager) from story;
select is(
  tests.attempt(format('select public.request_sync(%L)', acme)), '1 row', 'not one whose numbers went away, nor a disabled one'
) from story;
select tests.act_as_role('postgres');
update public.integrations set disabled_at = now() where id = (select acme_account from story);
select tests.act_as(manager) from story;
select is(
  tests.attempt(format('select public.request_sync(%L)', acme)), 'PT409 no_integration', 'where none is left that is said'
) from story;
select is_empty('select from public.sync_jobs', 'and nothing is queued');
select tests.act_as_role('postgres');
update public.integrations set disabled_at = null where id = (select other_account from story);
update public.lines set period = tstzrange(lower(period), null) where e164 = '+12125550110';
select tests.act_as(manager) from story;
select public.request_sync(acme, 'phone_numbers') from story;
select tests.act_as_role('postgres');
select is(pg_temp.accounts(), 'other', 'an account that serves again is asked again');
select results_eq('select distinct resource from public.sync_jobs', $$values ('phone_numbers')$$, 'for what was asked for');

select * from finish();
rollback;
