create table public.phone_numbers (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  integration_id uuid not null,
  e164 text collate "C" not null,
  provider_number_id text,
  label text,
  is_enabled boolean,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unlisted_at timestamptz,
  constraint e164_is_a_phone_number check (e164 ~ '^\+?[0-9]{3,15}$'),
  constraint label_is_short check (char_length(label) <= 200),
  constraint phone_numbers_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete restrict,
  constraint number_is_listed_once_per_integration unique (integration_id, e164),
  unique (id, e164)
);
comment on table public.phone_numbers is
'A number of a MightyCall account, in the platform''s inventory. An organization has it through a line, for a period.';
comment on column public.phone_numbers.org_id is 'The integration''s owner.';
comment on column public.phone_numbers.is_enabled is 'As the provider says; null when it never listed the number, which then was met in calls.';
comment on column public.phone_numbers.unlisted_at is 'When the provider was first seen to list the number no more; null while it does, or never did.';
create index phone_numbers_org_integration_idx on public.phone_numbers (org_id, integration_id);

alter table public.phone_numbers enable row level security;
grant select on public.phone_numbers to authenticated;

create policy phone_numbers_select_platform on public.phone_numbers for select to authenticated
using ((select private.is_platform_admin()));
comment on policy phone_numbers_select_platform on public.phone_numbers is 'The inventory is the operator''s; organizations read lines.';

create trigger tg_phone_numbers__touch before update on public.phone_numbers
for each row execute function private.tg_touch__updated_at();
