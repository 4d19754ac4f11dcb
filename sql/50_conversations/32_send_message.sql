create function private.send_message(p_line_id uuid, p_to text[], p_body text, p_idempotency_key text)
returns table (message_id uuid, recipient text, state text, failure_reason text)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_line constant public.lines := private.require_line(p_line_id, 'messages:send');
  v_key constant text := private.read_idempotency_key(p_idempotency_key);
  v_recipients constant text[] := private.read_recipients(p_to, v_line);
  v_message_ids uuid[] := array(select gen_random_uuid() from unnest(v_recipients));
  v_conversation_ids uuid[];
  v_earlier uuid[];
  v_integration public.integrations;
begin
  if p_body is null or private.is_blank(p_body) then
    raise exception 'The message is empty.'
      using errcode = 'PT422', detail = 'message_empty', hint = 'Write something.';
  end if;
  if char_length(p_body) > 1600 then
    raise exception 'The message has % characters, more than 1,600.', char_length(p_body)
      using errcode = 'PT422', detail = 'message_too_long', hint = 'Shorten it, or send it in parts.';
  end if;

  v_earlier := private.earlier_result(
    v_key, jsonb_build_object('does', 'send_message', 'line_id', p_line_id, 'to', p_to, 'body', p_body), v_message_ids
  );
  if v_earlier is null then
    v_integration := private.require_open_line(v_line);
    perform private.lock_messages(v_integration.id);
    v_conversation_ids := array(
      select extensions.uuid_generate_v5(v_line.id, r.e164) from unnest(v_recipients) with ordinality as r (e164, n) order by r.n
    );
    insert into public.conversations (id, org_id, line_id, external_number, last_message_at)
    select c.id, v_line.org_id, v_line.id, c.e164, now()
    from unnest(v_conversation_ids, v_recipients) as c (id, e164)
    order by c.id
    on conflict do nothing;

    insert into public.messages (
      id, org_id, integration_id, phone_number_id, line_id, conversation_id, direction, business_number, external_number, body,
      state, failure_reason, sent_at, sent_by, api_key_id
    )
    select
      r.id, v_line.org_id, v_integration.id, v_line.phone_number_id, v_line.id, r.conversation_id, 'outbound', v_line.e164, r.e164, p_body,
      case when c.opted_out_at is null then 'queued' else 'failed' end,
      case when c.opted_out_at is not null then private.opted_out_reason() end,
      now(), auth.uid(), case when auth.uid() is null then nullif(current_setting('victorysync.api_key_id', true), '')::uuid end
    from unnest(v_message_ids, v_conversation_ids, v_recipients) as r (id, conversation_id, e164)
    join public.conversations c on c.id = r.conversation_id;

    insert into private.outbox_requests (
      integration_id, line_id, recipient, message_id, state, outcome, reason, run_after, expires_at, finished_at
    )
    select
      v_integration.id, v_line.id, m.external_number, m.id,
      case m.state when 'queued' then 'queued' else 'done' end, case m.state when 'failed' then 'refused' end, m.failure_reason,
      now(), now() + interval '1 day', case m.state when 'failed' then now() end
    from unnest(v_message_ids) with ordinality as r (id, n)
    join public.messages m on m.id = r.id
    order by r.n;

    perform private.refresh_conversations(v_conversation_ids);
    notify sync_jobs;
  end if;

  -- As it was answered then, whatever became of them since.
  return query
  select
    m.id, m.external_number, case r.outcome when 'refused' then 'failed' else 'queued' end,
    case r.outcome when 'refused' then r.reason end
  from unnest(coalesce(v_earlier, v_message_ids)) with ordinality as given (id, n)
  join public.messages m on m.id = given.id
  join private.outbox_requests r on r.message_id = m.id
  order by given.n;
end
$$;
comment on function private.send_message(uuid, text[], text, text) is
'Puts a message to each recipient in the outbox; the caller''s right is checked inside.';
grant execute on function private.send_message(uuid, text[], text, text) to authenticated, api_reader;

create function private.opted_out_reason() returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return 'The recipient answered STOP and has not taken it back.';
end
$$;
comment on function private.opted_out_reason() is 'Why nothing is sent to who does not want it.';

create function public.send_message(p_line_id uuid, p_to text[], p_body text, p_idempotency_key text default null)
returns table (message_id uuid, recipient text, state text, failure_reason text)
language sql set search_path = '' as $$
  select * from private.send_message(p_line_id, p_to, p_body, p_idempotency_key)
$$;
comment on function public.send_message(uuid, text[], text, text) is
'Sends a text message from a line to up to 100 recipients (agents and managers from lines given to them, org admins, API keys with messages:send).

Answers with a row for each recipient, each once: queued, or failed where the recipient answered STOP. What becomes of them is in
messages. With p_idempotency_key, or the header Idempotency-Key, which API keys have to send, the same request is done once and
answered alike each time. count_segments tells how many segments a text takes.
Errors: line_not_found, role_not_sufficient, scope_missing, idempotency_key_missing, idempotency_key_invalid, recipient_missing, recipient_invalid, recipients_too_many, recipient_is_own_number, message_empty, message_too_long, idempotency_key_reused, organization_archived, line_not_current, integration_disabled.';
grant execute on function public.send_message(uuid, text[], text, text) to authenticated, api_reader;
