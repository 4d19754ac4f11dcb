create table public.legs (
  id uuid primary key,
  org_id uuid not null,
  call_id uuid not null,
  extension text not null,
  member_id uuid,
  name text,
  is_connected boolean not null default false,
  rang_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  talk_seconds integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint talk_is_nonnegative check (talk_seconds >= 0),
  constraint legs_call_fkey foreign key (org_id, call_id)
  references public.calls (org_id, id) on update cascade on delete cascade,
  constraint legs_member_fkey foreign key (org_id, member_id)
  references public.org_members (org_id, id) on update cascade on delete set null (member_id),
  constraint extension_has_one_leg_per_call unique (call_id, extension)
);
comment on table public.legs is 'One agent''s part in a call.';
comment on column public.legs.id is 'UUIDv5 of call and extension.';
comment on column public.legs.member_id is 'Who held the extension when the call started; null where nobody of the organization did.';
comment on column public.legs.name is 'As the provider names the agent.';
comment on column public.legs.is_connected is 'Whether this agent spoke.';

create index legs_org_member_idx on public.legs (org_id, member_id);

alter table public.legs enable row level security;
grant select on public.legs to authenticated, api_reader;

create policy legs_select_visible on public.legs for select to authenticated
using (
  org_id = any (array(select private.org_ids_read_in_full()))
  or exists (select from public.calls c where c.org_id = legs.org_id and c.id = legs.call_id)
);
comment on policy legs_select_visible on public.legs is 'A leg is read by whoever reads its call.';

create policy legs_select_api_keys on public.legs for select to api_reader
using (org_id = any (array(select private.api_org_ids('calls:read'))));
comment on policy legs_select_api_keys on public.legs is 'API keys with calls:read.';
