-- What the stories of the tests are told with: people, organizations, numbers, and who acts. Kept in a schema of its own.
-- The Python suite loads this file once; "supabase test db" runs it first, as its name sorts first.

create schema if not exists tests;
grant usage on schema tests to public;

create or replace function tests.user(p_name text default 'Somebody') returns uuid
language sql set search_path = '' as $$
  insert into auth.users (id, email, raw_user_meta_data, email_confirmed_at, created_at, updated_at)
  select id, id || '@example.com', jsonb_build_object('full_name', p_name), now(), now(), now()
  from gen_random_uuid() id
  returning id
$$;
comment on function tests.user(text) is 'A signed-up user with a confirmed address; returns its id.';

create or replace function tests.user_at(p_email text, p_is_confirmed boolean default true) returns uuid
language sql set search_path = '' as $$
  insert into auth.users (id, email, email_confirmed_at, created_at, updated_at)
  select gen_random_uuid(), p_email, case when p_is_confirmed then now() end, now(), now()
  returning id
$$;
comment on function tests.user_at(text, boolean) is 'A signed-up user with this address; returns its id.';

create or replace function tests.organization(p_name text default 'Acme') returns uuid
language sql set search_path = '' as $$
  insert into public.organizations (name) values (p_name) returning id
$$;

create or replace function tests.member(p_org_id uuid, p_role text, p_line_ids uuid[] default '{}') returns uuid
language plpgsql set search_path = '' as $$
declare
  v_user_id uuid := tests.user(initcap(p_role));
begin
  perform tests.join(v_user_id, p_org_id, p_role, p_line_ids);
  return v_user_id;
end
$$;
comment on function tests.member(uuid, text, uuid[]) is 'A new user with a role in an organization, and lines; returns the user''s id.';

create or replace function tests.join(p_user_id uuid, p_org_id uuid, p_role text, p_line_ids uuid[] default '{}')
returns uuid
language sql set search_path = '' as $$
  with joined as (
    insert into public.org_members (org_id, user_id, role) values (p_org_id, p_user_id, p_role) returning id
  ),
  given as (
    insert into public.member_lines (org_id, member_id, line_id)
    select p_org_id, joined.id, line_id from joined, unnest(p_line_ids) line_id
  )
  select id from joined
$$;
comment on function tests.join(uuid, uuid, text, uuid[]) is 'A further membership of a user; returns the member''s id.';

create or replace function tests.platform_admin() returns uuid
language sql set search_path = '' as $$
  insert into private.platform_admins (user_id) values (tests.user('Operator')) returning user_id
$$;
comment on function tests.platform_admin() is 'A new user who is one of the operator''s people; returns its id.';

create or replace function tests.integration(p_org_id uuid default '00000000-0000-0000-0000-000000000000') returns uuid
language sql set search_path = '' as $$
  insert into public.integrations (org_id, name) values (p_org_id, 'MightyCall') returning id
$$;
comment on function tests.integration(uuid) is 'A MightyCall account, platform-wide unless an organization owns it.';

create or replace function tests.phone_number(p_integration_id uuid, p_e164 text) returns uuid
language sql set search_path = '' as $$
  insert into public.phone_numbers (org_id, integration_id, e164)
  select org_id, id, p_e164 from public.integrations where id = p_integration_id
  returning id
$$;

create or replace function tests.line(p_org_id uuid, p_phone_number_id uuid, p_period tstzrange default '[2020-01-01,)')
returns uuid
language sql set search_path = '' as $$
  insert into public.lines (org_id, phone_number_id, e164, period)
  select p_org_id, id, e164, p_period from public.phone_numbers where id = p_phone_number_id
  returning id
$$;
comment on function tests.line(uuid, uuid, tstzrange) is 'A number in an organization''s hands; returns the line''s id.';

create or replace function tests.call(
  p_line_id uuid, p_started_at timestamptz default now(), p_outcome text default 'answered'
) returns uuid
language sql set search_path = '' as $$
  insert into public.calls (
    id, org_id, integration_id, provider_call_id, phone_number_id, line_id, direction, business_number, external_number,
    started_at, outcome
  )
  select
    call_id, l.org_id, n.integration_id, call_id::text, n.id, l.id, 'inbound', n.e164, '+12125550199', p_started_at, p_outcome
  from public.lines l
  join public.phone_numbers n on n.id = l.phone_number_id
  cross join gen_random_uuid() call_id
  where l.id = p_line_id
  returning id
