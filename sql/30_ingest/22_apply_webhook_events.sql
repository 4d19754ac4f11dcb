create function private.apply_webhook_events(p_event_ids bigint[]) returns void
language plpgsql set search_path = '' as $$
declare
  v_integration_ids uuid[];
  v_call_ids text[];
  v_call record;
begin
  select array_agg(c.integration_id), array_agg(c.provider_call_id) into v_integration_ids, v_call_ids
  from (
    select distinct e.integration_id, e.provider_call_id
    from private.webhook_events e
    where e.id = any (p_event_ids) and e.status = 'applied'
  ) c;
  if v_call_ids is null then
    return;
  end if;

  perform private.lock_calls(v_integration_ids, v_call_ids);

  for v_call in
    select c.integration_id, c.call_id from unnest(v_integration_ids, v_call_ids) as c (integration_id, call_id) order by 1, 2
  loop
    begin
      perform private.write_calls(v_call.integration_id, array[v_call.call_id]);
    exception
      -- These pass by themselves: the sender tries again and nothing is marked.
      when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
        raise;
      when others then
        update private.webhook_events e set status = 'failed', error = sqlerrm
        where e.id = any (p_event_ids)
          and e.integration_id = v_call.integration_id and e.provider_call_id = v_call.call_id;
    end;
  end loop;
end
$$;
comment on function private.apply_webhook_events(bigint[]) is
'Writes the calls of events just read, one savepoint a call; events of a call that cannot be written become failed.';
