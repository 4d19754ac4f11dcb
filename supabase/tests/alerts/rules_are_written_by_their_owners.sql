begin;
select plan(45);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_org_id uuid, p_said jsonb default '{}') returns text
language plpgsql as $$
declare
  v_row jsonb := jsonb_build_object('org_id', p_org_id, 'name', 'Queue', 'kind', 'queue', 'threshold', 3) || p_said;
  v_names text;
begin
  select string_agg(quote_ident(key), ', ') into v_names from jsonb_object_keys(v_row) key;
  return tests.attempt(format(
    'insert into public.alert_rules (%s) select %s from jsonb_populate_record(null::public.alert_rules, %L)', v_names, v_names, v_row
  ));
end
$$;
grant execute on function pg_temp.add(uuid, jsonb) to public;

-- Who makes one, and on which lines.
select tests.act_as(manager) from story;
select is(pg_temp.add(acme), '1 row', 'a manager makes one') from story;
select is(pg_temp.add(globex), '42501', 'not for others') from story;
select is(pg_temp.add(acme, jsonb_build_object('owner_id', org_admin)), '42501', 'nor in somebody else''s name') from story;
select is(pg_temp.add(acme, jsonb_build_object('line_ids', array[given])), '1 row', 'for lines of theirs') from story;
select is(pg_temp.add(acme, jsonb_build_object('line_ids', array[given, other])), 'PT404 line_not_found', 'and no others') from story;
select is(pg_temp.add(acme, jsonb_build_object('line_ids', array[theirs])), 'PT404 line_not_found', 'least of all of others') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.add(acme, jsonb_build_object('line_ids', array[given, other])), '1 row', 'an admin for all lines') from story;
select is(pg_temp.add(acme, jsonb_build_object('line_ids', array[theirs])), 'PT404 line_not_found', 'of the organization') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.add(globex), '1 row', 'the operator for any organization') from story;
select is(pg_temp.add(acme, jsonb_build_object('line_ids', array[theirs])), 'PT404 line_not_found', 'with its own lines') from story;
select tests.act_as(agent) from story;
select is(pg_temp.add(acme), '42501', 'agents make none') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.add(acme), '42501', 'nor do viewers') from story;

-- What may stand in it.
select tests.act_as(org_admin) from story;
select is(pg_temp.add(s.acme, v.said::jsonb), v.came, v.said)
from story s, (values
  ('{"kind": "sla", "threshold": 0.8}', '1 row'), ('{"kind": "sla", "threshold": null}', '1 row'), ('{"kind": "sla"}', '23514'),
  ('{"kind": "sla", "threshold": 80}', '23514'), ('{"kind": "sla", "threshold": 0.8, "clear_threshold": 0.9}', '1 row'),
  ('{"kind": "sla", "threshold": 0.8, "clear_threshold": 0.7}', '23514'),
  ('{"kind": "sla", "threshold": null, "clear_threshold": 0.9}', '23514'), ('{"threshold": null}', '23514'), ('{"threshold": 0}', '23514'),
  ('{"clear_threshold": 2}', '1 row'), ('{"clear_threshold": 4}', '23514'), ('{"kind": "weather"}', '23514'),
  ('{"line_ids": []}', '23514'), ('{"window_minutes": 0}', '23514'), ('{"window_minutes": 1441}', '23514'), ('{"min_calls": 0}', '23514'),
  ('{"clear_after_minutes": 1441}', '23514'), ('{"audience": "everybody"}', '23514'), ('{"quiet_from": "22:00"}', '23514'),
  ('{"quiet_from": "22:00", "quiet_to": "07:00"}', '1 row'), ('{"quiet_from": "22:00", "quiet_to": "22:00"}', '23514'),
  ('{"quiet_from": "22:00", "quiet_to": "24:00"}', '23514'), ('{"name": ""}', '23514')
) v (said, came);
select is(
  pg_temp.add(acme, jsonb_build_object('kind', 'sync_stale', 'line_ids', array[given])), '23514', 'pulls are of no line'
) from story;

-- Who reads, changes and removes it, and its episodes.
select tests.act_as_role('postgres');
insert into public.alert_rules (org_id, owner_id, name, kind, threshold)
select s.acme, o.id, o.name, 'queue', 3 from story s, lateral (values (s.manager, 'manager'), (s.org_admin, 'admin')) o (id, name);
insert into public.alert_rules (org_id, owner_id, name, kind, threshold) select globex, their_admin, 'theirs', 'queue', 3 from story;
insert into public.alerts (org_id, rule_id, kind, raised_at, value, worst_value, threshold, title)
select org_id, id, kind, now(), 3, 3, 3, name from public.alert_rules;
create function pg_temp.reach() returns text
language sql as $$
  select concat_ws(
    ', ', (select string_agg(name, ' ' order by name) from public.alert_rules),
    (select string_agg(title, ' ' order by title) from public.alerts),
    tests.attempt('update public.alert_rules set name = ''x'''), tests.attempt('delete from public.alert_rules'),
    tests.attempt('delete from public.alerts')
  )
$$;
grant execute on function pg_temp.reach() to public;
create temporary table reached (who text, came text) on commit drop;
grant insert on reached to public;
select tests.act_as(manager) from story;
insert into reached select 'manager', pg_temp.reach();
select tests.act_as(org_admin) from story;
insert into reached select 'org_admin', pg_temp.reach();
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
  ('manager', 'manager, manager, 1 row, 1 row, 42501'), ('org_admin', 'admin manager, admin manager, 2 rows, 2 rows, 42501'),
  ('agent', '0 rows, 0 rows, 42501'), ('viewer', '0 rows, 0 rows, 42501'), ('their_admin', 'theirs, theirs, 1 row, 1 row, 42501'),
  ('platform_admin', 'admin manager theirs, admin manager theirs, 3 rows, 3 rows, 42501')
) v (who, came)
join reached r on r.who = v.who;

-- Taking over.
create temporary table theirs on commit drop as select id from public.alert_rules where name = 'manager';
grant select on theirs to public;
update public.alert_rules set enabled = false, stopped_at = now(), stopped_reason = 'gone' where name = 'manager';
select tests.act_as(their_admin) from story;
select is(tests.attempt(format('select public.take_over_alert_rule(%L)', id)), 'PT404 alert_rule_not_found', 'others'' are not there')
from theirs;
select tests.act_as(manager) from story;
select is(tests.attempt(format('select public.take_over_alert_rule(%L)', id)), 'PT403 role_not_sufficient', 'managers take none over')
from theirs;
select tests.act_as(org_admin) from story;
select public.take_over_alert_rule(id) from theirs;
select results_eq(
  'select owner_id, enabled, stopped_reason from public.alert_rules where name = ''manager''',
  'select org_admin, true, null::text from story',
  'admins do'
);

select * from finish();
rollback;
