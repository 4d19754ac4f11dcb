begin;
select plan(34);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme, array['messages:read']) as key, tests.api_key(w.acme, array['calls:read']) as other_key
from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.write(p_at text, p_person int, p_state text, p_said jsonb default '{}') returns void
language sql as $$
  with said as (
    select m.*
    from story s
    cross join lateral jsonb_populate_record(null::public.messages, jsonb_build_object(
      'id', gen_random_uuid(), 'org_id', s.acme, 'integration_id', s.platform_account, 'line_id', s.given,
      'direction', case p_state when 'received' then 'inbound' else 'outbound' end, 'business_number', '+12125550101',
      'external_number', '+1212555015' || p_person, 'body', 'Hello', 'state', p_state, 'sent_at', p_at
    ) || p_said) m
  ),
  opened as (
    insert into public.conversations (id, org_id, line_id, external_number, last_message_at)
    select extensions.uuid_generate_v5(line_id, external_number), org_id, line_id, external_number, sent_at from said where line_id is not null
    on conflict do nothing
  )
  insert into public.messages (
    id, org_id, integration_id, provider_message_id, line_id, conversation_id, direction, business_number, external_number, body, state,
    sent_at, sent_by
  )
  select
    id, org_id, integration_id, provider_message_id, line_id, extensions.uuid_generate_v5(line_id, external_number), direction,
    business_number, external_number, body, state, sent_at, sent_by
  from said
$$;
create function pg_temp.told(
  p_kpi text, p_from text default '2025-06-02', p_to text default '2025-06-03', p_line_ids uuid[] default null,
  p_member_ids uuid[] default null, p_in_hours boolean default null
) returns text
language sql as $$
  select format(
    '%s: %s / %s over %s of %s', coalesce(round(k.value, 3)::text, 'not measurable'), trim_scale(k.numerator), trim_scale(k.denominator),
    k.known, k.total
  )
  from story s, public.kpi_messages(s.acme, (p_from || 'Z')::timestamptz, (p_to || 'Z')::timestamptz, p_line_ids, p_member_ids, p_in_hours) k
  where k.kpi = p_kpi
$$;
grant execute on function pg_temp.told(text, text, text, uuid[], uuid[], boolean) to public;

-- 2 June: 0150 writes twice and is answered after ten minutes, 0151 after an hour, 0152 never, 0153 writes to no line.
select
  pg_temp.write('2025-06-02 09:00Z', 0, 'received'), pg_temp.write('2025-06-02 09:01Z', 0, 'received'),
  pg_temp.write('2025-06-02 09:10Z', 0, 'delivered', jsonb_build_object('sent_by', agent)), pg_temp.write('2025-06-02 09:11Z', 0, 'sent'),
  pg_temp.write('2025-06-02 09:00Z', 1, 'received'),
  pg_temp.write('2025-06-02 09:30Z', 1, 'failed', '{"provider_message_id": "m1"}'), pg_temp.write('2025-06-02 10:00Z', 1, 'delivered'),
  pg_temp.write('2025-06-02 09:00Z', 2, 'received'), pg_temp.write('2025-06-02 09:30Z', 2, 'failed'),
  pg_temp.write('2025-06-02 09:30Z', 2, 'queued'), pg_temp.write('2025-06-02 09:30Z', 2, 'sending'),
  pg_temp.write('2025-06-02 09:30Z', 2, 'unconfirmed'),
  pg_temp.write('2025-06-02 09:00Z', 3, 'received', '{"line_id": null}'),
  pg_temp.write('2025-06-02 09:00Z', 4, 'received', jsonb_build_object('org_id', globex, 'line_id', theirs)),
  pg_temp.write('2025-06-01 23:59Z', 5, 'received'), pg_temp.write('2025-06-03 00:00Z', 6, 'received')
from story;

