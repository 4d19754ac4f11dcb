begin;
select plan(31);

create temporary table story on commit drop as
select w.*, tests.member(w.acme, 'agent', array[w.given]) as colleague from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.ask(
  p_org_id uuid, p_report text default 'days', p_format text default 'pdf',
  p_parameters jsonb default '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z"}'
) returns text
language sql as $$
  select tests.attempt(format('select public.create_document(%L, %L, %L, %L)', p_org_id, p_report, p_format, p_parameters))
$$;
create function pg_temp.make(p_user uuid, p_org_id uuid) returns uuid
language plpgsql as $$
begin
  perform tests.act_as(p_user);
  return public.create_document(p_org_id, 'days', 'pdf', '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z"}');
end
$$;
grant execute on function pg_temp.ask(uuid, text, text, jsonb), pg_temp.make(uuid, uuid) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.ask(acme), '1 row', 'a viewer asks for documents') from story;
select is(pg_temp.ask(globex), 'PT404 organization_not_found', 'not of another organization') from story;
select is(pg_temp.ask(null), 'PT404 organization_not_found', 'nor of none');
select is(pg_temp.ask(acme, 'weeks'), 'PT422 report_unknown', 'a report is one there is') from story;
select is(pg_temp.ask(acme, null), 'PT422 report_unknown', 'and one') from story;
select is(pg_temp.ask(acme, 'days', 'docx'), 'PT422 format_unknown', 'so is a format') from story;
select is(
  pg_temp.ask(acme, 'days', 'pdf', p), 'PT422 parameters_invalid',
  'parameters are read before anything is made: ' || coalesce(p::text, 'none')
)
from story, unnest(array[
  null, '[]', '{}', '{"from": "2025-06-02T00:00:00Z"}', '{"from": "soon", "to": "later"}',
  '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z", "line_ids": ["x"]}',
  '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z", "in_hours": "yes"}',
  '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z", "tag": "urgent"}',
  '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z", "colour": "red"}'
]::jsonb[]) p;
select is(
  pg_temp.ask(acme, 'calls', 'pdf', '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z", "tag": "urgent", "line_ids": null}'),
  '1 row', 'what others refuse, the list of calls takes'
) from story;
select is(
  pg_temp.ask(acme, 'calls', 'pdf', '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z", "number": "x"}'),
  'PT422 number_invalid', 'a number has digits'
) from story;
select is(
  pg_temp.ask(acme, 'days', 'pdf', '{"from": "2025-06-03T00:00:00Z", "to": "2025-06-02T00:00:00Z"}'), 'PT422 range_reversed',
  'a range runs forward'
) from story;
select is(
  pg_temp.ask(acme, 'days', 'pdf', '{"from": "2025-06-02T00:00:00Z", "to": "infinity"}'), 'PT422 range_out_of_bounds', 'and ends'
) from story;

select pg_temp.make(agent, acme), pg_temp.make(viewer, acme), pg_temp.make(their_admin, globex), pg_temp.make(org_admin, acme) from story;
select tests.act_as(agent) from story;
select is((select count(*) from public.documents), 1::bigint, 'an agent reads their own');
select tests.act_as(colleague) from story;
select is((select count(*) from public.documents), 0::bigint, 'and no colleague''s');
select tests.act_as(org_admin) from story;
select is((select count(*) from public.documents), 3::bigint, 'an admin those of the organization');
select is(tests.attempt('insert into public.documents (report) values (''days'')'), '42501', 'nobody writes them otherwise');
select is(tests.attempt('update public.documents set state = ''stored'''), '42501', 'or changes them');
select is(tests.attempt('delete from public.documents'), '42501', 'or removes them');
select tests.act_as(platform_admin) from story;
select is((select count(*) from public.documents), 4::bigint, 'the operator reads all');

select tests.act_as(agent) from story;
select is(
  tests.attempt(format('select public.delete_document(%L)', d.id)), 'PT404 document_not_found', 'nobody deletes what is somebody else''s'
)
from tests.rows_as('postgres', 'select id from public.documents d join story s on d.owner_id = s.viewer') r
cross join jsonb_to_recordset(r) d (id uuid);
select is(tests.attempt(format('select public.delete_document(%L)', id)), '1 row', 'but their own') from public.documents;
select tests.act_as_role('postgres');
update public.org_members m set deactivated_at = now() from story s where m.id = s.agent_member;
select tests.act_as(agent) from story;
select is_empty('select * from public.documents', 'who was deactivated reads none');

select tests.act_as_role('postgres');
delete from auth.users u using story s where u.id = s.viewer;
select is((select count(*) from public.documents d, story s where d.owner_id = s.viewer), 0::bigint, 'documents go with their owner');
select is((select count(*) from private.document_files f where not f.is_wanted), 1::bigint, 'and their files are left to be removed');

select * from finish();
rollback;
