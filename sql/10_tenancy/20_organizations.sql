create table public.organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  time_zone text not null default 'UTC',
  requires_second_factor boolean not null default false,
  archived_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint name_is_short_and_not_blank check (btrim(name) <> '' and char_length(name) <= 200),
  constraint time_zone_is_known check (private.is_time_zone(time_zone)),
  constraint holding_organization_is_not_archived check (id <> private.holding_org_id() or archived_at is null)
);
comment on table public.organizations is
'A client company. One reserved row, the holding organization, owns what belongs to nobody yet.';
comment on column public.organizations.time_zone is 'IANA name; decides days, hours of day and report periods.';
comment on column public.organizations.requires_second_factor is 'Members read and write only with an aal2 session.';
comment on column public.organizations.archived_at is 'Since when the organization is closed; its members then see nothing.';

alter table public.organizations enable row level security;
grant select on public.organizations to authenticated, api_reader;
grant update (name, time_zone, requires_second_factor) on public.organizations to authenticated;

create trigger tg_organizations__touch before update on public.organizations
for each row execute function private.tg_touch__updated_at();

create function private.tg_organizations__check() returns trigger
language plpgsql set search_path = '' as $$
begin
  if private.is_blank(new.name) or char_length(new.name) > 200 then
    raise exception 'The name has to be of 1 to 200 characters.'
      using errcode = 'PT422', detail = 'name_invalid', hint = 'Choose a name that people will recognise.';
  end if;
  if not private.is_time_zone(new.time_zone) then
    raise exception 'There is no time zone %.', left(new.time_zone, 100)
      using errcode = 'PT422', detail = 'time_zone_unknown', hint = 'Use a name of the IANA database, such as Europe/London.';
  end if;
  -- Whoever asks for a second factor has to have one, or nobody might be left who can take it back.
  if tg_op = 'UPDATE' and new.requires_second_factor and not old.requires_second_factor
    and auth.uid() is not null and not private.is_platform_admin() and auth.jwt() ->> 'aal' is distinct from 'aal2' then
    raise exception 'Only somebody signed in with a second factor can require one.'
      using errcode = 'PT403', detail = 'second_factor_needed', hint = 'Set up a second factor, sign in with it, and try again.';
  end if;
  return new;
end
$$;
comment on function private.tg_organizations__check() is 'Says in words what is wrong with an organization''s name, time zone or second factor.';

create trigger tg_organizations__check before insert or update of name, time_zone, requires_second_factor on public.organizations
for each row execute function private.tg_organizations__check();

create trigger tg_organizations__audit after insert or update or delete on public.organizations
for each row execute function private.tg_audit('id');
