create function private.my_sessions()
returns table (id uuid, created_at timestamptz, last_active_at timestamptz, user_agent text, ip_address inet, is_current boolean)
language sql stable security definer set search_path = '' as $$
  select
    s.id, s.created_at, greatest(s.created_at, s.updated_at, s.refreshed_at at time zone 'UTC'), s.user_agent, s.ip,
    s.id::text = auth.jwt() ->> 'session_id'
  from auth.sessions s
  where s.user_id = auth.uid() and (s.not_after is null or s.not_after > now())
  order by 3 desc
$$;
comment on function private.my_sessions() is 'Reads the caller''s own sessions, which belong to Auth.';
grant execute on function private.my_sessions() to authenticated;

create function public.my_sessions()
returns table (id uuid, created_at timestamptz, last_active_at timestamptz, user_agent text, ip_address inet, is_current boolean)
language sql stable set search_path = '' as $$
  select * from private.my_sessions()
$$;
comment on function public.my_sessions() is
'Where the caller is signed in, the latest activity first. Auth ends sessions: POST /auth/v1/logout?scope=others, global or local.';
grant execute on function public.my_sessions() to authenticated;
