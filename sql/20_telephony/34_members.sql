create function private.member_activity() returns table (member_id uuid, last_sign_in_at timestamptz, last_active_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select m.id, u.last_sign_in_at, greatest(u.last_sign_in_at, s.last_active_at)
  from public.org_members m
  join auth.users u on u.id = m.user_id
  left join lateral (
    select max(greatest(a.updated_at, a.refreshed_at at time zone 'UTC')) as last_active_at
    from auth.sessions a
    where a.user_id = m.user_id
  ) s on true
  where m.org_id = any (array(select private.my_org_ids('manager', 'org_admin')))
$$;
comment on function private.member_activity() is
'When members were last here, from Auth''s tables, for the managers and admins of their organizations.';
grant execute on function private.member_activity() to authenticated;

create view public.members with (security_invoker = true) as
select
  m.id, m.org_id, m.user_id, p.full_name, p.email, p.photo_url, m.role,
  case when m.deactivated_at is null then 'active' else 'deactivated' end as state,
  m.deactivated_at, m.created_at, a.last_sign_in_at, a.last_active_at,
  array(
    select e.extension from public.member_extensions e where e.member_id = m.id and e.period @> now() order by e.extension
  ) as extensions,
  array(
    select g.line_id from public.member_lines g where g.member_id = m.id order by g.line_id
  ) as line_ids
from public.org_members m
join public.profiles p on p.user_id = m.user_id
left join private.member_activity() a on a.member_id = m.id
where m.removed_at is null;
comment on view public.members is 'The people of an organization as its team page lists them, without those who were removed.';
comment on column public.members.last_sign_in_at is 'Told to managers and admins.';
comment on column public.members.last_active_at is 'The last sign-in or renewed session; told to managers and admins. "Inactive for 90 days" is last_active_at=lt.<90 days ago>.';
comment on column public.members.extensions is 'Those of now.';
comment on column public.members.line_ids is 'Given lines, of those the caller may see.';
grant select on public.members to authenticated;

create trigger tg_members__refuse_writes instead of insert or update or delete on public.members
for each row execute function private.tg_refuse__writes();
