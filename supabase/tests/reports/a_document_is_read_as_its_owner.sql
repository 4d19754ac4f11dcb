begin;
select plan(13);

create temporary table story on commit drop as select * from tests.two_organizations();
select tests.calls(given, 3) from story;
select tests.calls(other, 4) from story;
grant select on story to public;
create function pg_temp.ask(p_user uuid) returns void
language plpgsql as $$
begin
  perform tests.act_as(p_user);
  perform public.create_document(
    s.acme, 'calls', 'pdf', '{"from": "2025-06-02T00:00:00Z", "to": "2025-06-03T00:00:00Z"}'
  ) from story s;
end
$$;
create function pg_temp.claim(p_at timestamptz default now()) returns uuid
language sql as $$
  select (tests.rows_as('sync', format('select document_id from private.claim_document(''one'', %L)', p_at)) #>> '{0, document_id}')::uuid
$$;
create function pg_temp.source(p_id uuid, p_worker text default 'one', p_at timestamptz default now()) returns jsonb
language sql as $$
  select tests.rows_as('sync', format('select source, problem from private.document_source(%L, %L, %L)', p_id, p_worker, p_at)) -> 0
$$;
create function pg_temp.rows(p_id uuid) returns int
language sql as $$
  select jsonb_array_length(pg_temp.source(p_id) #> '{source, sections, 0, rows}')
$$;
grant execute on function pg_temp.ask(uuid) to public;

select pg_temp.ask(agent) from story;
select tests.act_as_role('postgres');
create temporary table claimed as select pg_temp.claim() as id;
select is(pg_temp.rows(id), 3, 'it shows the calls of the owner''s lines') from claimed;
select is(auth.uid(), null, 'afterwards one is nobody again');
select is(pg_temp.source(id, 'two') ->> 'problem', 'the document is another worker''s', 'only who claimed it reads it') from claimed;
select is(
  pg_temp.source(id, 'one', now() + interval '10 minutes') ->> 'problem', 'the document is another worker''s', 'while the claim lasts'
) from claimed;
select is(pg_temp.source(gen_random_uuid()) ->> 'problem', 'the document is another worker''s', 'and nobody what is not there');

update public.org_members m set role = 'viewer' from story s where m.id = s.agent_member;
select is(pg_temp.rows(id), 7, 'it shows what they see now, not when they asked') from claimed;
update public.org_members m set deactivated_at = now() from story s where m.id = s.agent_member;
select is(
  pg_temp.source(id), '{"source": null, "problem": "whose document it is is no longer active in the organization"}',
  'which is nothing once they have left'
) from claimed;

-- Nobody reads as somebody else by any other way.
select is(proowner::regrole::text, 'authenticated', 'the reading has the rights of people, not of the schema''s owner')
from pg_catalog.pg_proc where oid = 'private.report_as_owner(uuid, text, jsonb, boolean)'::regprocedure;
select is(
  array(
    select r from unnest(array['anon', 'authenticated', 'api_reader', 'service_role', 'webhooks', 'sync', 'supabase_auth_admin']) r
    where has_function_privilege(r, 'private.report_as_owner(uuid, text, jsonb, boolean)', 'execute')
  ), '{}', 'no role of ours may call it'
);
select is(has_schema_privilege('authenticated', 'private', 'create'), false, 'and people create nothing beside it');
select is(pg_has_role('sync', 'authenticated', 'usage'), false, 'the sync script does not become one of them');
select is_empty(
  $$
    select p.oid::regprocedure, r
    from pg_catalog.pg_proc p
    cross join unnest(array['anon', 'authenticated', 'api_reader', 'service_role', 'webhooks', 'sync', 'supabase_auth_admin']) r
    where p.proowner = 'authenticated'::regrole and has_function_privilege(r, p.oid, 'execute')
  $$, 'nor any other function that is like it'
);
select tests.act_as(org_admin) from story;
select is(tests.attempt('select private.document_source(gen_random_uuid(), ''one'', now())'), '42501', 'people do not ask for sources');

select * from finish();
rollback;
