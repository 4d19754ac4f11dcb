create table private.platform_admins (
  user_id uuid primary key references public.profiles (user_id) on delete cascade,
  granted_by uuid references public.profiles (user_id) on delete set null,
  granted_at timestamptz not null default now()
);
comment on table private.platform_admins is 'The operator''s people, who see every organization.';
create index platform_admins_granted_by_idx on private.platform_admins (granted_by);

alter table private.platform_admins enable row level security;

create trigger tg_platform_admins__audit after insert or update or delete on private.platform_admins
for each row execute function private.tg_audit('user_id');
