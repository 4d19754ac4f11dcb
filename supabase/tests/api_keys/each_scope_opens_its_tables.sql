begin;
select plan(9);

create temporary table story on commit drop as
select w.*, tests.organization('Initech') as gone, tests.api_key(null) as platform_key from tests.two_organizations() w;
alter table story add gone_key uuid;
update story set gone_key = tests.api_key(gone);
-- Something of everything, of Acme, of Globex, and of an organization that is archived.
select tests.call(given), tests.call(theirs), tests.call(tests.line(gone, tests.phone_number(platform_account, '+12125550104'))) from story;
select tests.integration(gone), tests.member(gone, 'agent') from story;
insert into public.legs (id, org_id, call_id, extension) select gen_random_uuid(), org_id, id, '101' from public.calls;
insert into public.member_lines (org_id, member_id, line_id)
select m.org_id, m.id as member_id, l.id as line_id from public.org_members m join public.lines l using (org_id) on conflict do nothing;
insert into public.member_extensions (org_id, member_id, integration_id, extension)
select m.org_id, m.id as member_id, i.id as integration_id, m.id as extension
from public.org_members m
join public.integrations i using (org_id);
insert into public.sync_jobs (org_id, integration_id, resource, kind) select org_id, id, 'calls', 'requested' from public.integrations;
insert into public.holidays (org_id, day, name) select id, '2099-01-01', 'New Year' from public.organizations;
insert into public.call_notes (org_id, call_id, body) select org_id, id, 'Nice' from public.calls;
insert into public.call_annotations (org_id, call_id) select org_id, id from public.calls;
insert into public.outcome_codes (org_id, code, label) select id, 'sale', 'Sale' from public.organizations;
insert into public.extensions (org_id, integration_id, extension, listed_since) select org_id, id, '101', now() from public.integrations;
insert into public.agent_statuses (org_id, integration_id, extension, status, since, observed_through)
select org_id, id, '101', 'available', now() as since, now() as observed_through from public.integrations;
insert into public.voicemails (id, org_id, integration_id, provider_voicemail_id, received_at)
select gen_random_uuid(), org_id, id, 'a', now() from public.integrations;
select tests.recording(id) from public.calls;
insert into public.conversations (id, org_id, line_id, external_number, last_message_at)
select id, org_id, line_id, external_number, started_at from public.calls;
insert into public.messages (
  id, org_id, integration_id, line_id, conversation_id, direction, business_number, external_number, body, state, sent_at
)
select
  gen_random_uuid(), c.org_id, k.integration_id, c.line_id, c.id, 'inbound', '+12125550101', c.external_number, 'Hello', 'received',
  c.last_message_at
from public.conversations c join public.calls k using (line_id);
insert into public.placed_calls (id, org_id, integration_id, line_id, business_number, external_number)
select id, org_id, integration_id, line_id, business_number, external_number from public.calls;
insert into public.contacts (org_id, own_name, own_numbers) select id, 'Ann', array['+12125550199'] from public.organizations;
-- Calls that are over and folded, and one in progress.
select tests.call(l.id, now() - interval '2 days') from public.lines l join story s on l.id <> s.other;
select private.rebuild_rollup(id) from public.organizations;
select tests.call(l.id, now(), null) from public.lines l join story s on l.id <> s.other;
update public.organizations set archived_at = now() where id = (select gone from story);

-- What the role may read at all, and by which scope.
create temporary view readable as
select c.oid::regclass::text as name
from pg_catalog.pg_class c
where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm')
  and has_any_column_privilege('api_reader', c.oid, 'select')
  -- Of the timeline each scope shows a part, as its own story tells.
  and c.relname <> 'timeline';
create temporary table opens (scope text, name text) on commit drop;
insert into opens values
('any', 'organizations'), ('any', 'organization_settings'), ('any', 'holidays'), ('any', 'kpi_definitions'),
('calls:read', 'counted_calls'), ('calls:read', 'private.counts_of_calls'), ('calls:read', 'live_calls'),
('calls:read', 'private.call_rollups'), ('calls:read', 'private.stale_periods'), ('calls:read', 'calls'), ('calls:read', 'legs'),
('calls:read', 'lines'),
('members:read', 'org_members'), ('members:read', 'profiles'), ('members:read', 'member_lines'), ('members:read', 'member_extensions'),
('calls:read', 'call_notes'), ('calls:read', 'call_annotations'), ('calls:read', 'outcome_codes'),
('members:read', 'extensions'), ('members:read', 'agent_statuses'), ('members:read', 'current_agent_status'),
('contacts:read', 'contacts'), ('contacts:read', 'contact_numbers'), ('recordings:read', 'voicemails'), ('recordings:read', 'recordings'),
('messages:read', 'messages'), ('messages:read', 'conversations'), ('calls:read', 'placed_calls'),
('sync:read', 'integrations'), ('sync:read', 'sync_jobs'), ('audit:read', 'audit_entries');
select set_eq('select name from readable', 'select name from opens', 'each table that keys read is opened by a scope, or any');

