begin;
select plan(28);

create temporary table story on commit drop as
select *, tests.user() as outsider, tests.organization('Gone') as gone from tests.two_organizations();
alter table story add gone_admin uuid;
update story set gone_admin = tests.member(gone, 'org_admin');
update public.organizations set archived_at = now() where id = (select gone from story);
grant select on story to public;
create function pg_temp.verify(p_org_id uuid) returns text
language sql as $$select tests.attempt(format('select public.verify_audit_chain(%L)', p_org_id))$$;
create function pg_temp.export(p_org_id uuid, p_from timestamptz default '2020-01-01', p_to timestamptz default now()) returns text
language sql as $$
  select regexp_replace(
    tests.attempt(format('select public.export_audit_trail(%L, %L, %L)', p_org_id, p_from, p_to)), '^\d+ rows?$', 'exported'
  )
$$;
grant execute on function pg_temp.verify(uuid), pg_temp.export(uuid, timestamptz, timestamptz) to public;

select tests.act_as(viewer) from story;
select is_empty('select from public.audit_entries', 'a viewer reads no entry');
select is(
  pg_temp.verify(acme) || ', ' || pg_temp.export(acme), 'PT403 role_not_sufficient, PT403 role_not_sufficient',
  'nor does anything with the trail'
) from story;
select tests.act_as(agent) from story;
select is_empty('select from public.audit_entries', 'an agent reads none');
select is(
  pg_temp.verify(acme) || ', ' || pg_temp.export(acme), 'PT403 role_not_sufficient, PT403 role_not_sufficient',
  'nor does anything with it'
) from story;
select tests.act_as(manager) from story;
select is_empty('select from public.audit_entries', 'a manager reads none');
select is(
  pg_temp.verify(acme) || ', ' || pg_temp.export(acme), 'PT403 role_not_sufficient, PT403 role_not_sufficient',
  'nor does anything with it'
) from story;
select tests.act_as(outsider) from story;
select is_empty('select from public.audit_entries', 'who belongs to none reads none');
select is(
  pg_temp.verify(acme) || ', ' || pg_temp.export(acme), 'PT404 organization_not_found, PT404 organization_not_found', 'and learns nothing'
) from story;
select tests.act_as(gone_admin) from story;
select is_empty('select from public.audit_entries', 'nor does who belongs to an archived one');
select is(
  pg_temp.verify(gone) || ', ' || pg_temp.export(gone), 'PT404 organization_not_found, PT404 organization_not_found', 'whatever they were'
) from story;

select tests.act_as(org_admin) from story;
select results_eq('select distinct org_id from public.audit_entries', 'select acme from story', 'an admin reads that of the organization');
select is(pg_temp.verify(acme) || ', ' || pg_temp.export(acme), '1 row, exported', 'verifies and exports it') from story;
select is(
  pg_temp.verify(globex) || ', ' || pg_temp.export(globex), 'PT404 organization_not_found, PT404 organization_not_found', 'and no other'
) from story;
select is(
  pg_temp.verify(private.holding_org_id()) || ', ' || pg_temp.export(private.holding_org_id()),
  'PT404 organization_not_found, PT404 organization_not_found',
  'not the platform''s either'
);
select is(pg_temp.verify(null) || ', ' || pg_temp.export(null), 'PT404 organization_not_found, PT404 organization_not_found', 'nor none');
select is(pg_temp.export(acme, now(), now()), 'PT422 range_reversed', 'a range lasts') from story;
select is(pg_temp.export(acme, null), 'PT422 range_reversed', 'has a start') from story;
select is(pg_temp.export(acme, now(), null), 'PT422 range_reversed', 'and an end') from story;

select tests.act_as(platform_admin) from story;
select set_eq('select distinct org_id from public.audit_entries', 'select id from public.organizations', 'the operator reads all');
select is(pg_temp.verify(gone) || ', ' || pg_temp.export(gone), '1 row, exported', 'verifies and exports any') from story;
select is(
  pg_temp.verify(private.holding_org_id()) || ', ' || pg_temp.export(private.holding_org_id()), '1 row, exported', 'and the platform''s own'
);

-- What is exported.
select tests.act_as(org_admin) from story;
create temporary table taken on commit drop as
select x.* from story s, public.export_audit_trail(s.acme, '2020-01-01', now() + interval '1 day') x;
select results_eq(
  'select id, at, actor_kind, action, resource, row_key::jsonb, details::jsonb from taken where action <> ''export'' order by id',
  'select id, at, actor_kind, action, resource, row_key, details from public.audit_entries where action <> ''export'' order by id',
  'the trail is exported as it is read'
);
select is((select array_agg(id) from taken), (select array_agg(id order by id) from taken), 'in its order');
select results_eq(
  'select actor_id, resource, details ->> ''from'', (details ->> ''to'')::timestamptz from public.audit_entries where action = ''export''',
  $$select org_admin, 'audit_entries', '2020-01-01T00:00:00+00:00', now() + interval '1 day' from story$$,
  'that it was taken is an entry of its own'
);
select is(
  (select count(*)::int from story s, public.export_audit_trail(s.acme, now() + interval '1 day', now() + interval '2 days')), 0,
  'of the range that was asked for'
);
select results_eq(
  $$
    select x.id
    from story s
    cross join lateral (select min(e.at) as first_at, max(e.at) as last_at from public.audit_entries e where e.action <> 'export') t
    cross join lateral public.export_audit_trail(s.acme, t.first_at, t.last_at) x
    order by 1
  $$, $$
    select id from public.audit_entries where action <> 'export' and at < (select max(at) from public.audit_entries where action <> 'export') order by 1
  $$, 'from its start on, without its end'
);
select is((select count(*)::int from public.audit_entries where action = 'export'), 3, 'each time');
select tests.act_as(platform_admin) from story;
select public.export_audit_trail(acme, '2020-01-01', now()) from story;
select tests.act_as(org_admin) from story;
select is(
  (select count(*)::int from public.audit_entries e join story s on e.actor_id = s.platform_admin where e.action = 'export'), 1,
  'an organization reads that the operator took its trail'
);

select * from finish();
rollback;
