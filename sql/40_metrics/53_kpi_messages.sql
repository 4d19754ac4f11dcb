create function public.kpi_messages(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null
)
returns table (
  kpi text, value numeric, numerator numeric, denominator numeric, known bigint, total bigint,
  data_through timestamptz, definition_version integer
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
  v_time_zone text;
begin
  select s.org_ids, s.time_zone into v_org_ids, v_time_zone
  from private.kpi_scope(p_org_id, p_from, p_to, null, 'messages:read') s;
  perform private.require_days(p_from, p_to, v_time_zone, 31);
  if current_user <> 'api_reader' then
    -- Who reads no messages would be told of none, as if there were none.
    if p_org_id is null then
      v_org_ids := array(select private.my_org_ids('agent', 'manager', 'org_admin'));
    else
      perform private.require_role(p_org_id, 'agent', 'manager', 'org_admin');
    end if;
  elsif p_member_ids is not null then
    -- Nor would who does not read who the members are find what they sent.
    perform private.require_scope(coalesce(p_org_id, (select o from private.api_org_ids() o limit 1)), 'members:read');
  end if;
  if p_in_hours is not null then
    perform private.require_business_hours(v_org_ids, p_from, p_to);
  end if;

  return query
  with message as materialized (
    select m.id, m.conversation_id, m.direction, m.state, m.sent_at
    from public.messages m
    left join private.settings_in_force(v_org_ids, p_from, p_to, true) s
      on p_in_hours is not null and s.org_id = m.org_id and m.sent_at >= s.starts_at and m.sent_at < s.ends_at
    where m.org_id = any (v_org_ids) and m.sent_at >= p_from and m.sent_at < p_to
      and (
        m.direction = 'inbound' or m.state in ('sent', 'delivered') or (m.state = 'failed' and m.provider_message_id is not null)
      )
      and (p_line_ids is null or m.line_id = any (p_line_ids))
      and (p_member_ids is null or exists (
        select from public.org_members g where g.org_id = m.org_id and g.user_id = m.sent_by and g.id = any (p_member_ids)
      ))
      and (p_in_hours is null or ((m.sent_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
  ),
  -- A person writes several messages and means one: what follows their own within a day opens nothing.
  opened as (
    select a.sent_at, r.sent_at as replied_at
    from message a
    left join lateral (
      select p.direction, p.sent_at
      from public.messages p
      where p.conversation_id = a.conversation_id and (p.sent_at, p.id) < (a.sent_at, a.id)
        and (
          p.direction = 'inbound' or p.state in ('sent', 'delivered') or (p.state = 'failed' and p.provider_message_id is not null)
        )
      order by p.sent_at desc, p.id desc
      limit 1
    ) b on true
    left join lateral (
      select p.sent_at
      from public.messages p
      where p.conversation_id = a.conversation_id and p.direction = 'outbound' and p.state in ('sent', 'delivered')
        and (p.sent_at, p.id) > (a.sent_at, a.id)
      order by p.sent_at, p.id
      limit 1
    ) r on true
    where a.direction = 'inbound'
      and (b.direction is null or b.direction = 'outbound' or b.sent_at < a.sent_at - interval '24 hours')
  )
  select
    f.kpi, trim_scale(f.numerator / nullif(f.denominator, 0)), f.numerator, f.denominator, f.known, f.total,
    t.data_through, d.version
  from (
    select
      count(*) filter (where m.direction = 'inbound') as received,
      count(*) filter (where m.direction = 'outbound') as sent,
      count(*) filter (where m.state = 'delivered') as delivered,
      count(*) filter (where m.state in ('delivered', 'failed')) as settled
    from message m
  ) c
  cross join (
    select
      count(*) as opened, count(o.replied_at) as replied,
      percentile_cont(0.5) within group (order by extract(epoch from o.replied_at - o.sent_at)::double precision)::numeric as reply
    from opened o
  ) r
  cross join lateral (values
    ('messages_received', c.received::numeric, 1::numeric, c.received, c.received),
    ('messages_sent', c.sent, 1, c.sent, c.sent),
    ('message_delivery_rate', c.delivered, c.sent, c.settled, c.sent),
    ('first_reply_median', r.reply, 1, r.replied, r.opened)
  ) as f (kpi, numerator, denominator, known, total)
  join public.kpi_definitions d on d.kpi = f.kpi
  cross join private.data_through(v_org_ids, 'messages') as t (data_through);
end
$$;
comment on function public.kpi_messages(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) is
'Text messages of a range of at most 31 days: received, sent, the share of these that was delivered, and the median time until the first reply; for those who read messages.

A message counts at its time, on its line; p_member_ids counts what those members sent (API keys: members:read). A message opens a conversation, or opens it again, if it is the first, follows
one of ours, or comes more than a day after the one before. known: of how many messages sent it is known whether they arrived, and how many that opened were replied to.
Errors: range_reversed, range_out_of_bounds, range_too_long, organization_not_found, role_not_sufficient, scope_missing, business_hours_missing.';
grant execute on function public.kpi_messages(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) to authenticated, api_reader;
