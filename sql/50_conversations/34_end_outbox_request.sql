create function private.lock_request(p_request_id uuid) returns void
language plpgsql set search_path = '' as $$
declare
  v_request record;
begin
  select r.integration_id, l.e164 into v_request
  from private.outbox_requests r
  join public.lines l on l.id = r.line_id
  where r.id = p_request_id;
  perform private.lock_numbers(v_request.integration_id, array[v_request.e164]);
  perform private.lock_messages(v_request.integration_id);
end
$$;
comment on function private.lock_request(uuid) is
'Takes the locks that come before a request''s own: of its line''s number, then of the account''s messages.';

create function private.end_outbox_request(p_request_id uuid, p_outcome text, p_reason text, p_now timestamptz) returns void
language plpgsql set search_path = '' as $$
declare
  v_request private.outbox_requests;
begin
  update private.outbox_requests r set
    state = 'done', outcome = p_outcome, reason = left(p_reason, 2000), lease_until = null, finished_at = p_now
  where r.id = p_request_id
  returning * into v_request;
  if v_request.message_id is not null then
    perform private.write_messages(v_request.integration_id, array[v_request.message_id]);
  else
    update public.placed_calls c set
      state = case
        when p_outcome = 'sent' or (p_outcome = 'unconfirmed' and c.call_id is not null) then 'placed'
        when p_outcome = 'unconfirmed' then 'unconfirmed'
        else 'failed'
      end,
      reason = case when p_outcome <> 'sent' then left(p_reason, 2000) end
    where c.id = v_request.placed_call_id;
  end if;
end
$$;
comment on function private.end_outbox_request(uuid, text, text, timestamptz) is
'Ends a request and says so on its message or call. The caller holds it (lock_request, then the row).';

create function private.end_overdue_requests(p_now timestamptz) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_id uuid;
begin
  for v_id in
    select o.id
    from (
      select r.id, r.integration_id, r.place
      from private.outbox_requests r
      where r.state = 'sending' and r.lease_until <= p_now
      union all
      select r.id, r.integration_id, r.place
      from private.outbox_requests r
      where r.state in ('queued', 'claimed') and r.expires_at <= p_now and (r.state = 'queued' or r.lease_until <= p_now)
    ) o
    order by o.integration_id, o.place
  loop
    perform private.lock_request(v_id);
    perform from private.outbox_requests r
    where r.id = v_id and r.state = 'sending' and r.lease_until <= p_now
    for no key update;
    if found then
      perform private.end_outbox_request(
        v_id, 'unconfirmed', 'The program stopped while it was asking MightyCall. It is not tried again.', p_now
      );
      continue;
    end if;
    perform from private.outbox_requests r
    where r.id = v_id and r.expires_at <= p_now
      and (r.state = 'queued' or (r.state = 'claimed' and r.lease_until <= p_now))
    for no key update;
    if found then
      perform private.expire_outbox_request(v_id, p_now);
    end if;
  end loop;
end
$$;
comment on function private.end_overdue_requests(timestamptz) is
'Ends requests that can no longer be done: begun by a worker that stopped, or waiting for too long.';

create function private.expire_outbox_request(p_request_id uuid, p_now timestamptz) returns void
language plpgsql set search_path = '' as $$
declare
  v_request private.outbox_requests;
begin
  select * into v_request from private.outbox_requests r where r.id = p_request_id;
  perform private.end_outbox_request(
    p_request_id, 'failed',
    case when v_request.placed_call_id is not null then 'It could not be placed within two minutes, and would ring too late.'
      else 'It could not be sent within a day.' || coalesce(' Last: ' || v_request.reason, '') end,
    p_now
  );
end
$$;
comment on function private.expire_outbox_request(uuid, timestamptz) is 'Ends a request that has waited for too long.';
