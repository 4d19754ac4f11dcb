create function private.are_notification_channels(p_channels jsonb) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return jsonb_typeof(p_channels) = 'object'
    and (select count(*) <= 50 from jsonb_object_keys(p_channels))
    and not exists (
      select
      from jsonb_each(p_channels) c
      where c.key !~ '^[a-z][a-z_]{0,49}$' or c.value not in ('"none"', '"in_app"', '"email"', '"both"')
    );
end
$$;
comment on function private.are_notification_channels(jsonb) is 'Whether each event is given a channel: none, in_app, email or both.';
grant execute on function private.are_notification_channels(jsonb) to authenticated;

create table public.profile_settings (
  user_id uuid primary key references public.profiles (user_id) on delete cascade,
  phone text collate "C",
  default_org_id uuid references public.organizations (id) on delete set null,
  theme text not null default 'system',
  notification_channels jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint phone_is_a_phone_number check (phone ~ '^\+[0-9]{3,15}$'),
  constraint theme_is_known check (theme in ('system', 'light', 'dark')),
  constraint notification_channels_are_known check (private.are_notification_channels(notification_channels))
);
comment on table public.profile_settings is 'What a person has set for themselves; nobody else reads it.';
comment on column public.profile_settings.phone is 'The person''s own number, with country code.';
comment on column public.profile_settings.default_org_id is 'The organization shown first after signing in.';
comment on column public.profile_settings.notification_channels is 'Per event the channel: none, in_app, email or both. An event that is missing follows the default.';
create index profile_settings_default_org_idx on public.profile_settings (default_org_id);

alter table public.profile_settings enable row level security;
grant select on public.profile_settings to authenticated;
grant update (phone, default_org_id, theme, notification_channels) on public.profile_settings to authenticated;

create trigger tg_profile_settings__touch before update on public.profile_settings
for each row execute function private.tg_touch__updated_at();

create function private.tg_profile_settings__default_org() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.default_org_id <> all (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))) then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'Choose one of those you are a member of.';
  end if;
  return new;
end
$$;
comment on function private.tg_profile_settings__default_org() is
'People choose among the organizations they are in. One they have to leave later stays chosen, and shows nothing.';

create trigger tg_profile_settings__default_org before update of default_org_id on public.profile_settings
for each row when (new.default_org_id is not null and new.default_org_id is distinct from old.default_org_id)
execute function private.tg_profile_settings__default_org();
