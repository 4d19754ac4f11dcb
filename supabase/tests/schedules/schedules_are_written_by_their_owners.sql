begin;
select plan(64);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_org_id uuid, p_said jsonb default '{}') returns text
language plpgsql as $$
declare
  v_row jsonb := jsonb_build_object('org_id', p_org_id, 'name', 'Week', 'report', 'days', 'frequency', 'daily') || p_said;
  v_names text;
begin
  select string_agg(quote_ident(key), ', ') into v_names from jsonb_object_keys(v_row) key;
  return tests.attempt(format(
    'insert into public.report_schedules (%s) select %s from jsonb_populate_record(null::public.report_schedules, %L)', v_names, v_names, v_row
  ));
end
$$;
grant execute on function pg_temp.add(uuid, jsonb) to public;

-- Who makes one.
select tests.act_as(manager) from story;
select is(pg_temp.add(acme), '1 row', 'a manager makes one') from story;
select is(pg_temp.add(globex), '42501', 'not for others') from story;
select is(pg_temp.add('00000000-0000-0000-0000-000000000000'), '42501', 'or for the holding organization');
select is(pg_temp.add(acme, jsonb_build_object('owner_id', org_admin)), '42501', 'nor in somebody else''s name') from story;
select is(pg_temp.add(acme, '{"next_run_at": "2020-01-01 00:00Z"}'), '42501', 'and not to run at once') from story;
select is(pg_temp.add(acme, '{"stopped_at": "2020-01-01 00:00Z"}'), '42501', 'what the product says is its own') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.add(acme), '1 row', 'so does an admin') from story;
select is(pg_temp.add(globex), '42501', 'for their own organization') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.add(globex), '1 row', 'the operator for any') from story;
select is(pg_temp.add('00000000-0000-0000-0000-000000000000'), '42501', 'but the reserved one');
select tests.act_as(agent) from story;
select is(pg_temp.add(acme), '42501', 'agents do not') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.add(acme), '42501', 'nor do viewers') from story;
select tests.act_as_role('anon');
select is(pg_temp.add(acme), '42501', 'nor who is not signed in') from story;

-- What may stand in it.
select tests.act_as(org_admin) from story;
select is(pg_temp.add(s.acme, v.said::jsonb), v.came, v.said)
from story s, (values
  ('{"frequency": "weekly", "weekday": 1}', '1 row'), ('{"frequency": "weekly"}', '23514'),
  ('{"frequency": "weekly", "weekday": 8}', '23514'), ('{"weekday": 1}', '23514'), ('{"frequency": "hourly"}', '23514'),
  ('{"frequency": "monthly", "day_of_month": 31}', '1 row'), ('{"frequency": "monthly", "day_of_month": 32}', '23514'),
  ('{"frequency": "monthly", "weekday": 1}', '23514'), ('{"local_time": "00:00"}', '1 row'), ('{"local_time": "24:00"}', '23514'),
  ('{"local_time": "07:00:01"}', '23514'), ('{"formats": ["pdf", "csv"]}', '1 row'), ('{"formats": []}', '23514'),
  ('{"formats": ["pdf", "pdf"]}', '23514'), ('{"formats": ["xls"]}', '23514'), ('{"formats": [null]}', '23514'),
  ('{"recipients": ["ann@example.com"]}', '1 row'), ('{"recipients": ["ann"]}', '23514'), ('{"recipients": [null]}', '23514'),
  ('{"recipients": ["ann@example.com", "Ann@Example.com"]}', '23514'), ('{"name": " "}', '23514'),
  ('{"report": "everything"}', 'PT422 report_unknown'), ('{"report": null}', 'PT422 report_unknown'),
  ('{"parameters": {"from": "2025-01-01"}}', 'PT422 parameters_invalid'),
  ('{"parameters": {"line_ids": "all"}}', 'PT422 parameters_invalid'),
  ('{"parameters": {"tag": "x"}}', 'PT422 parameters_invalid'), ('{"report": "calls", "parameters": {"tag": "x"}}', '1 row'),
  ('{"parameters": []}', 'PT422 parameters_invalid')
) v (said, came);
select is(
  pg_temp.add(s.acme, jsonb_build_object('recipients', array(select n || '@example.com' from generate_series(1, v.count) n))), v.came,
  v.count || ' recipients'
)
from story s, (values (20, '1 row'), (21, '23514')) v (count, came);

-- Who reads, changes and removes it.
select tests.act_as_role('postgres');
insert into public.report_schedules (org_id, owner_id, name, report, frequency)
select s.acme, o.id, o.name, 'days', 'daily' from story s, lateral (values (s.manager, 'manager'), (s.org_admin, 'admin')) o (id, name);
insert into public.report_schedules (org_id, owner_id, name, report, frequency)
select globex, their_admin, 'theirs', 'days', 'daily' from story;
create function pg_temp.reach() returns text
language sql as $$
  select concat_ws(
    ', ', (select string_agg(name, ' ' order by name) from public.report_schedules),
    tests.attempt('update public.report_schedules set name = ''x'''), tests.attempt('delete from public.report_schedules')
  )
