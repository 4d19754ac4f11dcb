create table public.lines (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.organizations (id) on delete restrict,
  phone_number_id uuid not null,
  e164 text collate "C" not null,
  period tstzrange not null default tstzrange(now(), null),
  label text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint label_is_short check (char_length(label) <= 200),
  constraint period_is_half_open check (period = tstzrange(lower(period), upper(period), '[)') and not isempty(period)),
  constraint number_is_in_one_organization_at_a_time exclude using gist (phone_number_id with =, period with &&),
  constraint lines_phone_number_fkey foreign key (phone_number_id, e164)
  references public.phone_numbers (id, e164) on update cascade on delete restrict,
  unique (org_id, id)
);
comment on table public.lines is
'A phone number in one organization''s hands for a period: what a call belongs to and what members are given.';
comment on column public.lines.period is 'Calls that start in it belong to this line.';
create index lines_phone_number_idx on public.lines (phone_number_id, e164);

alter table public.lines enable row level security;
grant select on public.lines to authenticated, api_reader;
grant update (label) on public.lines to authenticated;

create policy lines_select_given on public.lines for select to authenticated
using (
  org_id = any (array(select private.org_ids_read_in_full()))
  or id = any (array(select private.my_line_ids()))
);
comment on policy lines_select_given on public.lines is 'Viewers and admins read all of their organization, agents and managers the lines given to them.';

create policy lines_update_managers on public.lines for update to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or (
    org_id = any (array(select private.my_org_ids('manager')))
    and id = any (array(select private.my_line_ids()))
  )
);
comment on policy lines_update_managers on public.lines is 'Admins label any line of their organization, managers those given to them.';

create trigger tg_lines__touch before update on public.lines
for each row execute function private.tg_touch__updated_at();

create policy lines_select_api_keys on public.lines for select to api_reader
using (org_id = any (array(select private.api_org_ids('calls:read'))));
comment on policy lines_select_api_keys on public.lines is 'API keys with calls:read.';

create trigger tg_lines__audit after insert or update or delete on public.lines
for each row execute function private.tg_audit('id');
