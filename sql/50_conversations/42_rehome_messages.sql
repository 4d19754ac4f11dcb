create function private.rehome_messages(p_phone_number_id uuid) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_number public.phone_numbers;
  v_message_ids uuid[];
begin
  select * into v_number from public.phone_numbers n where n.id = p_phone_number_id;
  -- By what they say: a message may have come before its number was in the inventory.
  select array_agg(m.id) into v_message_ids
  from public.messages m
  cross join lateral private.line_at(v_number.integration_id, v_number.e164, m.sent_at) l
  where m.integration_id = v_number.integration_id and m.business_number = v_number.e164
    and (m.org_id, m.phone_number_id, m.line_id) is distinct from (l.org_id, l.phone_number_id, l.line_id);
  if v_message_ids is not null then
    perform private.write_messages(v_number.integration_id, v_message_ids);
  end if;
end
$$;
comment on function private.rehome_messages(uuid) is
'Takes the messages of a number to whose it was when they were sent. The caller holds the number, so that nobody writes any of them meanwhile.';