$$;
grant execute on function pg_temp.reach() to public;
create temporary table reached (who text, came text) on commit drop;
grant insert on reached to public;
select tests.act_as(manager) from story;
insert into reached select 'manager', pg_temp.reach();
select tests.act_as(org_admin) from story;
insert into reached select 'org_admin', pg_temp.reach();
select is(tests.attempt('update public.report_schedules set owner_id = auth.uid()'), '42501', 'whose it is is not changed like that');
select is(tests.attempt('update public.report_schedules set org_id = org_id'), '42501', 'nor where it belongs');
select tests.act_as(agent) from story;
insert into reached select 'agent', pg_temp.reach();
select tests.act_as(viewer) from story;
insert into reached select 'viewer', pg_temp.reach();
select tests.act_as(their_admin) from story;
insert into reached select 'their_admin', pg_temp.reach();
select tests.act_as(platform_admin) from story;
insert into reached select 'platform_admin', pg_temp.reach();
select tests.act_as_role('postgres');
select is(r.came, v.came, v.who)
from (
  values
  ('manager', 'manager, 1 row, 1 row'), ('org_admin', 'admin manager, 2 rows, 2 rows'), ('agent', '0 rows, 0 rows'),
  ('viewer', '0 rows, 0 rows'), ('their_admin', 'theirs, 1 row, 1 row'), ('platform_admin', 'admin manager theirs, 3 rows, 3 rows')
) v (who, came)
join reached r on r.who = v.who;
update public.org_members set role = 'agent' where id = (select manager_member from story);
select tests.act_as(manager) from story;
select is(pg_temp.reach(), '0 rows, 0 rows', 'who is a manager no more has none');
select tests.act_as_role('postgres');

-- What is reckoned.
select ok(bool_and(next_run_at > now() and next_run_at <= now() + interval '1 day'), 'the next run is known') from public.report_schedules;
update public.report_schedules set enabled = false where name = 'admin';
select is(next_run_at, null, 'one that is switched off has none') from public.report_schedules where name = 'admin';
update public.report_schedules set stopped_at = now(), stopped_reason = 'gone' where name = 'admin';
update public.report_schedules set enabled = true where name = 'admin';
select ok(next_run_at is not null and stopped_at is null, 'switched on it has one again, and is stopped no more')
from public.report_schedules where name = 'admin';
update public.organizations set time_zone = 'Asia/Kathmandu' where id = (select acme from story);
select is(to_char(next_run_at at time zone 'UTC', 'HH24:MI'), '01:15', 'the zone of the organization moves it')
from public.report_schedules where name = 'admin';
select is(to_char(next_run_at at time zone 'UTC', 'HH24:MI'), '07:00', 'and nobody else''s')
from public.report_schedules where name = 'theirs';
update public.report_schedules set next_run_at = now() - interval '1 minute' where name = 'admin';
update public.organizations set time_zone = 'Europe/London' where id = (select acme from story);
select ok(next_run_at < now(), 'what is due stays due') from public.report_schedules where name = 'admin';
select ok(exists (select from public.audit_entries where resource = 'report_schedules' and action = 'insert'), 'it is in the trail');
select is_empty(
  $$select from public.audit_entries where resource = 'report_schedules' and details -> 'after' ? 'next_run_at'$$, 'the next run is not'
);

-- Taking over.
update public.report_schedules set enabled = false, stopped_at = now(), stopped_reason = 'gone' where name = 'manager';
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select public.take_over_report_schedule(%L)', gen_random_uuid())), 'PT404 schedule_not_found', 'what is not there'
);
select tests.act_as_role('postgres');
update public.org_members set role = 'manager' where id = (select manager_member from story);
create temporary table theirs on commit drop as select id from public.report_schedules where name = 'manager';
grant select on theirs to public;
select tests.act_as(their_admin) from story;
select is(tests.attempt(format('select public.take_over_report_schedule(%L)', id)), 'PT404 schedule_not_found', 'is as others''')
from theirs;
select tests.act_as(manager) from story;
select is(
  tests.attempt(format('select public.take_over_report_schedule(%L)', id)), 'PT403 role_not_sufficient', 'a manager takes none over'
) from theirs;
select tests.act_as(org_admin) from story;
select public.take_over_report_schedule(id) from theirs;
select results_eq(
  'select owner_id, enabled, stopped_at from public.report_schedules where name = ''manager''',
  'select org_admin, true, null::timestamptz from story', 'an admin does, and it goes on'
);

select * from finish();
rollback;
