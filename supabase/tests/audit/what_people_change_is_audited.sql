begin;
select plan(7);

create temporary table functions on commit drop as
select p.oid, p.pronamespace::regnamespace::text || '.' || p.proname as name, p.prosrc
from pg_catalog.pg_proc p
where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace);

create temporary table tables on commit drop as
select c.oid, c.relnamespace::regnamespace::text || '.' || c.relname as name
from pg_catalog.pg_class c
where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p');

-- Which functions a function calls, and which tables it writes, as its text says.
create temporary table calls on commit drop as
select distinct f.oid, called.oid as called_oid
from functions f
cross join regexp_matches(f.prosrc, '\m((?:public|private)\.\w+)\(', 'g') m
join functions called on called.name = m[1];
create temporary table writes on commit drop as
select distinct
  f.oid, t.oid as table_oid, t.name, case m[1] when 'insert into' then 'insert' when 'delete from' then 'delete' else 'update' end as verb
from functions f
cross join regexp_matches(f.prosrc, '\m(insert into|update|delete from)\s+((?:public|private)\.\w+)', 'g') m
join tables t on t.name = m[2];

-- What users write with their own hands, and by the functions they may execute, those that they call, and the triggers of
-- what they write.
create temporary table changed on commit drop as
with recursive reached as (
  select f.oid
  from functions f
  where has_function_privilege('authenticated', f.oid, 'execute') or has_function_privilege('api_reader', f.oid, 'execute')
  union
  select next.oid
  from reached r
  cross join lateral (
    select c.called_oid as oid from calls c where c.oid = r.oid
    union all
    select g.tgfoid from writes w join pg_catalog.pg_trigger g on g.tgrelid = w.table_oid where w.oid = r.oid
  ) next
)
select w.table_oid, w.name, w.verb from reached join writes w using (oid)
union
select t.oid, t.name, verb
from tables t
cross join unnest(array['insert', 'update', 'delete']) verb
where case verb
  when 'delete' then has_table_privilege('authenticated', t.oid, verb)
  else has_any_column_privilege('authenticated', t.oid, verb)
end;

create temporary table audited on commit drop as
select g.tgrelid as table_oid, t.name, v.verb, g.tgattr
from pg_catalog.pg_trigger g
join tables t on t.oid = g.tgrelid
cross join lateral (
  values ('insert', g.tgtype::int & 4), ('delete', g.tgtype::int & 8), ('update', g.tgtype::int & 16)
) v (verb, bit)
where g.tgfoid = 'private.tg_audit()'::regprocedure and g.tgenabled = 'O'
  and (g.tgtype::int & 1) = 1 and (g.tgtype::int & 2) = 0 and v.bit > 0;

-- What need not be in the trail.
create temporary table excused (name text, reason text) on commit drop;
insert into excused values
('public.profiles', 'one''s own name and photo'),
('public.profile_settings', 'one''s own preferences'),
('public.sync_jobs', 'a job says itself who asked for it and what came of it'),
('private.sync_cursors', 'how far the sync is'),
('private.outbox_mails', 'letters, each because of something that is in the trail'),
('private.invitation_tokens', 'hashes of secrets; what they let in is in the trail'),
('public.calls', 'made of facts that nobody edits'),
('public.legs', 'made of facts that nobody edits'),
('private.webhook_events', 'facts; they go where their call goes'),
('public.voicemails', 'made of facts that nobody edits; who heard one, and when, it says itself'),
('public.contact_numbers', 'they follow from contacts'),
('public.agent_statuses', 'what was seen; it goes to who held the extension then'),
('public.messages', 'a message says itself who sent it and what came of it'),
('public.placed_calls', 'a placed call says itself who asked for it and what came of it'),
('public.conversations', 'who cares for them and what was read is the day''s work; no right comes of it'),
('private.outbox_requests', 'what is to be sent, each because of a message or a placed call'),
('private.message_statements', 'what the provider says of messages'),
('private.idempotency_keys', 'which requests were made, each seen in what it made'),
('private.recording_sources', 'where audio comes from; what is deleted is told of the recording'),
('private.play_grants', 'who may fetch audio now; each play is in the trail'),
('private.stale_periods', 'where calls have to be counted anew'),
('public.saved_views', 'one''s own'),
('public.documents', 'figures made into a file for whoever asked; each export is in the trail'),
('private.document_files', 'which files are to be made or removed'),
('public.notifications', 'what one was told, and has read'),
('public.report_runs', 'a run says itself of which schedule it is and what came of it; a document sent to somebody is in the trail'),
('public.report_deliveries', 'to whom a run''s letter went, as its schedule says'),
('public.audit_entries', 'the trail itself'),
('private.unsealed_audit_entries', 'the trail itself');

