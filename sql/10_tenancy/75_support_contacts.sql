create function private.support_contacts()
returns table (support_email text, support_phone text, billing_email text, security_email text, emergency_phone text, status_url text)
language sql stable security definer set search_path = '' as $$
  select s.support_email, s.support_phone, s.billing_email, s.security_email, s.emergency_phone, s.status_url
  from public.platform_settings s
$$;
comment on function private.support_contacts() is 'The part of the platform''s settings that everybody needs.';
grant execute on function private.support_contacts() to authenticated;

create function public.support_contacts()
returns table (support_email text, support_phone text, billing_email text, security_email text, emergency_phone text, status_url text)
language sql stable set search_path = '' as $$
  select * from private.support_contacts()
$$;
comment on function public.support_contacts() is 'Whom to ask for help: the operator''s contacts, in one row.';
grant execute on function public.support_contacts() to authenticated;
