create function private.missed_callers_of(p_org_id uuid, p_external_number text)
returns table (
  org_id uuid, external_number text, state text, first_missed_at timestamptz, last_missed_at timestamptz, misses bigint,
  line_ids uuid[], last_line_id uuid, last_call_id uuid, attempts bigint, last_attempt_at timestamptz, last_contact_at timestamptz,
  work_id uuid, owner_id uuid, note text, outcome_code text, snoozed_until timestamptz, closed_at timestamptz, closed_by uuid,
  updated_by uuid, worked_at timestamptz
)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
  v_since constant timestamptz := now() - interval '30 days';
  v_line_ids uuid[];
begin
  if p_org_id is null or p_org_id <> all (array(select private.my_org_ids('agent', 'manager', 'org_admin'))) then
    return;
  elsif p_org_id <> all (array(select private.my_org_ids('org_admin'))) then
    v_line_ids := array(select private.my_line_ids());
  end if;

  return query
  select
    m.org_id, m.external_number,
    case
      when w.closed_at >= m.last_missed_at then 'closed'
      when w.snoozed_until > now() and w.snoozed_at >= m.last_missed_at then 'snoozed'
      else 'open'
    end,
    k.first_missed_at, m.last_missed_at, k.misses, k.line_ids,
    m.line_ids[cardinality(m.line_ids)], m.call_ids[cardinality(m.call_ids)],
    case when r.tried_at is null then 0 else (select count(*) from unnest(r.tried_at) t where t > k.first_missed_at) end,
    case when r.tried_at is not null then (select max(t) from unnest(r.tried_at) t where t > k.first_missed_at) end,
    coalesce(r.contact_at, (
      select max(c.started_at)
      from public.calls c
      where c.org_id = m.org_id and c.external_number = m.external_number
        and c.started_at > v_since and c.started_at < m.first_missed_at
        and c.outcome = 'answered' and c.direction <> 'internal' and c.deleted_at is null
    )),
    n.id, n.owner_id, n.note, n.outcome_code, n.snoozed_until, n.closed_at, n.closed_by, n.updated_by, n.updated_at
  from (
    select
      c.org_id, c.external_number, min(c.started_at) as first_missed_at, max(c.started_at) as last_missed_at,
      array_agg(c.id order by c.started_at, c.id) as call_ids, array_agg(c.line_id order by c.started_at, c.id) as line_ids,
      array_agg(c.started_at order by c.started_at, c.id) as started_at
    from public.calls c
    where c.org_id = p_org_id and c.started_at > v_since
      and c.direction = 'inbound' and c.outcome = 'missed' and c.deleted_at is null and c.external_number is not null
      and (v_line_ids is null or c.line_id = any (v_line_ids))
      and (p_external_number is null or c.external_number = p_external_number)
    group by c.org_id, c.external_number
  ) m
  -- What was with the caller since, on any line: whoever reaches them, reaches them for all.
  cross join lateral (
    select
      max(c.started_at) filter (where c.outcome = 'answered') as contact_at,
      array_agg(c.started_at) filter (where c.outcome <> 'answered' and c.direction <> 'inbound') as tried_at
    from public.calls c
    where c.org_id = m.org_id and c.external_number = m.external_number and c.started_at > m.first_missed_at
      and c.outcome is not null and c.direction <> 'internal' and c.deleted_at is null
  ) r
  left join lateral (
    select w.*
    from public.missed_caller_work w
    where w.org_id = m.org_id and w.external_number = m.external_number
      and not exists (
        select from public.calls c
        where c.org_id = w.org_id and c.external_number = w.external_number and c.started_at > w.missed_at
          and c.outcome = 'answered' and c.direction <> 'internal' and c.deleted_at is null
      )
    order by w.missed_at desc
    limit 1
  ) w on true
  -- Closed by hand, and missed again since: what was done is over, and somebody has to begin anew.
  left join public.missed_caller_work n on n.id = w.id and not coalesce(w.closed_at < m.last_missed_at, false)
  cross join lateral (
    select greatest(r.contact_at, case when n.id is null then w.closed_at end) as over_at
  ) b
  -- Most were missed once, and there is nothing to look for.
  cross join lateral (
    select
      case
        when b.over_at is null then m.first_missed_at
        else (select min(t) from unnest(m.started_at) t where t > b.over_at)
      end as first_missed_at,
      case
        when b.over_at is null then cardinality(m.started_at)
        else (select count(*) from unnest(m.started_at) t where t > b.over_at)
      end as misses,
      case
        when cardinality(m.line_ids) = 1 and m.line_ids[1] is not null then m.line_ids
        else (
          select array_agg(distinct u.line_id)
          from unnest(m.line_ids, m.started_at) as u (line_id, started_at)
          where u.line_id is not null and (b.over_at is null or u.started_at > b.over_at)
        )
      end as line_ids
  ) k
  -- A withheld word identifies nobody.
  where (r.contact_at is null or r.contact_at < m.last_missed_at) and m.external_number ~ '[0-9]';
end
$$;
comment on function private.missed_callers_of(uuid, text) is
'The worklist of an organization, as far as the caller works on it, or one number of it. An agent is told that a caller was reached on whatever line, and no more of it.';
grant execute on function private.missed_callers_of(uuid, text) to authenticated;

create view public.missed_callers with (security_invoker = true) as
select
  m.org_id, m.external_number, m.state, m.first_missed_at, m.last_missed_at,
  floor(extract(epoch from now() - m.first_missed_at))::bigint as age_seconds,
  m.misses, m.line_ids, m.last_line_id, m.last_call_id, m.attempts, m.last_attempt_at, m.last_contact_at,
  m.work_id, m.owner_id, m.note, m.outcome_code, m.snoozed_until, m.closed_at, m.closed_by, m.updated_by, m.worked_at
from public.organizations o
cross join lateral private.missed_callers_of(o.id, null) m;
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
