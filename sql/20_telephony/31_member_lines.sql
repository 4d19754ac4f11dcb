create table public.member_lines (
  org_id uuid not null,
  member_id uuid not null,
  line_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (member_id, line_id),
  constraint member_lines_member_fkey foreign key (org_id, member_id)
  references public.org_members (org_id, id) on update cascade on delete cascade,
  constraint member_lines_line_fkey foreign key (org_id, line_id)
  references public.lines (org_id, id) on update cascade on delete cascade
);
comment on table public.member_lines is 'Lines given to members: agents and managers read the calls of theirs.';
create index member_lines_org_member_idx on public.member_lines (org_id, member_id);
create index member_lines_org_line_idx on public.member_lines (org_id, line_id);

alter table public.member_lines enable row level security;
grant select, delete on public.member_lines to authenticated;
grant select on public.member_lines to api_reader;
grant insert (org_id, member_id, line_id) on public.member_lines to authenticated;

create policy member_lines_select_colleagues on public.member_lines for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or line_id = any (array(select private.my_line_ids()))
);
comment on policy member_lines_select_colleagues on public.member_lines is
'Admins read who has which line; agents and managers for the lines they have.';

create policy member_lines_insert_managers on public.member_lines for insert to authenticated
with check (
  (
    org_id = any (array(select private.my_org_ids('org_admin')))
    and member_id not in (select m.id from public.org_members m where m.removed_at is not null)
  )
  or (
    line_id = any (array(select private.my_line_ids()))
    and member_id = any (array(select private.my_agent_ids()))
  )
);
comment on policy member_lines_insert_managers on public.member_lines is 'Admins give any line to any member, managers their own lines to agents.';

create policy member_lines_delete_managers on public.member_lines for delete to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (
    line_id = any (array(select private.my_line_ids()))
    and member_id = any (array(select private.my_agent_ids()))
  )
);
comment on policy member_lines_delete_managers on public.member_lines is 'Who may give a line may take it back.';

create policy member_lines_select_api_keys on public.member_lines for select to api_reader
using (org_id = any (array(select private.api_org_ids('members:read'))));
comment on policy member_lines_select_api_keys on public.member_lines is 'API keys with members:read.';

create trigger tg_member_lines__audit after insert or update or delete on public.member_lines
for each row execute function private.tg_audit('member_id,line_id');