select tests.act_as(manager) from story;
select is(pg_temp.told('messages_received'), '5.000: 5 / 1 over 5 of 5', 'messages that came in the range');
select is(
  pg_temp.told('messages_sent'), '4.000: 4 / 1 over 4 of 4', 'and those that left: not what waits, was refused here, or may not have left'
);
select is(pg_temp.told('message_delivery_rate'), '0.500: 2 / 4 over 3 of 4', 'of which two are known to have arrived, and one not to');
select is(
  pg_temp.told('first_reply_median'), '2100.000: 2100 / 1 over 2 of 4',
  'ten minutes and an hour from the first message to the reply that left'
);
select is(pg_temp.told('messages_received', p_line_ids => array[other]), '0.000: 0 / 1 over 0 of 0', 'of a line') from story;
select is(pg_temp.told('messages_sent', p_line_ids => array[given]), '4.000: 4 / 1 over 4 of 4', 'that has some') from story;
select is(pg_temp.told('messages_sent', p_line_ids => array[theirs]), '0.000: 0 / 1 over 0 of 0', 'others'' have none') from story;
select is(pg_temp.told('messages_sent', p_member_ids => array[agent_member]), '1.000: 1 / 1 over 1 of 1', 'what a member sent') from story;
select is(
  pg_temp.told('messages_received', p_member_ids => array[agent_member]), '0.000: 0 / 1 over 0 of 0', 'is not what came'
) from story;
select is(
  pg_temp.told('message_delivery_rate', '2025-05-02', '2025-05-03'), 'not measurable: 0 / 0 over 0 of 0', 'of none there is no rate'
);
select is(pg_temp.told('first_reply_median', '2025-05-02', '2025-05-03'), 'not measurable:  / 1 over 0 of 0', 'and no reply');

-- What opens a conversation.
select tests.act_as_role('postgres');
select
  pg_temp.write('2025-06-10 09:00Z', 0, 'received'), pg_temp.write('2025-06-11 09:00Z', 0, 'received'),
  pg_temp.write('2025-06-12 09:00:01Z', 0, 'received'), pg_temp.write('2025-06-12 09:02:01Z', 0, 'sent'),
  pg_temp.write('2025-06-12 09:03Z', 0, 'received'), pg_temp.write('2025-06-12 09:03:30Z', 0, 'sent');
select tests.act_as(agent) from story;
select is(
  pg_temp.told('first_reply_median', '2025-06-10', '2025-06-11'), '172921.000: 172921 / 1 over 1 of 1',
  'the first of a conversation, that follows one of ours, opens it; the reply may come after the range'
);
select is(
  pg_temp.told('first_reply_median', '2025-06-11', '2025-06-12'), 'not measurable:  / 1 over 0 of 0', 'one more within a day does not'
);
select is(
  pg_temp.told('first_reply_median', '2025-06-12', '2025-06-13'), '75.000: 75 / 1 over 2 of 2',
  'one after more than a day does, and one after ours'
);

-- Business hours.
select tests.act_as_role('postgres');
update public.organization_settings set business_hours = '[{"weekday": 1, "opens": "09:00", "closes": "09:05"}]'
where org_id = (select acme from story);
select tests.act_as(agent) from story;
select is(pg_temp.told('messages_received', p_in_hours => true), '5.000: 5 / 1 over 5 of 5', 'those in business hours');
select is(pg_temp.told('messages_sent', p_in_hours => true), '0.000: 0 / 1 over 0 of 0', 'of which none were sent');
select is(pg_temp.told('messages_sent', p_in_hours => false), '4.000: 4 / 1 over 4 of 4', 'but out of them');
select is(
  (
    select trim_scale(k.value)::text
    from public.kpi_messages(null, '2025-06-02Z', '2025-06-03Z', p_in_hours => true) k
    where k.kpi = 'messages_received'
  ), '5', 'of all organizations too, though nobody''s calls are read in full'
);

-- Who reads messages.
create function pg_temp.error(p_org_id uuid, p_from text default '2025-06-02', p_to text default '2025-06-03') returns text
language sql as $$
  select tests.attempt(format('select public.kpi_messages(%L, %L, %L)', p_org_id, p_from, p_to))
