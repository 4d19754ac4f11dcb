create function private.reach_of(p_org_id uuid, p_external_number text, p_since timestamptz)
returns table (last_contact_at timestamptz, tried_at timestamptz[])
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  if p_org_id <> all (array(select private.my_org_ids('agent', 'manager', 'org_admin'))) then
    return;
  end if;
  return query
  select
    max(c.started_at) filter (where c.outcome = 'answered'),
    array_agg(c.started_at order by c.started_at) filter (where c.outcome <> 'answered' and c.direction <> 'inbound')
  from public.calls c
  where c.org_id = p_org_id and c.external_number = p_external_number and c.started_at > p_since
    and c.outcome is not null and c.direction <> 'internal' and c.deleted_at is null;
end
$$;
comment on function private.reach_of(uuid, text, timestamptz) is
'When an outside number was last in contact with an organization (an answered call in either direction, on any line), and when it was called in vain. For the caller''s own organizations.';
grant execute on function private.reach_of(uuid, text, timestamptz) to authenticated;

create view public.missed_callers with (security_invoker = true) as
select
  m.org_id, m.external_number,
  case
    when s.is_closed then 'closed'
    when w.snoozed_until > now() and w.snoozed_at >= m.last_missed_at then 'snoozed'
    else 'open'
  end as state,
  k.first_missed_at, m.last_missed_at, floor(extract(epoch from now() - k.first_missed_at))::bigint as age_seconds,
  k.misses, k.line_ids, k.last_line_id, k.last_call_id,
  (select count(*) from unnest(r.tried_at) t where t > k.first_missed_at) as attempts,
  (select max(t) from unnest(r.tried_at) t where t > k.first_missed_at) as last_attempt_at,
  r.last_contact_at,
  s.work_id, s.owner_id, s.note, s.outcome_code, s.snoozed_until, s.closed_at, s.closed_by, s.updated_by, s.worked_at
from (
  select c.org_id, c.external_number, max(c.started_at) as last_missed_at
  from public.calls c
  where c.direction = 'inbound' and c.outcome = 'missed' and c.deleted_at is null and c.external_number is not null
    and c.started_at > now() - interval '30 days'
    and (c.org_id = any (array(select private.my_org_ids('org_admin'))) or c.line_id = any (array(select private.my_line_ids())))
  group by c.org_id, c.external_number
) m
-- Whoever reads every call of the organization finds the contact among them; others are told of contact on any line.
cross join lateral (
  select
    max(c.started_at) filter (where c.outcome = 'answered') as last_contact_at,
    array_agg(c.started_at) filter (where c.outcome <> 'answered' and c.direction <> 'inbound') as tried_at
  from public.calls c
  where m.org_id = any (array(select private.my_org_ids('org_admin')))
    and c.org_id = m.org_id and c.external_number = m.external_number and c.started_at > now() - interval '30 days'
    and c.outcome is not null and c.direction <> 'internal' and c.deleted_at is null
  having m.org_id = any (array(select private.my_org_ids('org_admin')))
  union all
  select t.last_contact_at, t.tried_at
  from private.reach_of(m.org_id, m.external_number, now() - interval '30 days') t
  where m.org_id <> all (array(select private.my_org_ids('org_admin')))
) r
left join lateral (
  select w.*
  from public.missed_caller_work w
  where w.org_id = m.org_id and w.external_number = m.external_number
    and w.missed_at > coalesce(r.last_contact_at, now() - interval '60 days')
  order by w.missed_at desc
  limit 1
) w on true
cross join lateral (
  select
    -- Closed by hand, and missed again since: what was done is over, and somebody has to begin anew.
    coalesce(w.closed_at >= m.last_missed_at, false) as is_closed, v.is_over,
    case when not v.is_over then w.id end as work_id, case when not v.is_over then w.owner_id end as owner_id,
    case when not v.is_over then w.note end as note, case when not v.is_over then w.outcome_code end as outcome_code,
    case when not v.is_over then w.snoozed_until end as snoozed_until, case when not v.is_over then w.closed_at end as closed_at,
    case when not v.is_over then w.closed_by end as closed_by, case when not v.is_over then w.updated_by end as updated_by,
    case when not v.is_over then w.updated_at end as worked_at
  from (select coalesce(w.closed_at < m.last_missed_at, false) as is_over) v
) s
cross join lateral (
  select
    min(c.started_at) as first_missed_at, count(*) as misses,
    array_agg(distinct c.line_id) filter (where c.line_id is not null) as line_ids,
    (array_agg(c.line_id order by c.started_at desc, c.id desc))[1] as last_line_id,
    (array_agg(c.id order by c.started_at desc, c.id desc))[1] as last_call_id
  from public.calls c
  where c.org_id = m.org_id and c.external_number = m.external_number
    and c.started_at > greatest(now() - interval '30 days', r.last_contact_at, case when s.is_over then w.closed_at end)
    and c.direction = 'inbound' and c.outcome = 'missed' and c.deleted_at is null
    and (c.org_id = any (array(select private.my_org_ids('org_admin'))) or c.line_id = any (array(select private.my_line_ids())))
) k
-- A withheld word identifies nobody.
where (r.last_contact_at is null or r.last_contact_at < m.last_missed_at) and m.external_number ~ '[0-9]';
comment on view public.missed_callers is
'The worklist: every identified caller missed within the last 30 days and not in contact with the organization since, by an answered call in either direction. Reckoned from calls, so a caller who is reached is here no more. Agents and managers on given lines, org admins all of theirs.';
comment on column public.missed_callers.state is
'open, snoozed (nobody needs to look for now), or closed (by hand, without having reached the caller). All of them are outstanding.';
comment on column public.missed_callers.first_missed_at is 'The first miss since the last contact, or since it was closed by hand, on lines the reader works on.';
comment on column public.missed_callers.age_seconds is 'Since the first miss.';
comment on column public.missed_callers.misses is 'How often the caller was missed since then.';
comment on column public.missed_callers.attempts is 'How often the caller was called in vain since then, from any line.';
comment on column public.missed_callers.last_contact_at is 'The last contact before, within the 30 days.';
comment on column public.missed_callers.work_id is 'What people do about it, in missed_caller_work; null while nobody does anything.';
comment on column public.missed_callers.worked_at is 'When somebody last did.';
grant select on public.missed_callers to authenticated;

create trigger tg_missed_callers__refuse_writes instead of insert or update or delete on public.missed_callers
for each row execute function private.tg_refuse__writes();
