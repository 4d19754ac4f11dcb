begin;
select plan(15);

create temporary table story on commit drop as select *, private.holding_org_id() as holding from tests.two_organizations();
grant select on story to public;
create function pg_temp.archive(p_org_id uuid) returns text
language sql as $$select tests.attempt(format('select public.archive_organization(%L)', p_org_id))$$;
create function pg_temp.unarchive(p_org_id uuid) returns text
language sql as $$select tests.attempt(format('select public.unarchive_organization(%L)', p_org_id))$$;
grant execute on function pg_temp.archive(uuid), pg_temp.unarchive(uuid) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.archive(acme), 'PT403 platform_admin_required', 'an admin does not archive the organization') from story;
select is(
  tests.attempt('update public.organizations set archived_at = now()'), '42501', 'by no other way either'
);
select tests.act_as(manager) from story;
select is(pg_temp.archive(acme), 'PT403 platform_admin_required', 'nor does a manager') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.archive(acme), 'PT403 platform_admin_required', 'nor anybody elsewhere') from story;
select is(pg_temp.unarchive(acme), 'PT403 platform_admin_required', 'nobody there opens it') from story;
select tests.act_as_role('anon');
select is(pg_temp.archive(acme), '42501', 'and nobody who is not signed in') from story;

select tests.act_as(platform_admin) from story;
select is(pg_temp.archive(gen_random_uuid()), 'PT404 organization_not_found', 'the operator archives an organization that there is');
select is(pg_temp.archive(null), 'PT404 organization_not_found', 'not none');
select is(pg_temp.archive(holding), 'PT404 organization_not_found', 'nor the one that holds what belongs to nobody') from story;
select public.archive_organization(acme) from story;
select isnt_empty(
  'select from public.organizations where id = (select acme from story) and archived_at is not null', 'and still reads it'
);

-- Since when it is closed does not move.
select tests.act_as_role('postgres');
update public.organizations set archived_at = '2026-01-02' where id = (select acme from story);
select tests.act_as(platform_admin) from story;
select public.archive_organization(acme) from story;
select results_eq(
  'select archived_at from public.organizations where archived_at is not null', $$values ('2026-01-02'::timestamptz)$$,
  'archiving again changes nothing'
);
select tests.act_as(org_admin) from story;
select is(pg_temp.unarchive(acme), 'PT403 platform_admin_required', 'its admin does not open it') from story;
select is_empty('select from public.organizations', 'and sees nothing of it');

select tests.act_as(platform_admin) from story;
select public.unarchive_organization(acme) from story;
select is(pg_temp.unarchive(acme), '1 row', 'opening again changes nothing') from story;
select tests.act_as(org_admin) from story;
select results_eq('select id from public.organizations', 'select acme from story', 'once opened, its people are back');

select * from finish();
rollback;
