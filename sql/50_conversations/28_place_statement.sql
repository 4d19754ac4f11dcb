create function private.place_statement(p_statement private.message_statements) returns uuid[]
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_home constant uuid := extensions.uuid_generate_v5(p_statement.integration_id, 'message:' || p_statement.statement_key);
  v_text constant text := btrim(regexp_replace(p_statement.body, '\s+', ' ', 'g'));
  v_named_by text;
  v_other text;
  v_other_home uuid;
  v_message_id uuid;
  v_touched uuid[] := '{}';
begin
  select s.message_id into v_message_id
  from private.message_statements s
  where s.integration_id = p_statement.integration_id and s.source = p_statement.source
    and s.statement_key = p_statement.statement_key;

  if v_message_id is null then
    select s.message_id, s.source into v_message_id, v_named_by
    from private.message_statements s
    where s.integration_id = p_statement.integration_id and s.statement_key = p_statement.statement_key
      and s.source <> p_statement.source and s.message_id is not null
    order by array_position(array['answer', 'journal', 'event'], s.source)
    limit 1;

    -- One message is stated once in the journal. A statement that was there only because it is alike makes room for the one
    -- with the same id; where it is itself there by its id, the event with this id was the one that was only alike.
    select s.statement_key, extensions.uuid_generate_v5(s.integration_id, 'message:' || s.statement_key) into v_other, v_other_home
    from private.message_statements s
    where p_statement.source = 'journal' and s.message_id = v_message_id and s.source = 'journal';
    if v_other is not null then
      if v_named_by = 'answer' or v_message_id = v_home or (
        v_message_id <> v_other_home and not exists (
          select from private.message_statements s
          where s.message_id = v_message_id and s.statement_key = v_other and s.source <> 'journal'
        )
      ) then
        update private.message_statements s set message_id = v_other_home
        where s.message_id = v_message_id and s.statement_key = v_other and s.source <> 'answer';
        v_touched := v_touched || v_other_home;
      else
        update private.message_statements s set message_id = v_home
        where s.integration_id = p_statement.integration_id and s.message_id = v_message_id
          and s.statement_key = p_statement.statement_key and s.source = 'event';
        v_touched := v_touched || v_message_id;
        v_message_id := v_home;
      end if;
    end if;
  end if;

  -- By what it says: first what we sent ourselves, the oldest first, then what the other source told of, the nearest first.
  if v_message_id is null and p_statement.direction is not null and p_statement.body is not null then
    select m.id into v_message_id
    from public.messages m
    left join private.outbox_requests r on r.message_id = m.id
    where m.integration_id = p_statement.integration_id and m.business_number = p_statement.business_number
      and m.external_number = p_statement.external_number and m.direction = p_statement.direction
      and btrim(regexp_replace(m.body, '\s+', ' ', 'g')) = v_text
      and case
        when r.id is null then
          p_statement.stated_at between m.sent_at - interval '10 minutes' and m.sent_at + interval '10 minutes'
        else
          p_statement.stated_at between r.begun_at - interval '2 minutes' and r.begun_at + interval '30 minutes'
          and (r.outcome is distinct from 'failed' or p_statement.state = 'failed')
      end
      -- One statement of the journal, one event; without ids one that it left, and one of how it ended.
      and not exists (
        select from private.message_statements s
        where s.message_id = m.id and s.source = p_statement.source and (
          s.source = 'journal' or s.provider_message_id is not null or p_statement.provider_message_id is not null
          or (s.state in ('delivered', 'failed')) = (p_statement.state in ('delivered', 'failed'))
        )
      )
    order by
      r.id is null, r.outcome is not distinct from 'failed', r.begun_at,
      greatest(m.sent_at - p_statement.stated_at, p_statement.stated_at - m.sent_at), m.id
    limit 1;
    v_message_id := coalesce(v_message_id, v_home);
  end if;

  insert into private.message_statements as s
  select (p_statement).integration_id, (p_statement).source, (p_statement).statement_key, v_message_id,
    (p_statement).provider_message_id, (p_statement).direction, (p_statement).business_number, (p_statement).external_number,
    (p_statement).body, (p_statement).stated_at, (p_statement).state, (p_statement).state_at, (p_statement).reason,
    (p_statement).was_delivered
  on conflict (integration_id, source, statement_key) do update set
    message_id = excluded.message_id,
    provider_message_id = excluded.provider_message_id, direction = excluded.direction,
    business_number = excluded.business_number, external_number = excluded.external_number, body = excluded.body,
    stated_at = excluded.stated_at, state = excluded.state, state_at = excluded.state_at, reason = excluded.reason,
    was_delivered = s.was_delivered or excluded.was_delivered;

  -- Events that named it before anybody said what it was.
  update private.message_statements s set message_id = v_message_id
  where s.integration_id = p_statement.integration_id and s.statement_key = p_statement.statement_key
    and s.message_id is null and v_message_id is not null;

  return v_touched || v_message_id;
end
$$;
comment on function private.place_statement(private.message_statements) is
'Keeps a statement and finds which message it is of: by its own id, by the same id in another source, by what it says, else a new one. Returns the messages to be written anew.';
