begin;
select plan(31);

create temporary table story on commit drop as
select
  w.*, tests.member(w.acme, 'manager', array[w.given, w.other]) as all_lines, tests.member(w.acme, 'manager') as no_lines,
  tests.member(w.acme, 'org_admin') as second_admin
from tests.two_organizations() w;
grant select on story to public;
update public.platform_settings set app_url = 'https://app.example.com';
update public.organizations set time_zone = 'America/New_York' where id = (select acme from story);
update public.profiles set full_name = s.name
from (
  select u.id, u.name
  from story w, lateral (
    values (w.manager, 'Manager'), (w.org_admin, 'Admin'), (w.all_lines, 'All lines'), (w.no_lines, 'No lines'), (w.second_admin, 'Second')
  ) u (id, name)
) s
where user_id = s.id;

create function pg_temp.look(p_at timestamptz) returns int
language sql as $$
  select (tests.rows_as('sync', format('select private.evaluate_alerts(%L, 100) as count', p_at)) #>> '{0, count}')::int
$$;
create function pg_temp.raise(p_said jsonb default '{}', p_at timestamptz default '2025-06-02 16:00Z') returns void
language plpgsql as $$
begin
  delete from public.alert_rules;
  delete from public.notifications;
  delete from private.outbox_mails;
  insert into public.alert_rules
  select (jsonb_populate_record(null::public.alert_rules, jsonb_build_object(
    'id', gen_random_uuid(), 'org_id', s.acme, 'owner_id', s.manager, 'name', 'Rule', 'kind', 'missed_burst', 'threshold', 1,
    'window_minutes', 60, 'min_calls', 5, 'clear_after_minutes', 5, 'audience', 'owner', 'enabled', true, 'created_at', now(),
    'updated_at', now()
  ) || p_said)).* from story s;
  delete from public.calls;
  perform tests.calls(s.given, 2, jsonb_build_object('started_at', p_at, 'outcome', 'missed')) from story s;
  perform pg_temp.look(p_at + interval '1 second');
end
$$;
create function pg_temp.told() returns text
language sql as $$
  select string_agg(p.full_name, ', ' order by p.full_name)
  from public.notifications n join public.profiles p on p.user_id = n.user_id
$$;
create function pg_temp.written_to() returns text
language sql as $$
  select string_agg(p.full_name, ', ' order by p.full_name)
  from private.outbox_mails m join public.profiles p on p.user_id = m.user_id and p.email = m.recipient
$$;

-- Who is told.
select pg_temp.raise();
select is(pg_temp.told(), 'Manager', 'a rule tells its owner');
select is(pg_temp.written_to(), 'Manager', 'by e-mail, too');
select pg_temp.raise('{"audience": "admins"}');
select is(pg_temp.told(), 'Admin, Manager, Second', 'and the admins if it is to');
select pg_temp.raise('{"audience": "managers"}');
select is(pg_temp.told(), 'Admin, All lines, Manager, Second', 'and managers who have all of its lines');
select pg_temp.raise(jsonb_build_object('audience', 'managers', 'owner_id', org_admin)) from story;
select is(pg_temp.told(), 'Admin, All lines, Second', 'an admin''s rule is about all lines');
select pg_temp.raise(jsonb_build_object('audience', 'managers', 'owner_id', org_admin, 'line_ids', array[given])) from story;
select is(pg_temp.told(), 'Admin, All lines, Manager, Second', 'if none are chosen');
select pg_temp.raise(jsonb_build_object('audience', 'managers', 'owner_id', no_lines)) from story;
select is(pg_temp.told(), null, 'who has no lines has nothing to be told of');
update public.org_members set deactivated_at = now() where user_id = (select second_admin from story);
select pg_temp.raise('{"audience": "admins"}');
select is(pg_temp.told(), 'Admin, Manager', 'nobody is told who is not active any more');
select pg_temp.raise(jsonb_build_object('audience', 'admins', 'owner_id', platform_admin)) from story;
select is(pg_temp.told(), 'Admin, Operator', 'the operator''s people may have rules anywhere');

-- By which channel.
update public.profile_settings set notification_channels = jsonb_build_object('missed_burst', c.channel)
from story s, lateral (
  values (s.manager, 'none'), (s.org_admin, 'in_app'), (s.all_lines, 'email'), (s.no_lines, 'both')
) c (id, channel)
where user_id = c.id;
select pg_temp.raise('{"audience": "managers"}');
select is(pg_temp.told() || ' / ' || pg_temp.written_to(), 'Admin / All lines', 'each chooses their channel');
update public.profile_settings set notification_channels = '{"sla_breached": "none"}';
select pg_temp.raise('{"audience": "managers"}');
select is(pg_temp.written_to(), 'Admin, All lines, Manager', 'of each kind of event');

-- Quiet hours.
create function pg_temp.leaves(p_at timestamptz, p_from time, p_to time) returns text
language plpgsql as $$
begin
  perform pg_temp.raise(jsonb_build_object('quiet_from', p_from, 'quiet_to', p_to), p_at);
  return (select to_char(m.run_after at time zone 'UTC', 'MM-DD HH24:MI') from private.outbox_mails m)
    || case when pg_temp.told() = 'Manager' then '' else ' and not told' end;
end
$$;
select is(
  pg_temp.leaves(v.at::timestamptz, v.quiet_from, v.quiet_to), v.leaves, format('at %s, quiet %s to %s', v.at, v.quiet_from, v.quiet_to)
)
from (
  values
  ('2025-06-02 16:00Z', '22:00'::time, '07:00'::time, '06-02 16:00'), ('2025-06-03 02:00Z', '22:00', '07:00', '06-03 11:00'),
  ('2025-06-03 01:59Z', '22:00', '07:00', '06-03 01:59'), ('2025-06-03 10:59Z', '22:00', '07:00', '06-03 11:00'),
  ('2025-06-03 11:00Z', '22:00', '07:00', '06-03 11:00'), ('2025-06-02 16:30Z', '12:00', '13:00', '06-02 17:00'),
  ('2025-06-02 17:30Z', '12:00', '13:00', '06-02 17:30'), ('2025-03-09 03:30Z', '22:00', '02:30', '03-09 07:00'),
  ('2025-11-02 03:00Z', '22:00', '01:30', '11-02 05:30'), ('2025-11-02 06:10Z', '22:00', '01:30', '11-02 06:10')
) v (at, quiet_from, quiet_to, leaves);

-- Before it leaves it is asked again whether it still may.
create function pg_temp.is_over(p_at timestamptz) returns text
language sql as $$
  select tests.rows_as(
    'sync', format('select details ->> ''is_over'' as o from private.claim_outbox_mail(''one'', %L)', p_at)
  ) #>> '{0, o}'
$$;
select pg_temp.raise();
update public.org_members set deactivated_at = now() where user_id = (select manager from story);
select is(
  pg_temp.is_over('2025-06-02 17:00Z'), 'true',
  'a letter to somebody who has left is not sent'
);
update public.org_members set deactivated_at = null;
select is(
  pg_temp.is_over('2025-06-04 17:00Z'), 'false',
  'one that is two days late is'
);
select is(
  pg_temp.is_over('2025-06-05 17:00Z'), 'true',
  'after three it is too late'
);

-- Their own.
select pg_temp.raise('{"audience": "admins"}');
select tests.act_as(manager) from story;
select results_eq('select user_id from public.notifications', 'select manager from story', 'everybody reads their own');
select is(tests.attempt('update public.notifications set read_at = now()'), '1 row', 'says that it is read');
select is(tests.attempt('update public.notifications set title = ''x'''), '42501', 'and nothing else of it');
select is(tests.attempt('delete from public.notifications'), '1 row', 'removes it');
select is(
  tests.attempt(format(
    'insert into public.notifications (user_id, org_id, kind, title, body) select %L, %L, ''sync_stale'', '''', ''''', manager, acme
  )),
  '42501', 'and makes none'
) from story;
select tests.act_as(platform_admin) from story;
select is_empty('select from public.notifications', 'the operator reads nobody else''s');
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where user_id = (select manager from story);
select tests.act_as(manager) from story;
select is_empty('select from public.notifications', 'nor who is deactivated their own');

select * from finish();
rollback;
