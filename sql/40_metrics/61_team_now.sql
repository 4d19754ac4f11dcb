create function private.status_kind(p_status text) returns text
language sql immutable parallel safe set search_path = '' as $$
  select case
    when s.word in ('available', 'online', 'ready', 'free', 'idle') then 'available'
    when s.word in ('busy', 'oncall', 'incall', 'talking', 'ringing', 'onthephone', 'wrapup') then 'busy'
    when s.word is not null then 'away'
  end
  from (select nullif(regexp_replace(lower(p_status), '[^a-z]', '', 'g'), '') as word) s
$$;
comment on function private.status_kind(text) is
'What a status of the provider''s means for who waits for an agent: available, busy (available but for the call in hand) or away.';

create function private.team_now(p_org_ids uuid[])
returns table (
  org_id uuid, member_id uuid, integration_id uuid, extension text, status text, since timestamptz, observed_through timestamptz,
  is_account_user_only boolean, is_on_call boolean
)
language sql stable security definer set search_path = '' as $$
  with readable as (
    select o.org_id
    from unnest(p_org_ids) as o (org_id)
    where o.org_id = any (array(
      select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin') union all select private.api_org_ids('members:read')
    ))
  ),
  seen as (
    select s.org_id, s.integration_id, s.extension, s.member_id, s.status, s.since, s.observed_through, s.is_account_user_only
    from public.current_agent_status s
    where s.org_id in (select r.org_id from readable r)
  ),
  agent as (
    select s.org_id, s.member_id, s.integration_id, s.extension from seen s
    union
    -- Who has an extension and was not looked at is there too, in no known status.
    select e.org_id, e.member_id, e.integration_id, e.extension
    from public.member_extensions e
    join public.org_members m on m.id = e.member_id and m.deactivated_at is null
    where e.org_id in (select r.org_id from readable r) and e.period @> now()
      and not exists (select from seen s where s.integration_id = e.integration_id and s.extension = e.extension)
  ),
  talking as (
    select distinct c.org_id, c.integration_id, l.extension
    from public.calls c
    join public.legs l on l.org_id = c.org_id and l.call_id = c.id and l.is_connected and l.ended_at is null
    where c.org_id in (select r.org_id from readable r) and c.outcome is null and c.deleted_at is null and c.ended_at is null
      and c.started_at > now() - interval '12 hours'
  )
  select
    a.org_id, a.member_id, a.integration_id, a.extension, s.status, s.since, s.observed_through, s.is_account_user_only,
    t.extension is not null
  from agent a
  left join seen s on s.integration_id = a.integration_id and s.extension = a.extension
  left join talking t on t.org_id = a.org_id and t.integration_id = a.integration_id and t.extension = a.extension
$$;
comment on function private.team_now(uuid[]) is
'In which status the extensions of these organizations were last seen, and who is on the phone, without names: the live view, which viewers read too.';
grant execute on function private.status_kind(text), private.team_now(uuid[]) to authenticated, api_reader;
