create function private.finish_outbox_request(
  p_request_id uuid, p_worker text, p_outcome text, p_provider_id text, p_reason text, p_retry_at timestamptz, p_now timestamptz
) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_request private.outbox_requests;
  v_provider_id constant text := nullif(btrim(p_provider_id), '');
  v_other uuid[];
begin
  perform private.lock_request(p_request_id);
  select * into v_request
  from private.outbox_requests r
  where r.id = p_request_id and r.worker = p_worker and (
    (r.state = 'sending' and p_outcome in ('sent', 'failed', 'unconfirmed', 'retry'))
    -- Nothing had been sent yet.
    or (r.state = 'claimed' and p_outcome in ('failed', 'retry'))
    -- A worker that was given up comes back and knows what became of it.
    or (r.state = 'done' and r.outcome in ('unconfirmed', 'unlisted') and p_outcome in ('sent', 'failed', 'retry'))
  )
  for no key update;
  if not found then
    return false;
  end if;

  if p_outcome = 'retry' and v_request.state <> 'done' and not exists (
    select from private.message_statements s where s.message_id = v_request.message_id
  ) then
    update private.outbox_requests r set
      state = 'queued', worker = null, lease_until = null, begun_at = null, run_after = coalesce(p_retry_at, p_now),
      reason = left(p_reason, 2000)
    where r.id = p_request_id;
    if v_request.message_id is not null then
      perform private.write_messages(v_request.integration_id, array[v_request.message_id]);
    else
      update public.placed_calls c set state = 'queued', begun_at = null, reason = left(p_reason, 2000)
      where c.id = v_request.placed_call_id;
    end if;
    return true;
  end if;

  if p_outcome = 'sent' and v_request.message_id is not null and char_length(v_provider_id) <= 200 and v_provider_id ~ '[^0{}\s-]' then
    -- What was told under this id before the answer was here is this message.
    with told as (
      select s.integration_id, s.source, s.statement_key, s.message_id
      from private.message_statements s
      where s.integration_id = v_request.integration_id and s.statement_key = v_provider_id
        and s.message_id is distinct from v_request.message_id
        and not exists (select from private.outbox_requests r where r.message_id = s.message_id)
        and not (s.source = 'journal' and exists (
          select from private.message_statements o where o.message_id = v_request.message_id and o.source = 'journal'
        ))
    ),
    moved as (
      update private.message_statements s set message_id = v_request.message_id
      from told
      where s.integration_id = told.integration_id and s.source = told.source and s.statement_key = told.statement_key
      returning told.message_id
    )
    select array_agg(m.message_id) filter (where m.message_id is not null) into v_other from moved m;
    insert into private.message_statements (integration_id, source, statement_key, message_id, provider_message_id)
    values (v_request.integration_id, 'answer', v_provider_id, v_request.message_id, v_provider_id)
    on conflict do nothing;
    perform private.write_messages(v_request.integration_id, v_other);
  end if;
  if v_request.placed_call_id is not null and p_outcome = 'sent' then
    update public.placed_calls c set provider_call_id = left(v_provider_id, 200) where c.id = v_request.placed_call_id;
  end if;
  perform private.end_outbox_request(
    p_request_id, case p_outcome when 'retry' then 'failed' else p_outcome end,
    case when p_outcome <> 'sent' then coalesce(p_reason, 'MightyCall gave no reason.') end, p_now
  );
  if v_request.placed_call_id is not null then
    perform private.settle_placed_call(v_request.placed_call_id);
  end if;
  return true;
end
$$;
comment on function private.finish_outbox_request(uuid, text, text, text, text, timestamptz, timestamptz) is
'Ends a request: sent, failed with a reason, unconfirmed, or retry at p_retry_at where it is certain that nothing reached the provider. False when it is no longer this worker''s.';
grant execute on function private.finish_outbox_request(uuid, text, text, text, text, timestamptz, timestamptz) to sync;
