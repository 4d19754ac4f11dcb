-- Demo organizations and people, for local use: every password is "victory-demo".
-- Everything else (numbers, lines, calls) comes through the product. Harmless when it is run again.
with people (id, email, full_name) as (
  values
  ('d0000000-0000-4000-8000-000000000001'::uuid, 'operator@victorysync.example', 'Robin Okafor'),
  ('d0000000-0000-4000-8000-000000000011'::uuid, 'admin@northwind.example', 'Dana Whitfield'),
  ('d0000000-0000-4000-8000-000000000012'::uuid, 'manager@northwind.example', 'Marcus Lindqvist'),
  ('d0000000-0000-4000-8000-000000000013'::uuid, 'agent@northwind.example', 'Ana Castillo'),
  ('d0000000-0000-4000-8000-000000000014'::uuid, 'viewer@northwind.example', 'Priya Raman'),
  ('d0000000-0000-4000-8000-000000000021'::uuid, 'admin@harbor.example', 'Gareth Pryce'),
  ('d0000000-0000-4000-8000-000000000022'::uuid, 'manager@harbor.example', 'Imogen Clarke'),
  ('d0000000-0000-4000-8000-000000000023'::uuid, 'agent@harbor.example', 'Tomasz Zielinski'),
  ('d0000000-0000-4000-8000-000000000024'::uuid, 'viewer@harbor.example', 'Niamh Doyle')
),
users as (
  -- Auth reads the four tokens as text and fails on null.
  insert into auth.users (
    instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data,
    created_at, updated_at, confirmation_token, recovery_token, email_change_token_new, email_change
  )
  select
    '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated', email,
    extensions.crypt('victory-demo', extensions.gen_salt('bf', 6)), now(),
    '{"provider": "email", "providers": ["email"]}', jsonb_build_object('full_name', full_name),
    now(), now(), '', '', '', ''
  from people
  on conflict (id) do nothing
  returning id, email
)
insert into auth.identities (id, provider, provider_id, user_id, identity_data, created_at, updated_at)
select
  id, 'email', id::text, id,
  jsonb_build_object('sub', id, 'email', email, 'email_verified', true), now(), now()
from users
on conflict do nothing;

insert into private.platform_admins (user_id)
values ('d0000000-0000-4000-8000-000000000001')
on conflict do nothing;

insert into public.organizations (id, name, time_zone) values
('d0000000-0000-4000-8000-0000000000a1', 'Northwind Dental', 'America/New_York'),
('d0000000-0000-4000-8000-0000000000a2', 'Harbor Logistics', 'Europe/London')
on conflict do nothing;

insert into public.org_members (org_id, user_id, role) values
('d0000000-0000-4000-8000-0000000000a1', 'd0000000-0000-4000-8000-000000000011', 'org_admin'),
('d0000000-0000-4000-8000-0000000000a1', 'd0000000-0000-4000-8000-000000000012', 'manager'),
('d0000000-0000-4000-8000-0000000000a1', 'd0000000-0000-4000-8000-000000000013', 'agent'),
('d0000000-0000-4000-8000-0000000000a1', 'd0000000-0000-4000-8000-000000000014', 'viewer'),
('d0000000-0000-4000-8000-0000000000a2', 'd0000000-0000-4000-8000-000000000021', 'org_admin'),
('d0000000-0000-4000-8000-0000000000a2', 'd0000000-0000-4000-8000-000000000022', 'manager'),
('d0000000-0000-4000-8000-0000000000a2', 'd0000000-0000-4000-8000-000000000023', 'agent'),
('d0000000-0000-4000-8000-0000000000a2', 'd0000000-0000-4000-8000-000000000024', 'viewer')
on conflict do nothing;
