create function private.alert_moments(p_org_id uuid, p_since timestamptz, p_before timestamptz, p_before_id uuid, p_limit integer)
returns table (at timestamptz, id uuid, state text, title text)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select e.at, a.id, e.state, a.title
  from public.alerts a
  cross join lateral (values ('raised', a.raised_at), ('cleared', a.cleared_at)) as e (state, at)
  where a.org_id = p_org_id and e.at >= p_since and (e.at, a.id) < (p_before, p_before_id)
  order by e.at desc, a.id desc
  limit p_limit;
end
$$;
comment on function private.alert_moments(uuid, timestamptz, timestamptz, uuid, integer) is
'When the alerts that the caller reads were raised and cleared, the newest first. Apart from activity, as API keys may not so much as ask.';
grant execute on function private.alert_moments(uuid, timestamptz, timestamptz, uuid, integer) to authenticated, api_reader;

create function public.activity(
  p_org_id uuid, p_kinds text[] default null, p_before timestamptz default null, p_before_id uuid default null, p_limit integer default 50
)
returns table (
  at timestamptz, id uuid, kind text, state text, org_id uuid, line_id uuid, call_id uuid, external_number text, contact_name text,
  person uuid, person_name text, body text
)
-- A plan for any caller and any page would sort a month of calls where an index gives the newest.
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
  v_org_ids constant uuid[] := array(
    select o.id from public.organizations o where p_org_id is null or o.id = p_org_id
  );
  v_kinds constant text[] := coalesce(p_kinds, array['call', 'message', 'voicemail', 'note', 'member', 'sync', 'alert']);
  v_since constant timestamptz := now() - interval '30 days';
  v_before constant timestamptz := coalesce(p_before, 'infinity');
  v_before_id constant uuid := coalesce(p_before_id, '00000000-0000-0000-0000-000000000000');
  v_limit constant integer := least(greatest(coalesce(p_limit, 50), 0), 500);
begin
  if p_org_id is not null and v_org_ids = '{}' then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'See organizations for those you are a member of.';
  end if;

  return query
  select
    m.at, m.id, m.kind, m.state, m.org_id, m.line_id, m.call_id, m.external_number, private.contact_name(m.org_id, m.external_number),
    m.person, p.full_name, m.body
  from (
    select n.*
    from unnest(v_org_ids) as o (org_id)
    cross join lateral (
      (
        select
          c.started_at as at, c.id, 'call' as kind,
          case when c.is_dropped then 'dropped' when c.outcome = 'missed' then 'missed' else 'transferred' end as state,
          c.org_id, c.line_id, c.id as call_id, c.external_number, null::uuid as person, null::text as body
        from public.calls c
        where 'call' = any (v_kinds) and c.org_id = o.org_id
          and c.started_at >= v_since and (c.started_at, c.id) < (v_before, v_before_id)
          and c.deleted_at is null and c.direction <> 'internal' and c.outcome is not null
          and (c.is_dropped or c.transfer_count > 0 or (c.direction = 'inbound' and c.outcome = 'missed'))
        order by c.started_at desc, c.id desc
        limit v_limit
      )
      union all
      (
        select t.sent_at, t.id, 'message', t.state, t.org_id, t.line_id, null, t.external_number, t.sent_by, t.body
        from public.messages t
        where 'message' = any (v_kinds) and t.org_id = o.org_id
          and t.sent_at >= v_since and (t.sent_at, t.id) < (v_before, v_before_id)
        order by t.sent_at desc, t.id desc
        limit v_limit
      )
      union all
      (
        select
          v.received_at, v.id, 'voicemail', case when v.heard_at is null then 'unheard' else 'heard' end, v.org_id, v.line_id, v.call_id,
          v.external_number, null, v.transcription
        from public.voicemails v
        where 'voicemail' = any (v_kinds) and v.org_id = o.org_id and v.unlisted_at is null
          and v.received_at >= v_since and (v.received_at, v.id) < (v_before, v_before_id)
        order by v.received_at desc, v.id desc
        limit v_limit
      )
      union all
      (
        select w.created_at, w.id, 'note', null, w.org_id, c.line_id, w.call_id, c.external_number, w.author, w.body
        from public.call_notes w
        join public.calls c on c.org_id = w.org_id and c.id = w.call_id
        where 'note' = any (v_kinds) and w.org_id = o.org_id
          and w.created_at >= v_since and (w.created_at, w.id) < (v_before, v_before_id)
        order by w.created_at desc, w.id desc
        limit v_limit
      )
      union all
      (
        select e.at, m.id, 'member', e.state, m.org_id, null, null, null, m.user_id, m.role
        from public.org_members m
        cross join lateral (values
          ('joined', m.created_at), (case when m.removed_at is null then 'deactivated' else 'removed' end, coalesce(m.removed_at, m.deactivated_at))
        ) as e (state, at)
        where 'member' = any (v_kinds) and m.org_id = o.org_id
          and e.at >= v_since and (e.at, m.id) < (v_before, v_before_id)
        order by e.at desc, m.id desc
        limit v_limit
      )
      union all
      (
        select j.finished_at, j.id, 'sync', j.state, j.org_id, null, null, null, j.requested_by, j.resource || ': ' || j.error
        from (
          select f.*, lag(f.finished_at) over (partition by f.integration_id, f.resource order by f.finished_at, f.id) as failed_before_at
          from public.sync_jobs f
          where 'sync' = any (v_kinds) and f.org_id = o.org_id and f.state = 'failed' and f.kind not in ('test', 'test_delivery')
            and f.finished_at >= v_since
        ) j
        -- What goes on failing is told once, and again after an hour without it.
        where (j.failed_before_at is null or j.failed_before_at <= j.finished_at - interval '1 hour')
          and (j.finished_at, j.id) < (v_before, v_before_id)
        order by j.finished_at desc, j.id desc
        limit v_limit
      )
      union all
      (
        select a.at, a.id, 'alert', a.state, o.org_id, null, null, null, null, a.title
        from private.alert_moments(o.org_id, v_since, v_before, v_before_id, v_limit) a
        where 'alert' = any (v_kinds) and current_user <> 'api_reader'
      )
    ) n
    order by n.at desc, n.id desc
    limit v_limit
  ) m
  left join public.profiles p on p.user_id = m.person
  order by m.at desc, m.id desc;
end
$$;
comment on function public.activity(uuid, text[], timestamptz, uuid, integer) is
'What happened in an organization in the last thirty days, the newest first, each for whoever reads it where it is kept: calls that were missed, dropped or transferred, messages, voicemails, notes, members who came and went, pulls that failed, alerts that were raised and cleared.

p_org_id null: in every organization of the caller''s. p_kinds: of call, message, voicemail, note, member, sync, alert; all of them unless told.
For the next page send the last row''s at and id as p_before and p_before_id. p_limit: 50, and at most 500.
kind and id say which row it is: of calls, messages, voicemails, call_notes, org_members, sync_jobs or alerts; person is the user who wrote, sent, asked, came or went.
Errors: organization_not_found.';
grant execute on function public.activity(uuid, text[], timestamptz, uuid, integer) to authenticated, api_reader;
