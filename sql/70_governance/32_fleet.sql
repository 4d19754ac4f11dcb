create function private.fleet()
returns table (
  org_id uuid, name text, archived_at timestamptz, severity integer, problem text,
  members integer, org_admins integer, lines integer, calls_today integer, failed_events integer,
  last_sync_at timestamptz, sync_error text
)
language sql stable security definer set search_path = '' as $$
  with organization as (
    select
      o.id, o.name, o.archived_at,
      (select count(*)::int from public.org_members m where m.org_id = o.id and m.deactivated_at is null) as members,
      (
        select count(*)::int from public.org_members m
        where m.org_id = o.id and m.deactivated_at is null and m.role = 'org_admin'
      ) as org_admins,
      (select count(*)::int from public.lines l where l.org_id = o.id and l.period @> now()) as lines,
      (
        select count(*)::int
        from public.calls c
        where c.org_id = o.id and c.deleted_at is null
          and c.started_at >= date_trunc('day', now() at time zone o.time_zone) at time zone o.time_zone
      ) as calls_today,
      (
        select count(*)::int
        from private.webhook_events e
        where e.integration_id in (select private.serving_integration_ids(o.id)) and e.org_id = o.id and e.status = 'failed'
      ) as failed_events,
      s.last_sync_at, s.sync_error
    from public.organizations o
    left join lateral (
      select
        case when bool_and(i.last_success_at is not null) then min(i.last_success_at) end as last_sync_at,
        min(i.last_error) as sync_error
      from public.integrations i
      where i.id in (select private.serving_integration_ids(o.id)) and i.disabled_at is null
    ) s on true
    where o.id <> private.holding_org_id() and private.is_platform_admin()
  )
  select
    o.id, o.name, o.archived_at, p.severity, p.problem, o.members, o.org_admins, o.lines, o.calls_today, o.failed_events,
    o.last_sync_at, o.sync_error
  from organization o
  cross join lateral (
    select v.severity, v.problem
    from (values
      (o.archived_at is not null, 0, 'archived'),
      (o.sync_error is not null, 5, 'the sync fails'),
      (o.lines > 0 and (o.last_sync_at is null or o.last_sync_at < now() - interval '30 minutes'), 4, 'the sync is stale'),
      (o.failed_events > 0, 3, 'events could not be applied'),
      (o.org_admins = 0, 2, 'nobody is its admin'),
      (o.lines = 0, 1, 'it has no lines'),
      (true, 0, null)
    ) as v (applies, severity, problem)
    where v.applies
    limit 1
  ) p
$$;
comment on function private.fleet() is 'How every organization fares, for platform admins.';
grant execute on function private.fleet() to authenticated;

create view public.fleet with (security_invoker = true) as
select f.* from private.fleet() f order by f.severity desc, f.name asc;
comment on view public.fleet is
'One row per organization, the worst first (order=severity.desc,name): what needs the operator''s attention. Platform admins; nobody else sees a row.';
comment on column public.fleet.severity is '0 nothing to do, up to 5: what problem says, the worst there is.';
comment on column public.fleet.last_sync_at is 'The oldest last success of the accounts that serve it.';
comment on column public.fleet.calls_today is 'Since its local midnight.';
grant select on public.fleet to authenticated;

create trigger tg_fleet__refuse_writes instead of insert or update or delete on public.fleet
for each row execute function private.tg_refuse__writes();
