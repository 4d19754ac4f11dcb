begin;
select plan(24);

-- Nobody else's organizations are in the story.
create temporary table story on commit drop as
select
  tests.platform_admin() as platform_admin, tests.integration() as shared,
  tests.organization('Archived') as archived, tests.organization('Well') as well, tests.organization('Bare') as bare,
  tests.organization('Orphan') as orphan, tests.organization('Failed') as failed, tests.organization('Stale') as stale,
  tests.organization('Broken') as broken, tests.organization('Also broken') as also_broken;
alter table story add viewer uuid, add org_admin uuid;
update story set org_admin = tests.member(well, 'org_admin'), viewer = tests.member(well, 'viewer');
grant select on story to public;
create function pg_temp.equip(p_org_id uuid, p_e164 text, p_success interval, p_error text default null) returns uuid
language plpgsql as $$
declare
  v_account uuid := tests.integration(p_org_id);
begin
  perform tests.line(p_org_id, tests.phone_number(v_account, p_e164));
  update public.integrations set last_success_at = now() - p_success, last_error = p_error, last_error_at = now() where id = v_account;
  return v_account;
end
$$;
create function pg_temp.fail(p_account uuid) returns void
language sql as $$
  insert into private.webhook_events (org_id, integration_id, dedupe_key, received_at, status, error)
  select org_id, id, gen_random_uuid(), now(), 'failed', 'It rains.' from public.integrations where id = p_account
$$;
select tests.member(o.org_id, 'org_admin')
from story s, unnest(array[s.archived, s.bare, s.failed, s.stale, s.broken, s.also_broken]) o (org_id);
-- Each has its problem, and some a lesser one besides.
select pg_temp.equip(well, '+12125550110', '29 minutes'), pg_temp.equip(orphan, '+12125550111', '1 minute') from story;
select pg_temp.fail(pg_temp.equip(failed, '+12125550112', '1 minute')) from story;
select pg_temp.fail(pg_temp.equip(stale, '+12125550113', '31 minutes')) from story;
select pg_temp.fail(pg_temp.equip(broken, '+12125550114', '1 hour', 'The provider answers 401.')) from story;
select
  pg_temp.equip(also_broken, '+12125550115', '1 minute', 'It rains.'), pg_temp.equip(archived, '+12125550116', '9 days', 'It rains.')
from story;
update public.organizations set archived_at = now() where id = (select archived from story);

select tests.act_as(platform_admin) from story;
select results_eq(
  $$
    select name, severity, problem
    from public.fleet
    where org_id in (select unnest(array[archived, well, bare, orphan, failed, stale, broken, also_broken]) from story)
  $$,
  $$values
    ('Also broken', 5, 'the sync fails'), ('Broken', 5, 'the sync fails'), ('Stale', 4, 'the sync is stale'),
    ('Failed', 3, 'events could not be applied'),
    ('Orphan', 2, 'nobody is its admin'), ('Bare', 1, 'it has no lines'), ('Archived', 0, 'archived'), ('Well', 0, null)
  $$, 'the worst come first, each with the worst it has'
);
select results_eq(
  'select org_id, severity from public.fleet', 'select org_id, severity from public.fleet order by severity desc, name', 'always'
);
select is_empty('select from public.fleet where org_id = private.holding_org_id()', 'what nobody owns is no organization');
select is((select count(*) + 1 from public.fleet), (select count(*) from public.organizations), 'all others are listed');

-- Its figures.
create function pg_temp.row(p_name text) returns text
language sql as $$
  select format(
    '%s members, %s admins, %s lines, %s failed, synced %s ago, %s',
    f.members, f.org_admins, f.lines, f.failed_events, now() - f.last_sync_at, coalesce(f.sync_error, 'no error')
  )
  from public.fleet f where f.name = p_name
