create function private.read_party(p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return coalesce(private.parse_phone(p_text), nullif(left(btrim(p_text), 40), ''));
end
$$;
comment on function private.read_party(text) is 'The number of the other side, or the name it writes under.';

create function private.read_messages(p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz)
returns table (place integer, is_message boolean, statement private.message_statements, error text)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  select
    i.n::integer,
    jsonb_typeof(i.item) is distinct from 'object' or coalesce(lower(i.item ->> 'type'), 'message') in ('message', 'sms', 'text'),
    row(
      p_integration_id, 'journal',
      coalesce(v.provider_message_id, private.message_hash(v.stated_at, v.direction, v.business_number, v.external_number, v.body)),
      null, v.provider_message_id, v.direction, v.business_number, v.external_number, v.body, v.stated_at, w.state, p_observed_at,
      left(private.first_text(
        i.item, 'messageDeliveryError', 'failureReason', 'errorMessage', 'deliveryError', 'error', 'reason'
      ), 2000),
      w.state = 'delivered'
    )::private.message_statements,
    case
      when jsonb_typeof(i.item) is distinct from 'object' then 'The item is not a JSON object.'
      when char_length(v.provider_message_id) > 200 then 'The message''s requestGuid has more than 200 characters.'
      when v.direction is null then 'The message is neither Inbound nor Outbound.'
      when v.business_number is null then 'The message names no number of the account.'
      when v.external_number is null then 'The message names nobody outside.'
      when v.stated_at is null then 'The message has no readable created.'
      when v.stated_at not between '2005-01-01 00:00Z' and p_observed_at + interval '1 day' then 'The message''s created is impossible.'
    end
  from unnest(p_items) with ordinality as i (item, n)
  cross join lateral (
    select
      case when i.item ->> 'requestGuid' ~ '[^0{}\s-]' then btrim(i.item ->> 'requestGuid') end as provider_message_id,
      case lower(i.item ->> 'origin')
        when 'inbound' then 'inbound' when 'incoming' then 'inbound' when 'outbound' then 'outbound' when 'outgoing' then 'outbound'
      end as direction,
      private.parse_phone(private.first_text(i.item, 'businessNumber.number', 'businessNumber')) as business_number,
      private.read_party(private.first_text(i.item, 'client.address', 'client.phone', 'client.number', 'client')) as external_number,
      left(coalesce(
        case when jsonb_typeof(i.item -> 'text') = 'string' then i.item ->> 'text' end, i.item #>> '{textModel,text}', ''
      ), 10000) as body,
      private.parse_timestamp(private.first_text(i.item, 'created', 'createdUtc', 'dateTimeUtc')) as stated_at,
      lower(private.first_text(i.item, 'messageDeliveryStatus')) as status
    offset 0
  ) v
  cross join lateral (
    select case
      when v.direction = 'inbound' then 'received'
      when v.status = 'delivered' then 'delivered'
      when v.status in ('failed', 'undelivered', 'rejected', 'error') then 'failed'
      else 'sent'
    end as state
    offset 0
  ) w;
end
$$;
comment on function private.read_messages(uuid, jsonb[], timestamptz) is
'The one mapping from items of the provider''s journal to what they state of messages, by place in the page; error says why an item cannot be one.';

create function private.message_hash(
  p_stated_at timestamptz, p_direction text, p_business_number text, p_external_number text, p_body text
) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return 'content:' || encode(sha256(convert_to(
    jsonb_build_array(extract(epoch from p_stated_at), p_direction, p_business_number, p_external_number, p_body)::text, 'UTF8'
  )), 'hex');
end
$$;
comment on function private.message_hash(timestamptz, text, text, text, text) is 'What a message is known by that its source gives no id.';

create function private.apply_messages(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer,
  out rejected_positions integer[], out rejection_reasons text[]
)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_items jsonb[];
  v_stated private.message_statements[];
  v_numbers text[];
  v_fresh text[];
  v_delivered text[];
  v_statement private.message_statements;
  v_touched uuid[] := '{}';
begin
  select
    array_agg(p_items[r.place] order by r.place) filter (where r.error is null),
    array_agg(r.statement order by r.place) filter (where r.error is null),
    array_agg(distinct (r.statement).business_number) filter (where r.error is null),
    array_agg(r.place order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_items, v_stated, v_numbers, rejected_positions, rejection_reasons
  from private.read_messages(p_integration_id, p_items, p_observed_at) r
  where r.is_message;

  perform private.add_phone_numbers(p_integration_id, v_numbers);
  perform private.lock_numbers(p_integration_id, v_numbers);
  perform private.lock_messages(p_integration_id);

  select
    array_agg(k.provider_id) filter (where k.is_new or k.is_changed),
    count(*) filter (where k.is_new), count(*) filter (where k.is_changed and not k.is_new)
  into v_fresh, new_items, changed_items
  from private.keep_items(
    p_integration_id, 'messages', array(select s.statement_key from unnest(v_stated) with ordinality as s order by s.ordinality),
    v_items, p_observed_at
  ) k;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;

  -- The oldest first, as they settle what we sent. Of two statements in one page the later one counts.
  for v_statement in
    select f.*
    from (
      select distinct on (s.statement_key) s.*
      from unnest(v_stated) with ordinality as s
      where s.statement_key = any (v_fresh)
      order by s.statement_key, s.ordinality desc
    ) f
    order by f.stated_at, f.statement_key
  loop
    v_touched := v_touched || private.place_statement(v_statement);
  end loop;

  -- Delivered once is delivered, also where an older page says so.
  v_delivered := array(select s.statement_key from unnest(v_stated) s where s.was_delivered);
  with delivered as (
    update private.message_statements k set was_delivered = true
    where k.integration_id = p_integration_id and k.source = 'journal' and k.statement_key = any (v_delivered) and not k.was_delivered
    returning k.message_id
  )
  select v_touched || array_agg(d.message_id) into v_touched from delivered d;

  perform private.write_messages(p_integration_id, v_touched);
end
$$;
comment on function private.apply_messages(uuid, jsonb[], timestamptz) is
'Merges a page of the provider''s journal: keeps what each item states and writes the messages. Items of other kinds are passed over, those that cannot be messages are rejected by position.';
