create table public.placed_calls (
  id uuid primary key,
  org_id uuid not null references public.organizations (id) on delete restrict,
  integration_id uuid not null references public.integrations (id) on delete restrict,
  line_id uuid not null,
  business_number text collate "C" not null,
  external_number text collate "C" not null,
  state text not null default 'queued',
  reason text,
  provider_call_id text collate "C",
  call_id uuid references public.calls (id) on delete set null,
  requested_by uuid references public.profiles (user_id) on delete set null,
  begun_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint state_is_known check (state in ('queued', 'sending', 'placed', 'failed', 'unconfirmed')),
  constraint failure_has_a_reason check (state <> 'failed' or reason is not null),
  constraint placed_calls_line_fkey foreign key (org_id, line_id)
  references public.lines (org_id, id) on update cascade on delete restrict,
  constraint call_was_placed_once unique (call_id)
);
comment on table public.placed_calls is 'Calls that people asked for, and what became of each: it rings through MightyCall, once or not at all.';
comment on column public.placed_calls.state is
'queued, sending, placed, failed (see reason), unconfirmed (whether it rang is not known; it is not placed again).';
comment on column public.placed_calls.call_id is
'The call it became, once that is known. That call''s own facts say whose it is, so it is tied by its id alone.';
comment on column public.placed_calls.begun_at is 'When the provider was asked.';

create index placed_calls_org_created_idx on public.placed_calls (org_id, created_at desc, id desc);
create index placed_calls_org_line_idx on public.placed_calls (org_id, line_id);
create index placed_calls_integration_idx on public.placed_calls (integration_id);
create index placed_calls_requested_by_idx on public.placed_calls (requested_by);
create index placed_calls_unsettled_idx on public.placed_calls (integration_id, business_number, external_number, begun_at)
where call_id is null and state in ('sending', 'placed', 'unconfirmed');

alter table public.placed_calls enable row level security;
grant select on public.placed_calls to authenticated, api_reader;

create policy placed_calls_select_lines on public.placed_calls for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or line_id = any (array(select private.my_line_ids()))
);
comment on policy placed_calls_select_lines on public.placed_calls is
'Admins read all of their organization, agents and managers those of the lines given to them.';

create policy placed_calls_select_api_keys on public.placed_calls for select to api_reader
using (org_id = any (array(select private.api_org_ids('calls:read'))));
comment on policy placed_calls_select_api_keys on public.placed_calls is 'API keys with calls:read.';

create trigger tg_placed_calls__touch before update on public.placed_calls
for each row execute function private.tg_touch__updated_at();
