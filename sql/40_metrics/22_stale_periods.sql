create table private.stale_periods (
  id bigint generated always as identity primary key,
  org_id uuid not null references public.organizations (id) on delete cascade,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  constraint period_runs_forward check (starts_at < ends_at)
);
comment on table private.stale_periods is
'Where calls were written, or what judges them changed, since they were counted: figures count the calls there until a fold has recounted them.';
create index stale_periods_org_idx on private.stale_periods (org_id, starts_at);

alter table private.stale_periods enable row level security;
grant select on private.stale_periods to authenticated, api_reader;

create policy stale_periods_select_members on private.stale_periods for select to authenticated
using (org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin'))));
comment on policy stale_periods_select_members on private.stale_periods is 'Members, whose figures have to know.';

create policy stale_periods_select_api_keys on private.stale_periods for select to api_reader
using (org_id = any (array(select private.api_org_ids('calls:read'))));
comment on policy stale_periods_select_api_keys on private.stale_periods is 'API keys with calls:read.';

create function private.tg_calls__stale() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    insert into private.stale_periods (org_id, starts_at, ends_at)
    select distinct c.org_id, c.hour, c.hour + interval '1 hour'
    from new_rows n
    join old_rows o on o.id = n.id
    cross join lateral (values
      (n.org_id, date_bin('1 hour', n.started_at, '2000-01-01 00:00Z'), n.outcome is not null and n.deleted_at is null),
      (o.org_id, date_bin('1 hour', o.started_at, '2000-01-01 00:00Z'), o.outcome is not null and o.deleted_at is null)
    ) as c (org_id, hour, counts)
    where c.counts and (
      n.org_id, n.line_id, n.member_ids, n.started_at, n.direction, n.outcome, n.deleted_at is null, n.wait_seconds, n.talk_seconds,
      n.duration_seconds, n.is_dropped, n.transfer_count
    ) is distinct from (
      o.org_id, o.line_id, o.member_ids, o.started_at, o.direction, o.outcome, o.deleted_at is null, o.wait_seconds, o.talk_seconds,
      o.duration_seconds, o.is_dropped, o.transfer_count
    );
  else
    insert into private.stale_periods (org_id, starts_at, ends_at)
    select distinct c.org_id, c.hour, c.hour + interval '1 hour'
    from changed_rows r
    cross join lateral (values (r.org_id, date_bin('1 hour', r.started_at, '2000-01-01 00:00Z'))) as c (org_id, hour)
    where r.outcome is not null and r.deleted_at is null;
  end if;
  return null;
end
$$;
comment on function private.tg_calls__stale() is 'Notes the hours in which ended calls were written.';

create trigger tg_calls__stale_inserted after insert on public.calls
referencing new table as changed_rows for each statement execute function private.tg_calls__stale();
create trigger tg_calls__stale_updated after update on public.calls
referencing new table as new_rows old table as old_rows for each statement execute function private.tg_calls__stale();
create trigger tg_calls__stale_deleted after delete on public.calls
referencing old table as changed_rows for each statement execute function private.tg_calls__stale();

create function private.make_stale(p_org_id uuid, p_from timestamptz, p_to timestamptz) returns void
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.stale_periods (org_id, starts_at, ends_at) values (p_org_id, p_from, p_to);
end
$$;
comment on function private.make_stale(uuid, timestamptz, timestamptz) is 'Has an organization''s calls of a range counted anew.';

create function private.tg_organizations__stale() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.make_stale(new.id, '-infinity', 'infinity');
  return null;
end
$$;
comment on function private.tg_organizations__stale() is 'Another time zone makes other hours and days.';
create trigger tg_organizations__stale after update of time_zone on public.organizations
for each row when (old.time_zone <> new.time_zone) execute function private.tg_organizations__stale();

create function private.tg_organization_settings__stale() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_from constant date := least(old.effective_from, new.effective_from);
  v_through constant date := greatest(old.effective_from, new.effective_from);
begin
  perform private.make_stale(
    o.id,
    case when isfinite(v_from) then v_from::timestamp at time zone o.time_zone - interval '1 hour' else '-infinity' end,
    coalesce((
      select min(s.effective_from)::timestamp at time zone o.time_zone + interval '1 hour'
      from public.organization_settings s
      where s.org_id = o.id and s.effective_from > v_through
    ), 'infinity')
  )
  from public.organizations o
  where o.id = coalesce(new.org_id, old.org_id);
  return null;
end
$$;
comment on function private.tg_organization_settings__stale() is 'Calls are judged anew from the day on which settings begin to that of the next.';
create trigger tg_organization_settings__stale after insert or update or delete on public.organization_settings
for each row execute function private.tg_organization_settings__stale();

create function private.tg_holidays__stale() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.make_stale(
    o.id, d.day::timestamp at time zone o.time_zone - interval '1 hour', (d.day + 1)::timestamp at time zone o.time_zone + interval '1 hour'
  )
  from public.organizations o
  cross join unnest(array[old.day, new.day]) as d (day)
  where o.id = coalesce(new.org_id, old.org_id) and d.day is not null;
  return null;
end
$$;
comment on function private.tg_holidays__stale() is 'A holiday changes which calls of its day were in business hours.';
create trigger tg_holidays__stale after insert or update or delete on public.holidays
for each row execute function private.tg_holidays__stale();
