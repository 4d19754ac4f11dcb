create table public.platform_settings (
  id boolean primary key default true,
  app_url text,
  organization_creation text not null default 'first',
  client_address_header text not null default 'x-forwarded-for',
  support_email text,
  support_phone text,
  billing_email text,
  security_email text,
  emergency_phone text,
  status_url text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  webhooks_url text,
  constraint there_is_one_row check (id),
  constraint app_url_is_an_address check (app_url ~ '^https?://[^\s/?#]+(/[^\s?#]*)?$' and app_url !~ '/$' and char_length(app_url) <= 500),
  constraint webhooks_url_is_an_address check (
    webhooks_url ~ '^https?://[^\s/?#]+(/[^\s?#]*)?$' and webhooks_url !~ '/$' and char_length(webhooks_url) <= 500
  ),
  constraint organization_creation_is_known check (organization_creation in ('platform_admins', 'first', 'org_admins')),
  constraint client_address_header_is_a_header check (client_address_header ~ '^[a-z][a-z0-9-]{0,63}$'),
  constraint emails_are_addresses check (
    private.is_email(support_email) is not false and private.is_email(billing_email) is not false
    and private.is_email(security_email) is not false
  ),
  constraint phones_are_short check (char_length(support_phone) <= 40 and char_length(emergency_phone) <= 40),
  constraint status_url_is_an_address check (status_url ~ '^https?://\S+$' and char_length(status_url) <= 500)
);
comment on table public.platform_settings is 'The operator''s settings, in one row.';
comment on column public.platform_settings.app_url is 'Where the dashboard is served, without a slash at the end; links in letters begin with it.';
comment on column public.platform_settings.webhooks_url is
'Where the webhook app is reached from outside, without a slash at the end; MightyCall delivers to /webhooks/mightycall/… there.';
comment on column public.platform_settings.organization_creation is
'Who may create organizations: platform_admins alone; first, everybody their first one; org_admins, those further ones too.';
comment on column public.platform_settings.client_address_header is
'The header in which the outermost proxy of ours tells the client''s address: its last entry is written into the audit trail.';

alter table public.platform_settings enable row level security;
grant select on public.platform_settings to authenticated;
grant update (
  app_url, organization_creation, client_address_header, support_email, support_phone, billing_email, security_email, emergency_phone,
  status_url, webhooks_url
) on public.platform_settings to authenticated;

create trigger tg_platform_settings__touch before update on public.platform_settings
for each row execute function private.tg_touch__updated_at();
create trigger tg_platform_settings__audit after insert or update or delete on public.platform_settings
for each row execute function private.tg_audit('id');
