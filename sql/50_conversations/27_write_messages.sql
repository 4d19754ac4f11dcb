create function private.lock_messages(p_integration_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('messages of ' || p_integration_id, 0));
end
$$;
comment on function private.lock_messages(uuid) is
'Lets one writer at a time say which statement is of which message of an account. After the numbers'' locks, before those of requests and messages.';

create function private.refresh_conversations(p_conversation_ids uuid[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  -- First the locks, then a statement of its own, which sees what those wrote whom it waited for.
  perform from public.conversations c where c.id = any (p_conversation_ids) order by c.id for no key update;

  delete from public.conversations c
  where c.id = any (p_conversation_ids) and not exists (select from public.messages m where m.conversation_id = c.id);

  update public.conversations c set
    last_message_at = f.last_message_at, last_inbound_at = f.last_inbound_at, opted_out_at = f.opted_out_at,
    unread_count = f.unread_count
  from unnest(p_conversation_ids) as given (id)
  cross join lateral (
    select
      (
        select m.sent_at from public.messages m where m.conversation_id = given.id order by m.sent_at desc, m.id desc limit 1
      ) as last_message_at,
      (
        select max(m.sent_at) from public.messages m where m.conversation_id = given.id and m.direction = 'inbound'
      ) as last_inbound_at,
      (
        select case m.keyword when 'stop' then m.sent_at end
        from public.messages m
        where m.conversation_id = given.id and m.keyword is not null
        order by m.sent_at desc, m.id desc
        limit 1
      ) as opted_out_at,
      (
        select count(*)
        from public.messages m
        join public.conversations k on k.id = m.conversation_id
        where m.conversation_id = given.id and m.direction = 'inbound' and (k.read_through is null or m.created_at > k.read_through)
      ) as unread_count
    offset 0
  ) f
  where c.id = given.id and (c.last_message_at, c.last_inbound_at, c.opted_out_at, c.unread_count)
    is distinct from (f.last_message_at, f.last_inbound_at, f.opted_out_at, f.unread_count);
end
$$;
comment on function private.refresh_conversations(uuid[]) is
'Makes conversations say what their messages make of them; one that has none any more goes.';

create function private.derive_messages(p_integration_id uuid, p_message_ids uuid[])
returns table (
  id uuid, org_id uuid, provider_message_id text, phone_number_id uuid, line_id uuid, conversation_id uuid, direction text,
  business_number text, external_number text, body text, state text, failure_reason text, sent_at timestamptz
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  select
    given.id, o.org_id, coalesce(j.provider_message_id, e.provider_message_id, a.provider_message_id),
    o.phone_number_id, o.line_id,
    case when o.line_id is not null then extensions.uuid_generate_v5(o.line_id, k.external_number) end,
    k.direction, k.business_number, k.external_number, k.body, w.state,
    case
      when w.state = 'failed' then
        coalesce(case j.state when 'failed' then j.reason end, case e.final_state when 'failed' then e.reason end, r.reason)
      when w.state in ('queued', 'unconfirmed') then r.reason
    end,
    k.sent_at
  from unnest(p_message_ids) as given (id)
  left join lateral (select * from public.messages where id = given.id limit 1) m on true
  left join lateral (select * from private.outbox_requests where message_id = given.id limit 1) r on true
  left join lateral (
    select
      s.*, case when s.state = 'sent' and s.was_delivered then 'delivered' else s.state end as final_state
    from private.message_statements s
    where s.message_id = given.id and s.source = 'journal'
    limit 1
  ) j on true
  cross join lateral (
    select
      coalesce(bool_or(s.direction is not null and s.body is not null), false) as is_known,
      min(s.direction) as direction, min(s.business_number) as business_number, min(s.external_number) as external_number,
      min(s.body) as body, min(s.stated_at) as stated_at, min(s.provider_message_id) as provider_message_id,
      coalesce(bool_or(s.state = 'sent'), false) as is_sent,
      (array_agg(s.state order by s.state_at desc, s.state) filter (where s.state in ('delivered', 'failed')))[1] as final_state,
      (array_agg(s.reason order by s.state_at desc) filter (where s.state = 'failed'))[1] as reason
    from private.message_statements s
    where s.message_id = given.id and s.source = 'event'
  ) e
  left join lateral (
    select provider_message_id from private.message_statements where message_id = given.id and source = 'answer' limit 1
  ) a on true
  -- What we sent is known by ourselves, of the rest the journal's word counts before the events'.
  cross join lateral (
    select
      coalesce(case when r.id is not null then m.direction end, j.direction, e.direction) as direction,
      coalesce(case when r.id is not null then m.business_number end, j.business_number, e.business_number) as business_number,
      coalesce(case when r.id is not null then m.external_number end, j.external_number, e.external_number) as external_number,
      coalesce(case when r.id is not null then m.body end, j.body, e.body) as body,
      coalesce(j.stated_at, e.stated_at, r.begun_at, r.created_at) as sent_at
    offset 0
  ) k
  cross join lateral (
    select
      case
        when k.direction = 'inbound' then 'received'
        when j.final_state in ('delivered', 'failed') then j.final_state
        when e.final_state is not null then e.final_state
        when j.state is not null or e.is_sent then 'sent'
        when r.state in ('queued', 'claimed') then 'queued'
        when r.state = 'sending' then 'sending'
        when r.outcome in ('sent', 'unconfirmed') then r.outcome
        else 'failed'
      end as state
    offset 0
  ) w
  -- What we sent stays with whom it was sent for, whatever the provider's clock says.
  cross join lateral private.line_at(p_integration_id, k.business_number, k.sent_at) l
  cross join lateral (
    select
      case when r.id is not null then m.org_id else l.org_id end as org_id,
      case when r.id is not null then m.phone_number_id else l.phone_number_id end as phone_number_id,
      case when r.id is not null then m.line_id else l.line_id end as line_id
    offset 0
  ) o
  where r.id is not null or j.statement_key is not null or e.is_known;
end
$$;
comment on function private.derive_messages(uuid, uuid[]) is
'The rows of messages that our own requests, the journal''s statements and the events'' make. Reads only.';

create function private.write_messages(p_integration_id uuid, p_message_ids uuid[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_before uuid[];
  v_after uuid[];
begin
  select array_agg(distinct m.conversation_id) into v_before
  from public.messages m
  where m.id = any (p_message_ids) and m.conversation_id is not null;

  with derived as materialized (
    select d.* from private.derive_messages(p_integration_id, p_message_ids) d
  ),
  opened as (
    insert into public.conversations (id, org_id, line_id, external_number, last_message_at)
    select d.conversation_id, d.org_id, d.line_id, d.external_number, max(d.sent_at)
    from derived d
    where d.conversation_id is not null
      and not exists (select from public.conversations c where c.id = d.conversation_id)
    group by d.conversation_id, d.org_id, d.line_id, d.external_number
    order by d.conversation_id
    on conflict do nothing
  ),
  written as (
    insert into public.messages as m (
      id, org_id, integration_id, provider_message_id, phone_number_id, line_id, conversation_id, direction, business_number,
      external_number, body, state, failure_reason, sent_at
    )
    select
      d.id, d.org_id, p_integration_id, d.provider_message_id, d.phone_number_id, d.line_id, d.conversation_id, d.direction,
      d.business_number, d.external_number, d.body, d.state, d.failure_reason, d.sent_at
    from derived d
    order by d.id
    on conflict (id) do update set
      org_id = excluded.org_id, provider_message_id = excluded.provider_message_id, phone_number_id = excluded.phone_number_id,
      line_id = excluded.line_id, conversation_id = excluded.conversation_id, direction = excluded.direction,
      business_number = excluded.business_number, external_number = excluded.external_number, body = excluded.body,
      state = excluded.state, failure_reason = excluded.failure_reason, sent_at = excluded.sent_at
    where (
      m.org_id, m.provider_message_id, m.phone_number_id, m.line_id, m.conversation_id, m.direction, m.business_number,
      m.external_number, m.body, m.state, m.failure_reason, m.sent_at
    ) is distinct from (
      excluded.org_id, excluded.provider_message_id, excluded.phone_number_id, excluded.line_id, excluded.conversation_id,
      excluded.direction, excluded.business_number, excluded.external_number, excluded.body, excluded.state,
      excluded.failure_reason, excluded.sent_at
    )
    returning m.conversation_id
  )
  select array_agg(distinct w.conversation_id) into v_after from written w where w.conversation_id is not null;

  -- What turned out to be another one's statement leaves nothing behind.
  delete from public.messages m
  where m.id = any (p_message_ids)
    and not exists (select from private.outbox_requests r where r.message_id = m.id)
    and not exists (select from private.message_statements s where s.message_id = m.id);

  perform private.refresh_conversations(v_before || v_after);
end
$$;
comment on function private.write_messages(uuid, uuid[]) is
'Writes what is known of these messages, and their conversations. The caller holds the account''s lock (lock_messages), or its number''s.';