$$;
grant execute on function pg_temp.row(text) to public;
select is(pg_temp.row('Well'), '2 members, 1 admins, 1 lines, 0 failed, synced 00:29:00 ago, no error', 'with how many there are');
select is(
  pg_temp.row('Broken'), '1 members, 1 admins, 1 lines, 1 failed, synced 01:00:00 ago, The provider answers 401.', 'and what went wrong'
);
select is((select archived_at from public.fleet where name = 'Archived'), now(), 'or since when it is closed');
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where user_id = (select viewer from story);
update public.lines set period = tstzrange(lower(period), now()) where e164 = '+12125550114';
select tests.line(well, tests.phone_number(shared, '+12125550117'), tstzrange(now() + interval '1 day', null)) from story;
select pg_temp.fail(i.id) from public.integrations i join story s on i.org_id = s.broken;
select tests.act_as(platform_admin) from story;
select is(
  pg_temp.row('Well'), '1 members, 1 admins, 1 lines, 0 failed, synced 00:29:00 ago, no error',
  'who is deactivated does not count, nor a line to come'
);
select is(
  pg_temp.row('Broken'), '1 members, 1 admins, 0 lines, 2 failed, synced 01:00:00 ago, The provider answers 401.', 'nor one that is over'
);

-- Accounts that serve it.
select tests.act_as_role('postgres');
update public.lines set period = tstzrange(now() - interval '1 day', null) where e164 = '+12125550117';
update public.integrations set last_success_at = now() - interval '45 minutes' where id = (select shared from story);
select tests.act_as(platform_admin) from story;
select is(
  pg_temp.row('Well'), '1 members, 1 admins, 2 lines, 0 failed, synced 00:45:00 ago, no error',
  'of accounts that serve it the one furthest behind counts'
);
select is((select problem from public.fleet where name = 'Well'), 'the sync is stale', 'which makes it stale');
select tests.act_as_role('postgres');
update public.integrations set last_success_at = null where id = (select shared from story);
select tests.act_as(platform_admin) from story;
select is((select problem from public.fleet where name = 'Well'), 'the sync is stale', 'as does one that never was read');
select is((select last_sync_at from public.fleet where name = 'Well'), null, 'furthest behind is never');
select tests.act_as_role('postgres');
update public.integrations set disabled_at = now() where id = (select shared from story);
select tests.act_as(platform_admin) from story;
select is((select problem from public.fleet where name = 'Well'), null, 'a disabled account does not');
select is((select last_sync_at from public.fleet where name = 'Bare'), null, 'nobody''s was never read');
select is((select problem from public.fleet where name = 'Bare'), 'it has no lines', 'which is not stale where there is nothing to read');
select tests.act_as_role('postgres');
update public.integrations set disabled_at = null, last_success_at = now(), last_error = 'It rains.' where id = (select shared from story);
select tests.act_as(platform_admin) from story;
select results_eq(
  'select problem, sync_error from public.fleet where name = ''Well''', $$values ('the sync fails', 'It rains.')$$,
  'a platform-wide account that fails fails whom it serves'
);

-- Events that could not be applied count where they belong.
select tests.act_as_role('postgres');
update public.integrations set last_error = null where id = (select shared from story);
insert into private.webhook_events (org_id, integration_id, dedupe_key, received_at, status, error)
select well, shared, 'a failed event of a call of Well', now(), 'failed', 'It rains.' from story;
select tests.act_as(platform_admin) from story;
select is(
  (select failed_events from public.fleet where name = 'Well'), 1, 'an organization''s events of a platform-wide account are its own'
);

select tests.act_as(org_admin) from story;
select is_empty('select from public.fleet', 'an organization''s admin sees no fleet');
select tests.act_as(viewer) from story;
select is_empty('select from public.fleet', 'nor does anybody else');
select tests.act_as(null);
select is_empty('select from public.fleet', 'least of all somebody unknown');
select tests.act_as(platform_admin) from story;
select is(tests.attempt('update public.fleet set name = ''x'''), '42501', 'the fleet is read');
select is(tests.attempt('delete from public.fleet'), '42501', 'and nothing else');
select tests.act_as_role('postgres');
select ok(not has_table_privilege('api_reader', 'public.fleet', 'select'), 'keys do not read it');

select * from finish();
rollback;
