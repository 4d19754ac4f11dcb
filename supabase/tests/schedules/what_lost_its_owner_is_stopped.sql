begin;
select plan(24);

create temporary table story on commit drop as
select w.*, tests.member(w.acme, 'org_admin') as second_admin from tests.two_organizations() w;
grant select on story to public;
update public.platform_settings set app_url = 'https://app.example.com';
create function pg_temp.due(p_what text default 'start_due_reports', p_at timestamptz default now()) returns int
language sql as $$select (tests.rows_as('sync', format('select private.%I(%L, 100) as count', p_what, p_at)) #>> '{0, count}')::int$$;
create function pg_temp.told() returns text
language sql as $$
  select string_agg(distinct concat_ws(' / ', kind, title, body), '; ') || ' to ' || count(*) from public.notifications
$$;
create function pg_temp.fresh(p_owner uuid) returns void
language sql as $$
  delete from public.notifications;
  delete from private.outbox_mails;
  update public.report_schedules set owner_id = p_owner, enabled = true;
  update public.alert_rules set owner_id = p_owner, enabled = true
$$;
update public.profiles set full_name = 'Ada' where user_id = (select manager from story);
insert into public.report_schedules (org_id, owner_id, name, report, frequency) select acme, manager, 'Days', 'days', 'daily' from story;

select is(pg_temp.due(), 0, 'while its owner is there a schedule goes on');
update public.org_members set deactivated_at = now() where id = (select manager_member from story);
select is(pg_temp.due(), 1, 'once they are deactivated it is stopped');
select results_eq(
  'select enabled, next_run_at, stopped_at, stopped_reason from public.report_schedules',
  'select false, null::timestamptz, now(), ''Its owner, Ada, was deactivated.''', 'which it says'
);
select is(
  pg_temp.told(),
  'schedule_stopped / The report “Days” is not sent any more / '
  || 'Its owner, Ada, was deactivated. An admin can take it over, or delete it. to 2',
  'and the admins are told'
);
select is(count(*), 2::bigint, 'by e-mail, too') from private.outbox_mails where template = 'schedule_stopped';
select is(pg_temp.due(), 0, 'once');
select tests.act_as(org_admin) from story;
select public.take_over_report_schedule(id) from public.report_schedules;
select tests.act_as_role('postgres');
select is(pg_temp.due(), 0, 'with an admin''s eyes it goes on');

-- Every way of not being there any more.
select pg_temp.fresh(manager) from story;
update public.org_members set removed_at = now() where id = (select manager_member from story);
select is(pg_temp.due(), 1, 'it is stopped for one who was removed');
select is(stopped_reason, 'Its owner, Ada, is not in the organization any more.', 'with these words') from public.report_schedules;
update public.org_members set removed_at = null, deactivated_at = null, role = 'agent' where id = (select manager_member from story);
select pg_temp.fresh(manager) from story;
select is(pg_temp.due(), 1, 'for one who became an agent');
select is(stopped_reason, 'Its owner, Ada, is neither a manager nor an admin any more.', 'with these') from public.report_schedules;
select pg_temp.fresh(platform_admin) from story;
select is(pg_temp.due(), 0, 'not for one of the operator''s people');
delete from private.platform_admins;
select is(pg_temp.due(), 1, 'unless they are that no more');
update public.org_members set role = 'manager' where id = (select manager_member from story);
select pg_temp.fresh(manager) from story;
delete from auth.users where id = (select manager from story);
select is(pg_temp.due(), 1, 'and for one whose account is gone');
select is(stopped_reason, 'The account of its owner is gone.', 'with these') from public.report_schedules;

-- Alert rules as well, by either chore.
insert into public.alert_rules (org_id, owner_id, name, kind, threshold) select acme, org_admin, 'Queue', 'queue', 1 from story;
insert into public.alerts (org_id, rule_id, kind, raised_at, value, worst_value, threshold, title)
select org_id, id, kind, now() - interval '1 hour', 1, 1, 1, 'x' from public.alert_rules;
update public.org_members set deactivated_at = now() where user_id = (select org_admin from story);
delete from public.notifications;
select is(pg_temp.due('evaluate_alerts'), 2, 'a rule is stopped, and its episode ends');
select is(stopped_reason, 'Its owner, Org_Admin, was deactivated.', 'with the reason') from public.alert_rules;
select is(
  pg_temp.told(),
  'schedule_stopped / The alert “Queue” is not watched any more / '
  || 'Its owner, Org_Admin, was deactivated. An admin can take it over, or delete it. to 1',
  'and the other admin is told'
);
select is(cleared_at, now(), 'at once') from public.alerts;

-- Deactivated between the making and the sending, nothing leaves; archived, nothing is stopped.
update public.report_schedules set owner_id = (select second_admin from story), enabled = true, recipients = '{ann@example.com}';
update public.report_schedules set next_run_at = now() - interval '1 minute';
select is(pg_temp.due(), 1, 'a report of somebody');
update public.organizations set archived_at = now() where id = (select acme from story);
select is(pg_temp.due(), 0, 'is not stopped because the organization is closed');
select is(enabled, true, 'it waits') from public.report_schedules;
update public.organizations set archived_at = null;
update public.organizations set requires_second_factor = true;
select is(pg_temp.due(), 0, 'nor where a second factor is required of people');
select is(enabled, true, 'of whom it is none') from public.report_schedules;

select * from finish();
rollback;
