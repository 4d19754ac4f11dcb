begin;
select plan(32);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update public.platform_settings set app_url = 'https://app.example.com';
insert into public.report_schedules (org_id, owner_id, name, report, frequency, weekday, recipients)
select acme, manager, 'Week', 'days', 'weekly', 1, '{ann@example.com}' from story;
create temporary table schedule on commit drop as select id from public.report_schedules;
grant select on schedule to public;
create function pg_temp.send(p_as uuid default null) returns text
language plpgsql as $$
begin
  if p_as is not null then
    perform tests.act_as(p_as);
  end if;
  return (select tests.attempt(format('select public.send_report_now(%L)', id)) from schedule);
end
$$;
grant execute on function pg_temp.send(uuid) to public;

-- A schedule, now.
select is(pg_temp.send(v.who), v.came, v.name)
from story s, lateral (
  values
  (s.manager, 'its owner', '1 row'), (s.org_admin, 'an admin', '1 row'), (s.platform_admin, 'the operator', '1 row'),
  (s.agent, 'an agent', 'PT404 schedule_not_found'), (s.viewer, 'a viewer', 'PT404 schedule_not_found'),
  (s.their_admin, 'somebody else''s admin', 'PT404 schedule_not_found')
) v (who, name, came);
select tests.act_as(manager) from story;
select is(tests.attempt('select public.send_report_now(null)'), 'PT404 schedule_not_found', 'without a schedule there is none');
select public.send_report_now(id) from schedule;
select tests.act_as_role('postgres');
select results_eq(
  'select r.schedule_id, r.is_manual, r.state, r.period_end - r.period_start, r.period_end <= now() from public.report_runs r',
  'select id, true, ''rendering'', interval ''7 days'', true from schedule', 'it is made for the last whole week'
);
select is(count(*), 1::bigint, 'as its owner sees it') from public.documents where owner_id = (select s.manager from story s);
select tests.act_as(org_admin) from story;
select is(pg_temp.send(), 'PT429 report_just_sent', 'while it is made it is not made again');
select tests.act_as_role('postgres');
update public.report_runs set state = 'failed', error = 'x';
select tests.act_as(org_admin) from story;
select is(pg_temp.send(), 'PT429 report_just_sent', 'nor within a minute');
select tests.act_as_role('postgres');
update public.report_runs set created_at = now() - interval '1 minute';
update public.report_schedules set next_run_at = now() - interval '1 second';
select is(
  tests.rows_as('sync', 'select private.start_due_reports(now(), 10) as count') #>> '{0, count}', '1', 'the run that comes of itself comes'
);
select is(count(*), 2::bigint, 'beside it') from public.report_runs;
update public.report_runs set state = 'failed', error = 'x', created_at = now() - interval '1 hour';
update public.organizations set archived_at = now() where id = (select acme from story);
select tests.act_as(platform_admin) from story;
select is(pg_temp.send(), 'PT409 organization_archived', 'for a closed organization none is');
select tests.act_as_role('postgres');
update public.organizations set archived_at = null;
update public.org_members set deactivated_at = now() where id = (select manager_member from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.send(), 'PT409 schedule_without_owner', 'nor for an owner who has left');
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = null;

-- A document, to addresses.
create temporary table document on commit drop as
select private.queue_document(acme, manager, 'days', 'pdf', '{"from": "2025-06-01T00:00Z", "to": "2025-06-08T00:00Z"}', null) as id
from story;
grant select on document to public;
create function pg_temp.email(p_to text[] default '{ann@example.com,bob@example.com}', p_as uuid default null) returns text
language plpgsql as $$
begin
  if p_as is not null then
    perform tests.act_as(p_as);
  end if;
  return (select tests.attempt(format('select public.email_document(%L, %L)', id, p_to)) from document);
end
$$;
grant execute on function pg_temp.email(text[], uuid) to public;
select tests.act_as(manager) from story;
select is(pg_temp.email(), 'PT409 document_not_stored', 'a document that is not there is not sent');
select tests.act_as_role('postgres');
update public.documents set state = 'stored', size_bytes = 5, sha256 = sha256('x'), stored_at = now() where id = (select id from document);
select is(pg_temp.email(p_as => v.who), v.came, v.name)
from story s, lateral (
  values
  (s.manager, 'its owner sends it', '1 row'), (s.org_admin, 'an admin does', '1 row'), (s.platform_admin, 'the operator does', '1 row'),
  (s.agent, 'an agent does not', 'PT404 document_not_found'), (s.their_admin, 'nor somebody else''s admin', 'PT404 document_not_found')
) v (who, name, came);
select tests.act_as_role('postgres');
update public.documents set owner_id = (select agent from story) where id = (select id from document);
select tests.act_as(agent) from story;
select is(pg_temp.email(), 'PT403 role_not_sufficient', 'nor an agent their own');
select tests.act_as_role('postgres');
update public.documents set owner_id = (select manager from story) where id = (select id from document);
select tests.act_as(manager) from story;
select is(pg_temp.email(v.addresses), v.came, v.name)
from (
  values
  (null::text[], 'PT422 recipient_missing', 'without an address'), ('{}', 'PT422 recipient_missing', 'to nobody'),
  ('{ann}', 'PT422 email_invalid', 'to what is no address'), ('{null}', 'PT422 email_invalid', 'to null'),
  ('{ann@example.com,ANN@example.com}', 'PT422 email_invalid', 'twice to one'),
  (array(select n || '@example.com' from generate_series(1, 21) n), 'PT422 email_invalid', 'to too many')
) v (addresses, came, name);
select public.email_document(id, '{ann@example.com,bob@example.com}') from document;
select results_eq(
  'select r.state, d.recipient, d.state from public.report_runs r join public.report_deliveries d on d.run_id = r.id order by d.recipient',
  $$values ('sending', 'ann@example.com', 'queued'), ('sending', 'bob@example.com', 'queued')$$, 'it goes to each'
);
select tests.act_as_role('postgres');
select results_eq(
  'select details ->> ''period'', details ->> ''sender'', details ->> ''name'' from private.outbox_mails limit 1',
  $$values ('1 to 7 June 2025', 'Manager', 'Days')$$, 'the letter tells the period and who sends it'
);
select is(details, '{"sent_to": ["ann@example.com", "bob@example.com"]}', 'the trail tells to whom')
from public.audit_entries where action = 'export' and details ? 'sent_to';
insert into public.report_runs (org_id, owner_id, name, is_manual, recipients, state)
select acme, manager, 'x', true, '{}', 'sent' from story, generate_series(1, 19);
select tests.act_as(manager) from story;
select is(pg_temp.email(), 'PT429 report_just_sent', 'twenty an hour are enough');

select * from finish();
rollback;