-- How many rows there are of an organization, or of all where none is named.
create function pg_temp.rows(p_name text, p_org_ids uuid[]) returns bigint
language plpgsql as $$
declare
  v_count bigint;
begin
  execute format(
    'select count(*) from %s t where %s', p_name, case p_name
      when 'organizations' then 't.id = any ($1)'
      when 'kpi_definitions' then 'cardinality($1) > 0'
      when 'profiles' then 't.user_id in (select m.user_id from public.org_members m where m.org_id = any ($1))'
      else 't.org_id = any ($1)'
    end
  ) into v_count using p_org_ids;
  return v_count;
end
$$;
create temporary table seen (who text, name text, rows bigint) on commit drop;
grant insert on seen to public;
grant select on story, readable to public;
create function pg_temp.look(p_who text) returns void
language plpgsql as $$
declare
  v_name text;
  v_count bigint;
begin
  for v_name in select name from readable loop
    execute format('select count(*) from %s', v_name) into v_count;
    insert into seen values (p_who, v_name, v_count);
  end loop;
end
$$;
create function pg_temp.look_with(p_key uuid, p_who text) returns void
language plpgsql as $$
begin
  perform tests.act_as_key(p_key);
  perform pg_temp.look(p_who);
  perform tests.act_as_role('postgres');
end
$$;
grant execute on function pg_temp.look(text), pg_temp.look_with(uuid, text) to public;
create temporary table made (scope text, key uuid) on commit drop;
insert into made select scope, tests.api_key(acme, array[scope]) from story, unnest(private.api_scopes()) scope;
-- What making the keys has told the audit trail is there by now.
insert into made select 'all', tests.api_key(acme) from story;

select is_empty(
  'select name from opens, story where pg_temp.rows(name, array[acme]) = 0', 'the story has something to read in each of them'
);
select is_empty('select name from opens, story where pg_temp.rows(name, array[gone]) = 0', 'also of the archived organization');

select pg_temp.look_with(key, scope) from made;
select set_eq(
  'select who, name, rows from seen where rows > 0 and who <> ''all''',
  $$
    select m.scope, o.name, pg_temp.rows(o.name, array[s.acme])
    from made m
    join opens o on o.scope in (m.scope, 'any')
    cross join story s
    where m.scope <> 'all'
  $$, 'each scope opens its tables, and of them the organization''s rows'
);
select set_eq(
  'select name, rows from seen where who = ''all''', 'select name, pg_temp.rows(name, array[acme]) from opens, story',
  'all scopes open all of them'
);

select pg_temp.look_with(platform_key, 'platform') from story;
select set_eq(
  'select name, rows from seen where who = ''platform''', $$
    select o.name, pg_temp.rows(o.name, array(select id from public.organizations)) from opens o
  $$, 'a platform-wide key reads every organization''s, archived ones'' and what is nobody''s'
);

-- Archived after the door had let it through.
update public.organizations set archived_at = null where id = (select gone from story);
select tests.act_as_key(gone_key) from story;
select pg_temp.look('opened');
select tests.act_as_role('postgres');
select set_eq(
  'select name, rows from seen where who = ''opened''', 'select name, pg_temp.rows(name, array[gone]) from opens, story',
  'a key of an organization that is open reads it'
);
select tests.act_as_key(gone_key) from story;
select set_config('role', 'postgres', true);
update public.organizations set archived_at = now() where id = (select gone from story);
select set_config('role', 'api_reader', true);
select pg_temp.look('archived');
select tests.act_as_role('postgres');
select is((select sum(rows) from seen where who = 'archived'), 0::numeric, 'and nothing of it from when it is archived on');

select tests.act_as_role('api_reader');
select pg_temp.look('nobody');
select tests.act_as_role('postgres');
select is((select sum(rows) from seen where who = 'nobody'), 0::numeric, 'without a key the role reads nothing');

select * from finish();
rollback;
