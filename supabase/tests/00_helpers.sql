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

create or replace function tests.act_as(p_user_id uuid, p_claims jsonb default '{}') returns void
language sql set search_path = '' as $$
  select
    set_config('role', 'authenticated', true),
    set_config('request.jwt.claims', (jsonb_build_object('sub', p_user_id, 'role', 'authenticated') || p_claims)::text, true)
$$;
comment on function tests.act_as(uuid, jsonb) is 'Until the transaction ends, be this signed-in user, as PostgREST makes one.';

create or replace function tests.act_as_role(p_role text) returns void
language sql set search_path = '' as $$
  select set_config('role', p_role, true), set_config('request.jwt.claims', jsonb_build_object('role', p_role)::text, true)
$$;
comment on function tests.act_as_role(text) is 'Be anon, service_role or one of our processes'' roles; "postgres" goes back to who arranges the story.';

grant execute on all functions in schema tests to public;
