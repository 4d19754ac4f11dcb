create table public.profiles (
  user_id uuid primary key references auth.users (id) on delete cascade,
  email text,
  full_name text,
  photo_url text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint full_name_is_short check (char_length(full_name) between 1 and 200),
  constraint photo_url_is_https check (photo_url ~ '^https://' and char_length(photo_url) <= 2000)
);
comment on table public.profiles is 'What colleagues see of a person: name, photo and e-mail address.';
comment on column public.profiles.email is 'Copy of the address in Auth, kept by a trigger.';

alter table public.profiles enable row level security;
grant select on public.profiles to authenticated, api_reader;
grant update (full_name, photo_url) on public.profiles to authenticated;

create trigger tg_profiles__touch before update on public.profiles
for each row execute function private.tg_touch__updated_at();

create function private.tg_users__profile() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.profiles (user_id, email, full_name)
  values (new.id, new.email, nullif(left(btrim(new.raw_user_meta_data ->> 'full_name'), 200), ''))
  on conflict (user_id) do update set email = excluded.email;
  insert into public.profile_settings (user_id) values (new.id) on conflict do nothing;
  return new;
end
$$;
comment on function private.tg_users__profile() is 'Gives every user of Auth a profile with settings, and keeps its e-mail address.';

create trigger tg_users__profile after insert or update of email on auth.users
for each row execute function private.tg_users__profile();
