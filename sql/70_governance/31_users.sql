create function private.all_users()
returns table (
  user_id uuid, email text, full_name text, is_platform_admin boolean, organizations integer, is_confirmed boolean,
  created_at timestamptz, last_sign_in_at timestamptz
)
language sql stable security definer set search_path = '' as $$
  select
    u.id, u.email, p.full_name,
    exists (select from private.platform_admins a where a.user_id = u.id),
    (select count(*)::int from public.org_members m where m.user_id = u.id and m.deactivated_at is null),
    u.email_confirmed_at is not null, u.created_at, u.last_sign_in_at
  from auth.users u
  join public.profiles p on p.user_id = u.id
  where private.is_platform_admin()
$$;
comment on function private.all_users() is 'Everybody who has signed up, for platform admins.';
grant execute on function private.all_users() to authenticated;

create view public.users with (security_invoker = true) as
select u.* from private.all_users() u;
comment on view public.users is 'Everybody who has signed up (platform admins); nobody else sees a row.';
comment on column public.users.organizations is 'Active memberships.';
grant select on public.users to authenticated;

create trigger tg_users__refuse_writes instead of insert or update or delete on public.users
for each row execute function private.tg_refuse__writes();
