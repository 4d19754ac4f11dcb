begin;
select plan(9);

-- Noon, and an account of Acme's and one for all of whose resources only the calls are due.
create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
delete from private.sync_cursors c using story s
where c.resource <> 'calls' or c.integration_id not in (s.acme_account, s.platform_account);
update private.sync_cursors set next_run_at = '2026-06-01 12:00Z';
create function pg_temp.claim(p_minute int) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  select format('%s of %s', j.kind, j.organization) into v_said
  from private.claim_sync_job('me', '2026-06-01 12:00Z'::timestamptz + make_interval(mins => p_minute)) j;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.is_archived(p_is_archived boolean) returns void
language plpgsql as $$
begin
  perform tests.act_as(platform_admin) from story;
  if p_is_archived then
    perform public.archive_organization(acme) from story;
  else
    perform public.unarchive_organization(acme) from story;
  end if;
  perform tests.act_as_role('postgres');
end
$$;

insert into public.sync_jobs (org_id, integration_id, resource, kind, run_after, created_at)
select acme, acme_account, 'calls', 'requested', '2026-06-01 11:00Z', '2026-06-01 11:00Z' from story;
select pg_temp.is_archived(true);
select is(pg_temp.claim(0), 'scheduled of platform', 'an account for all is pulled, though one that it serves is archived');
select is(pg_temp.claim(0), null, 'an archived organization''s own is not, nor what was asked for before');
select is_empty(
  'select from public.sync_jobs join story on integration_id = acme_account where kind = ''scheduled''', 'nor is it queued for later'
);
select results_eq('select state from public.sync_jobs where kind = ''requested''', $$values ('queued')$$, 'what was asked for waits');
select is(
  (select c.next_run_at from private.sync_cursors c join story s on c.integration_id = s.acme_account), '2026-06-01 12:00Z',
  'as does what is due'
);

select pg_temp.is_archived(false);
select is(pg_temp.claim(1), format('requested of %s', acme), 'opened again, it goes on with what was asked for') from story;
select is(pg_temp.claim(1), format('scheduled of %s', acme), 'and with what has long been due') from story;

-- The workers of all three jobs are gone.
select pg_temp.is_archived(true);
select is(pg_temp.claim(30), 'scheduled of platform', 'what was interrupted goes on');
select is(pg_temp.claim(30), null, 'but for an archived organization''s');

select * from finish();
rollback;
