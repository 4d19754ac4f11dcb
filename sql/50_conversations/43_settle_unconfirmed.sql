create function private.settle_unconfirmed(p_integration_id uuid, p_read_through timestamptz) returns void
language plpgsql set search_path = '' as $$
declare
  v_calls_read_through timestamptz;
  v_request_id uuid;
begin
  if not exists (
    select from private.outbox_requests r where r.integration_id = p_integration_id and r.outcome = 'unconfirmed'
  ) then
    return;
  end if;
  select c.watermark into v_calls_read_through
  from private.sync_cursors c
  where c.integration_id = p_integration_id and c.resource = 'calls';

  for v_request_id in
    select r.id
    from private.outbox_requests r
    left join public.messages m on m.id = r.message_id
    left join public.placed_calls c on c.id = r.placed_call_id
    where r.integration_id = p_integration_id and r.outcome = 'unconfirmed'
      and case
        when r.message_id is not null then m.state = 'unconfirmed' and r.begun_at < p_read_through - interval '1 hour'
        else c.state = 'unconfirmed' and r.begun_at < v_calls_read_through - interval '1 hour'
      end
    order by r.place
  loop
    perform private.lock_request(v_request_id);
    -- Its own worker may have come back meanwhile.
    perform from private.outbox_requests r where r.id = v_request_id and r.outcome = 'unconfirmed' for no key update;
    if found then
      perform private.end_outbox_request(v_request_id, 'unlisted', 'MightyCall never listed it, so it did not go out.', p_read_through);
    end if;
  end loop;
end
$$;
comment on function private.settle_unconfirmed(uuid, timestamptz) is
'After the journal was read through to an instant: what may have been sent an hour before that, and is not listed, was not. Calls likewise, by how far the calls were read.';
