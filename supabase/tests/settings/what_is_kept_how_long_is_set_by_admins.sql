begin;
select plan(33);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.keep(p_kind text, p_days text) returns text
language sql as $$
  select tests.attempt(format('update public.retention_settings set %I = %s where org_id = %L', p_kind, p_days, acme)) from story
$$;
grant execute on function pg_temp.keep(text, text) to public;

select tests.act_as(org_admin) from story;
select results_eq(
  'select org_id, recording_days, voicemail_days, document_days, message_days, call_days from public.retention_settings',
  'select acme, 90, 90, 365, null::int, null::int from story',
  'recordings and voicemails are kept for 90 days, documents for a year, the rest without end'
);
select is(pg_temp.keep(kind, days), '1 row', kind || ' may be ' || days)
from (
  values
  ('recording_days', '1'), ('recording_days', '3650'), ('recording_days', 'null'), ('voicemail_days', '30'),
  ('message_days', '365'), ('call_days', '30'), ('call_days', 'null'),
  ('document_days', '7'), ('document_days', 'null')
) sound (kind, days);
select is(pg_temp.keep(kind, days), '23514', kind || ' is not ' || days)
from (
  values
  ('recording_days', '0'), ('recording_days', '-1'), ('recording_days', '3651'), ('voicemail_days', '0'),
  ('message_days', '3651'), ('call_days', '29'), ('document_days', '6'), ('document_days', '3651')
) impossible (kind, days);
select is(pg_temp.keep('recording_days', '99999999999'), '22003', 'nor more than can be counted');
select is(tests.attempt('update public.retention_settings set recording_days = 30'), '1 row', 'an admin sets only their own');
select is(tests.attempt('update public.retention_settings set org_id = (select globex from story)'), '42501', 'and gives it to nobody');
select is(tests.attempt('delete from public.retention_settings'), '42501', 'or away');
select is(
  tests.attempt('insert into public.retention_settings (org_id) select acme from story'), '42501', 'there is one for each organization'
);

select tests.act_as(manager) from story;
select is_empty('select from public.retention_settings', 'a manager does not read it');
select is(pg_temp.keep('recording_days', '1'), '0 rows', 'or set it');
select tests.act_as(agent) from story;
select is_empty('select from public.retention_settings', 'nor does an agent');
select is(pg_temp.keep('recording_days', '1'), '0 rows', 'set it');
select tests.act_as(viewer) from story;
select is_empty('select from public.retention_settings', 'nor does a viewer');
select is(pg_temp.keep('recording_days', '1'), '0 rows', 'set it');
select tests.act_as(their_admin) from story;
select results_eq('select org_id from public.retention_settings', 'select globex from story', 'another organization''s admin reads theirs');
select is(pg_temp.keep('recording_days', '1'), '0 rows', 'and sets no other');
select tests.act_as(platform_admin) from story;
select set_eq('select org_id from public.retention_settings', 'select id from public.organizations', 'the operator reads all');
select is(pg_temp.keep('recording_days', '1'), '1 row', 'and sets any');

select * from finish();
rollback;
