create table public.member_extensions (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  member_id uuid not null,
  integration_id uuid not null references public.integrations (id) on delete cascade,
  extension text not null,
  period tstzrange not null default tstzrange(null, null),
  created_at timestamptz not null default now(),
  constraint extension_is_short_and_not_blank check (btrim(extension) <> '' and char_length(extension) <= 40),
  constraint period_is_half_open check (period = tstzrange(lower(period), upper(period), '[)') and not isempty(period)),
  constraint extension_has_one_holder_at_a_time exclude using gist (integration_id with =, extension with =, period with &&),
  constraint member_extensions_member_fkey foreign key (org_id, member_id)
  references public.org_members (org_id, id) on update cascade on delete cascade
);
comment on table public.member_extensions is 'Who held which extension of a MightyCall account, and when: what ties a leg to a member.';
create index member_extensions_org_member_idx on public.member_extensions (org_id, member_id);
-- For every leg that is derived. The collation keeps the planner from the constraint's own index, which takes several times as long.
create index member_extensions_extension_idx on public.member_extensions (integration_id, extension collate "C");

alter table public.member_extensions enable row level security;
grant select on public.member_extensions to authenticated, api_reader;

create policy member_extensions_select_colleagues on public.member_extensions for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('agent', 'manager', 'org_admin')))
  or member_id in (select m.id from public.org_members m where m.user_id = (select auth.uid()))
);
comment on policy member_extensions_select_colleagues on public.member_extensions is 'Read by whoever reads the member.';

create policy member_extensions_select_api_keys on public.member_extensions for select to api_reader
using (org_id = any (array(select private.api_org_ids('members:read'))));
comment on policy member_extensions_select_api_keys on public.member_extensions is 'API keys with members:read.';

create trigger tg_member_extensions__audit after insert or update or delete on public.member_extensions
for each row execute function private.tg_audit('id');
