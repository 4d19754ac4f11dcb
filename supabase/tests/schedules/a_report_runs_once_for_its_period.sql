begin;
select plan(41);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.due(p_at timestamptz) returns int
language sql as $$
  select (tests.rows_as('sync', format('select private.start_due_reports(%L, 100) as count', p_at)) #>> '{0, count}')::int
$$;
create function pg_temp.runs() returns text
language sql as $$
  select string_agg(
    concat_ws(' ', to_char(period_start at time zone 'UTC', 'MM-DD HH24:MI'), to_char(period_end at time zone 'UTC', 'MM-DD HH24:MI'), state),
    ', ' order by created_at, period_start
  )
  from public.report_runs
$$;
create function pg_temp.made(p_format text, p_outcome text, p_at timestamptz) returns void
language sql as $$
  update private.document_files f set worker = 'one', lease_until = p_at, attempt = 9
  from public.documents d
  where d.id = f.document_id and d.format = p_format and d.state = 'queued';
  update public.documents set state = 'rendering' where format = p_format and state = 'queued';
  select private.finish_document(
    d.id, 'one', p_outcome, case p_outcome when 'failed' then 'It was too large.' end, case p_outcome when 'stored' then 5 end,
    case p_outcome when 'stored' then sha256('x') end, p_at
  )
  from public.documents d where d.format = p_format and d.state = 'rendering'
$$;
create function pg_temp.mail(p_outcome text, p_error text, p_at timestamptz) returns text
language plpgsql as $$
declare
  v_mail jsonb := tests.rows_as('sync', format('select * from private.claim_outbox_mail(''one'', %L)', p_at)) -> 0;
begin
  perform tests.rows_as('sync', format(
    'select private.finish_outbox_mail(%L, ''one'', %L, %L, %L, %L)', v_mail ->> 'mail_id', p_outcome, p_error, p_at + interval '1 minute', p_at
  ));
  return concat_ws(' ', v_mail ->> 'template', v_mail ->> 'recipient', v_mail #>> '{details, is_over}');
end
$$;

update public.platform_settings set app_url = 'https://app.example.com';
update public.organizations set time_zone = 'Europe/London' where id = (select acme from story);
update public.profile_settings set notification_channels = '{"report_failed": "in_app"}';
insert into public.report_schedules (org_id, owner_id, name, report, parameters, formats, frequency, local_time, recipients)
select
  acme, manager, 'Yesterday', 'days', jsonb_build_object('line_ids', array[given]), '{pdf,csv}', 'daily', '01:30',
  '{ann@example.com,bob@example.com}'
from story;
update public.report_schedules set next_run_at = '2025-03-30 01:00Z';

-- Once for a period, whoever asks and however often.
select is(pg_temp.due('2025-03-30 00:59Z'), 0, 'before its time nothing happens');
select is(pg_temp.due('2025-03-30 01:00Z'), 1, 'when the clock skips its time it runs at the first instant after');
select is(pg_temp.runs(), '03-29 00:00 03-30 00:00 rendering', 'and tells of the day before');
select is(pg_temp.due('2025-03-30 01:00Z'), 0, 'once');
select is(pg_temp.due('2025-03-30 01:30Z'), 0, 'and not again later');
select is(next_run_at, '2025-03-31 00:30Z', 'the next one is at its time') from public.report_schedules;
update public.report_schedules set next_run_at = '2025-03-30 05:00Z';
select is(pg_temp.due('2025-03-30 05:00Z'), 1, 'whose time was moved');
select is(pg_temp.runs(), '03-29 00:00 03-30 00:00 rendering', 'does not run for the same day again');
select results_eq(
  'select format, owner_id, org_id, report, (parameters ->> ''to'')::timestamptz, parameters -> ''line_ids'', run_id
  from public.documents order by format',
  'select f, manager, acme, ''days'', ''2025-03-30 00:00Z''::timestamptz, to_jsonb(array[given]), (select id from public.report_runs)
  from story, unnest(array[''csv'', ''pdf'']) f', 'its documents are asked for, with the eyes of its owner'
);

-- After a time without workers.
select is(pg_temp.due('2025-04-20 12:00Z'), 1, 'after three weeks');
select is(pg_temp.runs(), '03-29 00:00 03-30 00:00 rendering, 04-18 23:00 04-19 23:00 rendering', 'it tells of the last day alone');
select is(next_run_at, '2025-04-21 00:30Z', 'and goes on tomorrow') from public.report_schedules;
delete from public.report_runs where period_start = '2025-04-18 23:00Z';
update public.report_schedules set next_run_at = '2025-10-26 00:30Z';
select is(pg_temp.due('2025-10-26 00:30Z') || ' ' || pg_temp.due('2025-10-26 01:30Z'), '1 0', 'a time that comes twice is one time');
select is(next_run_at, '2025-10-27 01:30Z', 'and the next one is tomorrow''s') from public.report_schedules;
delete from public.report_runs where period_start > '2025-04-01';
delete from public.documents where run_id is null;

-- Sent when all is there.
select pg_temp.made('csv', 'stored', '2025-03-30 01:05Z');
select is(pg_temp.runs(), '03-29 00:00 03-30 00:00 rendering', 'it waits for all of its documents');
select is_empty('select from private.outbox_mails', 'before that nobody is written to');
select pg_temp.made('pdf', 'stored', '2025-03-30 01:06Z');
select is(pg_temp.runs(), '03-29 00:00 03-30 00:00 sending', 'then it is sent');
select set_eq(
  'select recipient, state from public.report_deliveries', 'values (''ann@example.com'', ''queued''), (''bob@example.com'', ''queued'')',
  'to each in a letter of their own'
);
select private.advance_report_run(id, '2025-03-30 01:07Z') from public.report_runs;
select is(count(*), 2::bigint, 'once') from private.outbox_mails;
create temporary table letter on commit drop as
select tests.rows_as('sync', $$select * from private.claim_outbox_mail('one', '2025-03-30 01:06Z')$$) -> 0 as mail;
select is(
  (mail -> 'details') - array['documents', 'link'], '{
    "name": "Yesterday", "period": "Saturday, 29 March 2025", "time_zone": "Europe/London", "sender": null, "problem": null,
    "organization": "Acme", "app_url": "https://app.example.com", "support_email": null, "is_over": false, "over_since": null
  }', 'the letter is told what it is about'
) from letter;
select is(
  (select jsonb_agg(d -> 'format') from jsonb_array_elements(l.mail #> '{details, documents}') d), '["pdf", "csv"]', 'and what goes with it'
) from letter l;
update private.outbox_mails set state = 'queued', lease_until = null, worker = null where state = 'sending';

-- One that does not arrive keeps nobody from theirs.
select is(pg_temp.mail('retry', '450 later', '2025-03-30 01:06Z') is not null, true, 'one is put off');
select is(count(*), 1::bigint, 'which is noted') from public.report_deliveries where state = 'queued' and error = '450 later';
select pg_temp.mail('sent', null, '2025-03-30 01:06Z');
select is(pg_temp.runs(), '03-29 00:00 03-30 00:00 sending', 'while one is under way it is not over');
select pg_temp.mail('failed', '550 nobody here', '2025-03-30 01:08Z');
select results_eq(
  'select state, sent_at, error ~ ''^It did not reach (ann|bob)@example.com \(550 nobody here\)\.$'' from public.report_runs',
  $$values ('sent', '2025-03-30 01:08Z'::timestamptz, true)$$, 'it is sent, and says whom it did not reach'
);
select results_eq(
  'select user_id, kind, title from public.notifications',
  $$select manager, 'report_failed', 'The report “Yesterday” was not sent to everybody' from story$$, 'its owner is told'
);

-- Documents that cannot be made.
delete from public.notifications;
update public.report_schedules set next_run_at = '2025-04-02 00:30Z';
select pg_temp.due('2025-04-02 00:30Z');
select pg_temp.made('pdf', 'failed', '2025-04-02 00:31Z'), pg_temp.made('csv', 'stored', '2025-04-02 00:31Z');
select is(error, 'The PDF could not be made: It was too large.', 'what is missing is told in the letters')
from public.report_runs where state = 'sending';
select pg_temp.mail('sent', null, '2025-04-02 00:32Z'), pg_temp.mail('sent', null, '2025-04-02 00:32Z');
select is(error, 'The PDF could not be made: It was too large.', 'and at the run')
from public.report_runs where sent_at = '2025-04-02 00:32Z';
update public.report_schedules set next_run_at = '2025-04-03 00:30Z';
select pg_temp.due('2025-04-03 00:30Z');
select pg_temp.made('pdf', 'failed', '2025-04-03 00:31Z'), pg_temp.made('csv', 'failed', '2025-04-03 00:31Z');
select is(
  error, 'The PDF could not be made: It was too large. The CSV could not be made: It was too large.', 'with none there is nothing to send'
) from public.report_runs where state = 'failed';
select is(count(*), 2::bigint, 'of which the owner is told, too') from public.notifications;
update public.report_schedules set next_run_at = '2025-04-04 00:30Z';
select pg_temp.due('2025-04-04 00:30Z');
delete from public.documents where state = 'queued';
select is(pg_temp.due('2025-04-04 00:31Z'), 1, 'documents that were deleted meanwhile');
select is(count(*), 1::bigint, 'are waited for no longer') from public.report_runs where error = 'Its documents were deleted.';
update public.report_schedules set report = 'calls', parameters = '{"tag": "x"}', next_run_at = '2025-04-05 00:30Z';
alter table public.documents drop constraint report_is_known, add constraint report_is_known check (report <> 'calls') not valid;
select is(pg_temp.due('2025-04-05 00:30Z'), 1, 'what cannot even be asked for');
select ok(exists (
  select from public.report_runs where state = 'failed' and error like 'Its documents could not be asked for: %'
), 'is told as well');
update public.report_schedules set report = 'days', parameters = '{}';

-- Nobody to send to, and nobody who may.
delete from public.report_runs;
update public.report_schedules set recipients = '{}', next_run_at = '2025-04-06 00:30Z';
select pg_temp.due('2025-04-06 00:30Z');
select pg_temp.made('pdf', 'stored', '2025-04-06 00:31Z'), pg_temp.made('csv', 'stored', '2025-04-06 00:31Z');
select is(pg_temp.runs(), '04-04 23:00 04-05 23:00 sent', 'without recipients the documents are kept, and that is all');
update public.organizations set archived_at = now() where id = (select acme from story);
update public.report_schedules set next_run_at = '2025-04-07 00:30Z', recipients = '{ann@example.com}';
select is(pg_temp.due('2025-04-07 00:30Z'), 0, 'for an archived organization nothing runs');
update public.organizations set archived_at = null where id = (select acme from story);
select is(pg_temp.due('2025-04-09 12:00Z'), 1, 'opened again it goes on');
select pg_temp.made('pdf', 'stored', '2025-04-09 12:01Z'), pg_temp.made('csv', 'stored', '2025-04-09 12:01Z');
update public.org_members set deactivated_at = now() where id = (select manager_member from story);
select is(
  pg_temp.mail('cancelled', null, '2025-04-09 12:02Z'), 'report ann@example.com true', 'a letter whose owner has left is not due any more'
);
select is(
  error, 'It did not reach ann@example.com (It was not to be sent any more when it was due.).', 'which its run says'
) from public.report_runs where state = 'failed';

-- Who reads what came of it.
select tests.act_as(org_admin) from story;
select isnt_empty('select from public.report_runs r join public.report_deliveries d on d.run_id = r.id', 'admins read runs and letters');
select tests.act_as(their_admin) from story;
select is_empty('select from public.report_runs', 'others do not');

select * from finish();
rollback;