$$;
comment on function tests.call(uuid, timestamptz, text) is 'An inbound call on a line, put there without events; returns its id.';

create or replace function tests.calls(p_line_id uuid, p_count int, p_said jsonb default '{}') returns void
language sql set search_path = '' as $$
  insert into public.calls
  select (jsonb_populate_record(null::public.calls, jsonb_build_object(
    'id', gen_random_uuid(), 'org_id', l.org_id, 'integration_id', n.integration_id, 'provider_call_id', gen_random_uuid(),
    'line_id', l.id, 'direction', 'inbound', 'started_at', '2025-06-02 09:00Z', 'outcome', 'answered', 'is_dropped', false,
    'transfer_count', 0, 'member_ids', '{}', 'created_at', now(), 'updated_at', now()
  ) || p_said)).*
  from public.lines l
  join public.phone_numbers n on n.id = l.phone_number_id
  cross join generate_series(1, p_count)
  where l.id = p_line_id
$$;
comment on function tests.calls(uuid, int, jsonb) is
'So many calls on a line, answered on 2 June 2025 and otherwise as unknown as can be, but for what is said.';

create or replace function tests.act_as(p_user_id uuid, p_claims jsonb default '{}') returns void
language sql set search_path = '' as $$
  select
    set_config('victorysync.api_key_id', '', true), set_config('request.headers', '', true),
    set_config('role', 'authenticated', true),
    set_config('request.jwt.claims', (jsonb_build_object('sub', p_user_id, 'role', 'authenticated') || p_claims)::text, true)
$$;
comment on function tests.act_as(uuid, jsonb) is 'Until the transaction ends, be this signed-in user, as PostgREST makes one.';

create or replace function tests.act_as_role(p_role text) returns void
language sql set search_path = '' as $$
  select
    set_config('victorysync.api_key_id', '', true), set_config('request.headers', '', true),
    set_config('role', p_role, true), set_config('request.jwt.claims', jsonb_build_object('role', p_role)::text, true)
$$;
comment on function tests.act_as_role(text) is 'Be anon, service_role or one of our processes'' roles; "postgres" goes back to who arranges the story.';

create or replace function tests.api_key(p_org_id uuid, p_scopes text[] default private.api_scopes()) returns uuid
language sql set search_path = '' as $$
  insert into private.api_keys (id, org_id, name, prefix, secret_hash, scopes)
  select id, coalesce(p_org_id, private.holding_org_id()), 'Reports', 'vsk_' || left(id::text, 8), sha256(convert_to(id::text, 'UTF8')), p_scopes
  from gen_random_uuid() id
  returning id
$$;
comment on function tests.api_key(uuid, text[]) is
'An API key of an organization, or with null a platform-wide one, that may do everything unless scopes are given. Its id is its secret.';

create or replace function tests.act_as_key(p_api_key_id uuid) returns void
language plpgsql set search_path = '' as $$
declare
  v_grant constant text := gen_random_uuid();
begin
  perform tests.act_as_role('webhooks');
  perform private.open_api_request(sha256(convert_to(p_api_key_id::text, 'UTF8')), sha256(convert_to(v_grant, 'UTF8')), now());
  perform tests.act_as_role('anon');
  perform set_config('request.headers', json_build_object('x-api-grant', v_grant)::text, true);
  perform private.redeem_api_grant();
end
$$;
comment on function tests.act_as_key(uuid) is 'Be this API key, as the door and PostgREST make one: by a grant that is redeemed.';

create or replace function tests.told_to_key(p_api_key_id uuid, p_query text, p_idempotency_key text default null) returns text
language plpgsql set search_path = '' as $$
declare
  v_told text;
begin
  perform tests.act_as_key(p_api_key_id);
  if p_idempotency_key is not null then
    perform set_config(
      'request.headers', (current_setting('request.headers')::jsonb || jsonb_build_object('idempotency-key', p_idempotency_key))::text, true
    );
  end if;
  begin
    execute format('select coalesce(jsonb_agg(to_jsonb(r)), ''[]'') from (%s) r', p_query) into v_told;
  exception when others then
    get stacked diagnostics v_told = pg_exception_detail;
    v_told := concat_ws(' ', sqlstate, nullif(v_told, ''));
  end;
  perform tests.act_as_role('postgres');
  return v_told;