select cmp_ok((select count(*)::int from changed), '>', 30, 'what users change is found');
select is_empty(
  $$
    select c.name, c.verb
    from changed c
    where (c.name, c.verb) not in (select name, verb from audited) and c.name not in (select name from excused)
      -- A recording is made of facts, and goes with its call; people hold it, and delete its audio.
      and (c.name, c.verb) <> ('public.recordings', 'insert')
  $$,
  'all of it is audited, or excused with a reason'
);
select is_empty(
  'select e.name from excused e where e.name not in (select name from changed) or e.name in (select name from audited)',
  'nothing is excused in vain'
);
select is_empty(
  $$
    select a.name, verb
    from (select distinct name from audited) a
    cross join unnest(array['insert', 'update', 'delete']) verb
    where (a.name, verb) not in (select name, verb from audited)
      and (a.name <> 'public.recordings' or verb = 'update')
  $$, 'what is audited is audited from its beginning to its end'
);

-- Where a trigger looks at some columns only: these others tell nothing that people did.
select set_eq(
  $$
    select a.name, c.attname::text
    from audited a
    join pg_catalog.pg_attribute c on c.attrelid = a.table_oid and c.attnum > 0 and not c.attisdropped
    where a.verb = 'update' and a.tgattr <> '' and c.attnum <> all (a.tgattr)
  $$,
  $$values
    ('public.integrations', 'id'), ('public.integrations', 'provider'), ('public.integrations', 'last_success_at'),
    ('public.integrations', 'last_error'), ('public.integrations', 'last_error_at'), ('public.integrations', 'created_at'),
    ('public.integrations', 'updated_at'),
    ('public.contacts', 'id'), ('public.contacts', 'org_id'), ('public.contacts', 'integration_id'),
    ('public.contacts', 'provider_contact_id'), ('public.contacts', 'provider_name'), ('public.contacts', 'provider_company'),
    ('public.contacts', 'provider_email'), ('public.contacts', 'provider_numbers'), ('public.contacts', 'name'),
    ('public.contacts', 'company'), ('public.contacts', 'email'), ('public.contacts', 'unlisted_at'), ('public.contacts', 'is_shown'),
    ('public.contacts', 'created_at'), ('public.contacts', 'updated_at'),
    ('public.recordings', 'id'), ('public.recordings', 'org_id'), ('public.recordings', 'integration_id'), ('public.recordings', 'kind'),
    ('public.recordings', 'call_id'), ('public.recordings', 'voicemail_id'), ('public.recordings', 'line_id'),
    ('public.recordings', 'member_ids'), ('public.recordings', 'direction'), ('public.recordings', 'external_number'),
    ('public.recordings', 'started_at'), ('public.recordings', 'duration_seconds'), ('public.recordings', 'state'),
    ('public.recordings', 'reason'), ('public.recordings', 'content_type'), ('public.recordings', 'size_bytes'),
    ('public.recordings', 'sha256'), ('public.recordings', 'stored_at'), ('public.recordings', 'created_at'),
    ('public.recordings', 'updated_at'),
    ('private.api_keys', 'id'), ('private.api_keys', 'org_id'), ('private.api_keys', 'prefix'), ('private.api_keys', 'secret_hash'),
    ('private.api_keys', 'created_by'), ('private.api_keys', 'created_at'), ('private.api_keys', 'last_used_at'),
    ('private.invitations', 'id'), ('private.invitations', 'org_id'), ('private.invitations', 'email'),
    ('private.invitations', 'invited_by'),
    ('private.invitations', 'accepted_by'), ('private.invitations', 'mail_state'), ('private.invitations', 'mail_error'),
    ('private.invitations', 'mailed_at'), ('private.invitations', 'created_at'), ('private.invitations', 'updated_at')
  $$, 'no column that people change is left out'
);

-- The trail never tells what is secret: columns that hold bytes hold secrets or hashes of them.
select is_empty(
  $$
    select a.name, c.attname
    from audited a
    join pg_catalog.pg_trigger g on g.tgrelid = a.table_oid and g.tgfoid = 'private.tg_audit()'::regprocedure
    join pg_catalog.pg_attribute c on c.attrelid = a.table_oid and c.attnum > 0 and not c.attisdropped and c.atttypid = 'bytea'::regtype
    where c.attname <> all (string_to_array(split_part(encode(g.tgargs, 'escape'), '\000', 2), ','))
  $$, 'what is secret is left out of each'
);
select isnt_empty(
  $$
    select
    from tables t
    join pg_catalog.pg_attribute c on c.attrelid = t.oid and c.atttypid = 'bytea'::regtype
    where t.name = 'private.api_keys'
  $$,
  'secrets are kept as bytes'
);

select * from finish();
rollback;
