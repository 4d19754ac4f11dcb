create function private.wait_edges() returns integer[]
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return array[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 45, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1800, 3600
  ];
end
$$;
comment on function private.wait_edges() is 'The waits, in seconds, at which figures tell calls apart; thresholds are among them, so that they are exact.';

create function private.business_hours_problem(p_hours jsonb) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  if jsonb_typeof(p_hours) is distinct from 'array' or jsonb_array_length(p_hours) > 50 or exists (
    select
    from jsonb_array_elements(p_hours) h
    where jsonb_typeof(h) <> 'object'
      or h - array['weekday', 'opens', 'closes'] <> '{}'
      or h ->> 'weekday' !~ '^[1-7]$' or h ->> 'opens' !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
      or h ->> 'closes' !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$'
      or not h ?& array['weekday', 'opens', 'closes']
      or h ->> 'weekday' is null or h ->> 'opens' is null or h ->> 'closes' is null
  ) then
    return 'business_hours_malformed';
  end if;
  if exists (select from jsonb_array_elements(p_hours) h where h ->> 'closes' <= h ->> 'opens') then
    return 'business_hours_cross_midnight';
  end if;
  if exists (
    select
    from jsonb_array_elements(p_hours) with ordinality a (hours, n)
    join jsonb_array_elements(p_hours) with ordinality b (hours, n)
      on a.n < b.n and a.hours ->> 'weekday' = b.hours ->> 'weekday'
      and a.hours ->> 'opens' < b.hours ->> 'closes' and b.hours ->> 'opens' < a.hours ->> 'closes'
  ) then
    return 'business_hours_overlap';
  end if;
  return null;
end
$$;
comment on function private.business_hours_problem(jsonb) is 'What is wrong with business hours, as an error code; null where nothing is.';

create table public.organization_settings (
  org_id uuid not null references public.organizations (id) on delete cascade,
  effective_from date not null,
  answer_within_seconds integer not null default 20,
  short_abandon_seconds integer not null default 5,
  excludes_short_abandons boolean not null default true,
  service_level_target numeric(4, 3) not null default 0.8,
  abandonment_rate_target numeric(4, 3) not null default 0.05,
  business_hours jsonb not null default '[]',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, effective_from),
  constraint answer_within_is_an_edge check (answer_within_seconds = any (private.wait_edges())),
  constraint short_abandon_is_an_edge check (short_abandon_seconds = any (private.wait_edges())),
  constraint service_level_target_is_a_share check (service_level_target between 0 and 1),
  constraint abandonment_rate_target_is_a_share check (abandonment_rate_target between 0 and 1),
  constraint business_hours_are_sound check (private.business_hours_problem(business_hours) is null)
);
comment on table public.organization_settings is
'What figures are judged by, from a local date on until the next row''s: a call by the settings of its start, so last year''s figures stay.';
comment on column public.organization_settings.effective_from is 'The first local day; -infinity for what an organization begins with.';
comment on column public.organization_settings.answer_within_seconds is 'A call should be answered within so many seconds (the service level''s threshold).';
comment on column public.organization_settings.short_abandon_seconds is 'An abandoned call that waited less counts as short.';
comment on column public.organization_settings.excludes_short_abandons is 'Whether short abandoned calls are left out of service level and abandonment rate.';
comment on column public.organization_settings.business_hours is
'Periods [opens, closes) by the wall clock, weekday 1 is Monday: [{"weekday": 1, "opens": "09:00", "closes": "17:00"}]. Empty: none are set.';

alter table public.organization_settings enable row level security;
grant select on public.organization_settings to authenticated, api_reader;

create trigger tg_organization_settings__touch before update on public.organization_settings
for each row execute function private.tg_touch__updated_at();
create trigger tg_organization_settings__audit after insert or update or delete on public.organization_settings
for each row execute function private.tg_audit('org_id,effective_from');