end
$$;
comment on function tests.told_to_key(uuid, text, text) is
'What a query tells an API key, as JSON, or the error; what it does stays done. Then one is postgres.';

create or replace function tests.realtime() returns void
language plpgsql set search_path = '' as $$
begin
  create schema realtime;
  grant usage on schema realtime to authenticated;
  create table realtime.messages (
    id uuid not null default gen_random_uuid(), topic text not null, extension text not null, payload jsonb, event text,
    private boolean default false, inserted_at timestamp not null default now()
  );
  alter table realtime.messages enable row level security;
  grant select, insert on realtime.messages to anon, authenticated, service_role;
  create function realtime.topic() returns text language sql stable as 'select nullif(current_setting(''realtime.topic'', true), '''')';
  create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
  language sql as 'insert into realtime.messages (payload, event, topic, private, extension) values (payload, event, topic, private, ''broadcast'')';
  grant execute on function realtime.topic() to authenticated;
  perform private.open_realtime();
end
$$;
comment on function tests.realtime() is 'Realtime as hosted projects have it, as far as the schema knows of it.';

create or replace function tests.attempt(p_sql text) returns text
language plpgsql set search_path = '' as $$
declare
  v_rows bigint;
  v_state text;
  v_detail text;
begin
  begin
    execute p_sql;
    get diagnostics v_rows = row_count;
    raise exception using errcode = 'UNDO0';
  exception
    when sqlstate 'UNDO0' then
      return v_rows || case v_rows when 1 then ' row' else ' rows' end;
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_detail = pg_exception_detail;
      return v_state || case when v_state like 'PT%' then ' ' || v_detail else '' end;
  end;
end
$$;
comment on function tests.attempt(text) is
'Tries a statement, undoes it, and tells what came of it: "2 rows", an SQLSTATE, or for errors of ours "PT404 call_not_found".';

create or replace function tests.invite(
  p_inviter uuid, p_org_id uuid, p_email text, p_role text default 'agent', p_line_ids uuid[] default '{}',
  out invitation_id uuid, out token text
)
language plpgsql set search_path = '' as $$
declare
  v_role text := current_setting('role');
  v_claims text := coalesce(current_setting('request.jwt.claims', true), '');
begin
  perform tests.act_as_role('postgres');
  update public.platform_settings set app_url = 'https://app.example.com' where app_url is null;
  perform tests.act_as(p_inviter);
  invitation_id := public.invite_member(p_org_id, p_email, p_role, p_line_ids);
  token := split_part(public.create_invitation_link(invitation_id), '#token=', 2);
  perform set_config('role', v_role, true), set_config('request.jwt.claims', v_claims, true);
end
$$;
comment on function tests.invite(uuid, uuid, text, text, uuid[]) is 'An invitation by this user, and the token of a link to it.';

-- These roles belong to postgres, which may let itself act as them.
do $$ begin grant webhooks, sync, api_reader to postgres with inherit false, set true; end $$;

create or replace function tests.rows_as(p_role text, p_query text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_role text := current_setting('role');
  v_rows jsonb;
begin
  perform set_config('role', p_role, true);
  execute format('select coalesce(jsonb_agg(to_jsonb(r)), ''[]'') from (%s) r', p_query) into v_rows;
  perform set_config('role', v_role, true);
  return v_rows;
end
$$;
comment on function tests.rows_as(text, text) is 'What a query tells one of our processes, which does not know pgTAP; what it does stays done.';

create or replace function tests.event(
  p_type text, p_call_id text, p_at timestamptz default null, p_body jsonb default '{}', p_guid text default gen_random_uuid()::text
) returns text
language sql set search_path = '' set timezone = 'UTC' as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'EventType', p_type, 'Guid', p_guid, 'ApiKey', 'secret', 'Timestamp', to_char(p_at, 'YYYY-MM-DD"T"HH24:MI:SS.US0Z'),
    'Body', jsonb_build_object('Id', p_call_id) || p_body
  ))::text
$$;
comment on function tests.event(text, text, timestamptz, jsonb, text) is 'The body of a webhook as the provider sends it.';

create or replace function tests.deliver(p_integration_id uuid, p_body text, p_received_at timestamptz default now())
returns table (event_id bigint, status text, is_duplicate boolean)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_role text := current_setting('role');
begin
  perform set_config('role', 'webhooks', true);
  return query
  select i.event_id, i.status, i.is_duplicate
  from private.ingest_webhook_events(
    array[jsonb_build_object('integration_id', p_integration_id, 'body', p_body, 'received_at', p_received_at)]
  ) i;
  perform set_config('role', v_role, true);
end
$$;
comment on function tests.deliver(uuid, text, timestamptz) is 'A delivery, handed to the door as role webhooks.';

create or replace function tests.pull(
  p_integration_id uuid, p_resource text, p_items text[], p_observed_at timestamptz default now()
)
returns table (new_items int, changed_items int, unchanged_items int, rejected_items int)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  v_role text := current_setting('role');
  v_job_id uuid;
begin
  perform set_config('role', 'sync', true);
  perform private.queue_sync_job(p_integration_id, p_resource, 'requested', null, null, null, '-infinity');
  select c.job_id into v_job_id from private.claim_sync_job('story', now()) c;
  return query
  select a.new_items, a.changed_items, a.unchanged_items, a.rejected_items
  from private.apply_page(v_job_id, 'story', p_items, p_observed_at, null, null, true, now()) a;
  perform private.finish_sync_job(v_job_id, 'story', null, null, now());
  perform set_config('role', v_role, true);
end
$$;
comment on function tests.pull(uuid, text, text[], timestamptz) is 'A page of the provider''s, applied as role sync in a job of its own.';

create or replace function tests.listed(
  p_call_id text, p_started_at timestamptz default now(), p_call jsonb default '{}'
) returns text
language sql set search_path = '' set timezone = 'UTC' as $$
  select (jsonb_build_object(
    'id', p_call_id, 'dateTimeUtc', to_char(p_started_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'duration', '60000',
    'direction', 'Incoming', 'callStatus', 'Connected', 'businessNumber', '+12125550101',
    'caller', jsonb_build_object('name', 'Jo', 'phone', '+12125550199', 'extension', null),
    'called', jsonb_build_array(
      jsonb_build_object('name', 'Ann', 'phone', '+12125550101', 'extension', '101', 'isConnected', true)
    )
  ) || p_call)::text
$$;
comment on function tests.listed(text, timestamptz, jsonb) is 'A call as the provider''s history lists it.';

create or replace function tests.recording(p_call_id uuid, p_url text default 'https://audio.example.com/1') returns uuid
language plpgsql set search_path = '' as $$
declare
  v_recordings constant public.recordings[] := private.recordings_of_calls(array(select c from public.calls c where c.id = p_call_id));
begin
  perform private.keep_recordings(v_recordings, array[p_url]);
  return v_recordings[1].id;
end
$$;
comment on function tests.recording(uuid, text) is 'The recording of a call, waiting to be fetched; returns its id.';

create or replace function tests.stored(p_recording_id uuid) returns uuid
language plpgsql set search_path = '' as $$
begin
  update public.recordings set
    state = 'stored', reason = null, content_type = 'audio/wav', size_bytes = 5, sha256 = sha256('audio'), stored_at = now()
  where id = p_recording_id;
  update private.recording_sources set attempt = 1, has_object = true where recording_id = p_recording_id;
  insert into storage.objects (bucket_id, name) values ('recordings', p_recording_id);
  return p_recording_id;
end
$$;
comment on function tests.stored(uuid) is 'A recording whose audio lies in Storage.';

create or replace function tests.journaled(p_guid text, p_at timestamptz default now(), p_said jsonb default '{}') returns text
language sql set search_path = '' set timezone = 'UTC' as $$
  select (jsonb_build_object(
    'requestGuid', p_guid, 'type', 'Message', 'created', to_char(p_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'origin', 'Inbound',
    'businessNumber', jsonb_build_object('number', '+12125550101'), 'client', jsonb_build_object('address', '+12125550199'),
    'text', 'Hello'
  ) || p_said)::text
$$;
comment on function tests.journaled(text, timestamptz, jsonb) is 'A message as the provider''s journal lists it, received unless said otherwise.';

-- Read as whoever acts, in the collation that pgTAP compares by.
create or replace view tests.messages with (security_invoker = true) as
select
  id, org_id, line_id, conversation_id, provider_message_id collate "default" as provider_message_id, direction,
  business_number collate "default" as business_number, external_number collate "default" as external_number, body, segments, keyword,
  state, failure_reason, sent_at, sent_by, api_key_id, created_at
from public.messages;
create or replace view tests.conversations with (security_invoker = true) as
select
  id, org_id, line_id, external_number collate "default" as external_number, owner_id, last_message_at, last_inbound_at, read_through,
  unread_count, opted_out_at
from public.conversations;
create or replace view tests.placed_calls with (security_invoker = true) as
select
  id, org_id, line_id, business_number collate "default" as business_number, external_number collate "default" as external_number, state,
  reason, call_id, requested_by
from public.placed_calls;
grant select on tests.messages, tests.conversations, tests.placed_calls to public;

create or replace function tests.claim_request(p_worker text default 'one', p_at timestamptz default now()) returns jsonb
language sql set search_path = '' as $$
  select tests.rows_as('sync', format('select * from private.claim_outbox_request(%L, %L)', p_worker, p_at)) -> 0
$$;
comment on function tests.claim_request(text, timestamptz) is 'What a worker is given to send or to place; null where there is nothing.';

create or replace function tests.begin_request(p_request jsonb, p_worker text default 'one', p_at timestamptz default now()) returns boolean
language sql set search_path = '' as $$
  select (tests.rows_as('sync', format(
    'select private.begin_outbox_request(%L, %L, %L) as may', p_request ->> 'request_id', p_worker, p_at
  )) #>> '{0, may}')::boolean
$$;
comment on function tests.begin_request(jsonb, text, timestamptz) is 'Whether the worker may now ask the provider.';

create or replace function tests.finish_request(
  p_request jsonb, p_outcome text, p_provider_id text default null, p_reason text default null, p_retry_at timestamptz default null,
  p_worker text default 'one', p_at timestamptz default now()
) returns boolean
language sql set search_path = '' as $$
  select (tests.rows_as('sync', format(
    'select private.finish_outbox_request(%L, %L, %L, %L, %L, %L, %L) as was_taken',
    p_request ->> 'request_id', p_worker, p_outcome, p_provider_id, p_reason, p_retry_at, p_at
  )) #>> '{0, was_taken}')::boolean
$$;
comment on function tests.finish_request(jsonb, text, text, text, timestamptz, text, timestamptz) is 'A worker tells what came of it.';

create or replace function tests.send_next(p_outcome text default 'sent', p_provider_id text default null, p_at timestamptz default now())
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_request constant jsonb := tests.claim_request('one', p_at);
begin
  if tests.begin_request(v_request, 'one', p_at) then
    perform tests.finish_request(v_request, p_outcome, p_provider_id, case when p_outcome <> 'sent' then 'No answer' end, null, 'one', p_at);
  end if;
  return v_request;
end
$$;
comment on function tests.send_next(text, text, timestamptz) is 'A worker does what is next in the outbox, with this outcome.';

create or replace function tests.two_organizations(
  out acme uuid, out globex uuid, out platform_account uuid, out acme_account uuid, out globex_account uuid,
  out given uuid, out other uuid, out theirs uuid,
  out viewer uuid, out agent uuid, out manager uuid, out org_admin uuid, out their_admin uuid, out platform_admin uuid,
  out viewer_member uuid, out agent_member uuid, out manager_member uuid, out admin_member uuid, out their_member uuid
)
language plpgsql set search_path = '' as $$
begin
  acme := tests.organization('Acme');
  globex := tests.organization('Globex');
  platform_account := tests.integration();
  acme_account := tests.integration(acme);
  globex_account := tests.integration(globex);
  given := tests.line(acme, tests.phone_number(platform_account, '+12125550101'));
  other := tests.line(acme, tests.phone_number(platform_account, '+12125550102'));
  theirs := tests.line(globex, tests.phone_number(platform_account, '+12125550103'));
  viewer := tests.member(acme, 'viewer');
  agent := tests.member(acme, 'agent', array[given]);
  manager := tests.member(acme, 'manager', array[given]);
  org_admin := tests.member(acme, 'org_admin');
  their_admin := tests.member(globex, 'org_admin');
  platform_admin := tests.platform_admin();
  select m.id into viewer_member from public.org_members m where m.user_id = viewer;
  select m.id into agent_member from public.org_members m where m.user_id = agent;
  select m.id into manager_member from public.org_members m where m.user_id = manager;
  select m.id into admin_member from public.org_members m where m.user_id = org_admin;
  select m.id into their_member from public.org_members m where m.user_id = their_admin;
end
$$;
comment on function tests.two_organizations() is
'Acme with somebody of each role, the agent and the manager given one of its two lines, Globex with an admin, and the operator.';

grant execute on all functions in schema tests to public;
