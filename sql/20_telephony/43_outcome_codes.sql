create table public.outcome_codes (
  org_id uuid not null references public.organizations (id) on delete cascade,
  code text not null,
  label text not null,
  position integer not null default 0,
  retired_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, code),
  constraint code_is_a_word check (code ~ '^[a-z0-9][a-z0-9_]{0,39}$'),
  constraint label_is_short_and_not_blank check (not private.is_blank(label) and char_length(label) <= 100)
);
comment on table public.outcome_codes is 'What an organization says came of a call: the choices that annotate_call offers.';
comment on column public.outcome_codes.code is 'Stays as it is, so that reports of last year still mean the same; the label may change.';
comment on column public.outcome_codes.position is 'Where it stands in a list of choices; smaller comes first.';
comment on column public.outcome_codes.retired_at is 'Since when it is chosen no more. Calls that have it keep it.';

alter table public.outcome_codes enable row level security;
grant select, delete on public.outcome_codes to authenticated;
grant select on public.outcome_codes to api_reader;
grant insert (org_id, code, label, position) on public.outcome_codes to authenticated;
grant update (label, position, retired_at) on public.outcome_codes to authenticated;

create policy outcome_codes_select_members on public.outcome_codes for select to authenticated
using (org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))));
comment on policy outcome_codes_select_members on public.outcome_codes is 'Members read their organization''s.';

create policy outcome_codes_select_api_keys on public.outcome_codes for select to api_reader
using (org_id = any (array(select private.api_org_ids('calls:read'))));
comment on policy outcome_codes_select_api_keys on public.outcome_codes is 'API keys with calls:read.';

create policy outcome_codes_insert_admins on public.outcome_codes for insert to authenticated
with check (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy outcome_codes_insert_admins on public.outcome_codes is 'Admins their own, platform admins all.';

create policy outcome_codes_update_admins on public.outcome_codes for update to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy outcome_codes_update_admins on public.outcome_codes is 'Admins their own, platform admins all.';

create policy outcome_codes_delete_admins on public.outcome_codes for delete to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy outcome_codes_delete_admins on public.outcome_codes is
'Admins their own, platform admins all; one that a call has is retired instead.';

create trigger tg_outcome_codes__touch before update on public.outcome_codes
for each row execute function private.tg_touch__updated_at();
create trigger tg_outcome_codes__audit after insert or update or delete on public.outcome_codes
for each row execute function private.tg_audit('org_id,code');