$$;
grant execute on function pg_temp.error(uuid, text, text) to public;
select is(pg_temp.error(acme), '4 rows', 'agents read messages') from story;
select is(pg_temp.error(acme, '2025-06-02', '2025-07-04'), 'PT422 range_too_long', 'of at most 31 days') from story;
select is(pg_temp.error(acme, '2025-06-02', '2025-06-01'), 'PT422 range_reversed', 'forward') from story;
select is(
  (select trim_scale(k.value)::text from public.kpi_messages(null, '2025-06-02Z', '2025-06-03Z') k where k.kpi = 'messages_received'), '5',
  'of all organizations in which they do'
);
select tests.act_as(viewer) from story;
select is(pg_temp.error(acme), 'PT403 role_not_sufficient', 'viewers read none, which is not to have none') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.told('messages_sent'), '4.000: 4 / 1 over 4 of 4', 'admins theirs');
select tests.act_as_role('postgres');
update private.sync_cursors set watermark = '2025-06-02 10:00Z';
update private.sync_cursors set watermark = '2025-06-02 09:00Z' where resource = 'messages';
select tests.act_as(agent) from story;
select is(
  (select min(k.data_through) from story s, public.kpi_messages(s.acme, '2025-06-02Z', '2025-06-03Z') k), '2025-06-02 09:00Z'::timestamptz,
  'they are complete as far as the messages were read'
);
select tests.act_as_role('postgres');
select is(
  tests.told_to_key(
    key, format('select min(data_through at time zone ''UTC'') as at from public.kpi_messages(%L, ''2025-06-02Z'', ''2025-06-03Z'')', acme)
  ), '[{"at": "2025-06-02T09:00:00"}]', 'as a key is told'
) from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.error(acme), 'PT404 organization_not_found', 'and nobody else''s') from story;
select tests.act_as(platform_admin) from story;
select is(
  (select trim_scale(k.value)::text from public.kpi_messages(null, '2025-06-02Z', '2025-06-03Z') k where k.kpi = 'messages_received'), '6',
  'the operator all'
);
select tests.act_as_role('postgres');
select is(
  tests.told_to_key(key, format(
    'select kpi, value from public.kpi_messages(%L, ''2025-06-02Z'', ''2025-06-03Z'') where kpi like ''messages_r%%''', acme
  )),
  '[{"kpi": "messages_received", "value": 5}]', 'API keys those of their organization'
) from story;
select is(
  tests.told_to_key(other_key, format('select 1 from public.kpi_messages(%L, ''2025-06-02Z'', ''2025-06-03Z'')', acme)),
  'PT403 scope_missing', 'with messages:read'
) from story;
select is(
  tests.told_to_key(key, format('select 1 from public.kpi_messages(%L, ''2025-06-02Z'', ''2025-06-03Z'')', globex)),
  'PT404 organization_not_found', 'and no others'
) from story;
select is(
  tests.told_to_key(key, 'select value from public.kpi_messages(null, ''2025-06-02Z'', ''2025-06-03Z'') where kpi = ''messages_received'''),
  '[{"value": 5}]', 'not even when all are asked for'
) from story;
select is(
  tests.told_to_key(key, format(
    'select 1 from public.kpi_messages(%L, ''2025-06-02Z'', ''2025-06-03Z'', p_member_ids => array[%L::uuid])', acme, agent_member
  )),
  'PT403 scope_missing', 'who does not read who the members are is not told that they sent nothing'
) from story;

-- Somebody of two organizations.
select tests.join(agent, globex, 'agent'), pg_temp.write(
  '2025-06-02 09:30Z', 4, 'sent', jsonb_build_object('org_id', globex, 'line_id', theirs, 'sent_by', agent)
) from story;
select tests.act_as(agent) from story;
select is(
  (
    select trim_scale(k.value)::text
    from story s, public.kpi_messages(null, '2025-06-02Z', '2025-06-03Z', p_member_ids => array[s.agent_member]) k
    where k.kpi = 'messages_sent'
  ), '1', 'what a member sent is what they sent for that organization'
);

select * from finish();
rollback;
