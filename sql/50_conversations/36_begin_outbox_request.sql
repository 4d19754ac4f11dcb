create function private.begin_outbox_request(p_request_id uuid, p_worker text, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_request private.outbox_requests;
  v_line public.lines;
begin
  perform private.lock_request(p_request_id);
  select * into v_request
  from private.outbox_requests r
  where r.id = p_request_id and r.worker = p_worker and r.state = 'claimed' and r.lease_until > p_now
  for no key update;
  if not found then
    return false;
  end if;

  if v_request.expires_at <= p_now then
    perform private.expire_outbox_request(p_request_id, p_now);
    return false;
  end if;
  select * into v_line from public.lines l where l.id = v_request.line_id;
  if not v_line.period @> p_now then
    perform private.end_outbox_request(p_request_id, 'failed', 'The organization has this number no more.', p_now);
    return false;
  end if;
  if exists (
    select from public.conversations c
    where c.line_id = v_request.line_id and c.external_number = v_request.recipient and c.opted_out_at is not null
      and v_request.message_id is not null
  ) then
    perform private.end_outbox_request(p_request_id, 'failed', private.opted_out_reason(), p_now);
    return false;
  end if;
  -- Switched off or closed meanwhile: it waits until that is undone, or its time is over.
  if exists (
    select
    from public.integrations i
    join public.organizations o on o.id in (i.org_id, v_line.org_id)
    where i.id = v_request.integration_id and (i.disabled_at is not null or o.archived_at is not null)
  ) then
    update private.outbox_requests r set state = 'queued', worker = null, lease_until = null where r.id = p_request_id;
    return false;
  end if;

  update private.outbox_requests r set state = 'sending', begun_at = p_now, lease_until = p_now + interval '2 minutes', reason = null
  where r.id = p_request_id;
  if v_request.message_id is not null then
    perform private.write_messages(v_request.integration_id, array[v_request.message_id]);
  else
    update public.placed_calls c set state = 'sending', begun_at = p_now where c.id = v_request.placed_call_id;
  end if;
  return true;
end
$$;
comment on function private.begin_outbox_request(uuid, text, timestamptz) is
'To be committed before the provider is asked: from here on the request is never tried again by itself. False: it is not to be done (any more), or not by this worker.';
grant execute on function private.begin_outbox_request(uuid, text, timestamptz) to sync;
