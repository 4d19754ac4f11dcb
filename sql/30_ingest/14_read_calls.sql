create function private.read_calls(p_payloads jsonb[])
returns table (
  place integer, provider_call_id text, direction text, provider_status text, business_number text,
  external_number text, external_name text, started_at timestamptz, duration_seconds integer, legs jsonb, recording_url text,
  has_recording boolean, error text
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  -- A page at once: a call of a function per item costs more than the reading. So what has its usual shape is read right here,
  -- and the parsers are left what has not. "offset 0" keeps a value that is used often from being worked out at every use.
  return query
  select
    i.n::integer, v.provider_call_id, v.direction, left(i.payload ->> 'callStatus', 100),
    case when p.business_is_usual then i.payload ->> 'businessNumber' else private.parse_phone(i.payload ->> 'businessNumber') end,
    case when p.outside_is_usual then o.outside ->> 'phone' else private.parse_phone(o.outside ->> 'phone') end,
    nullif(left(btrim(o.outside ->> 'name'), 200), ''),
    v.started_at,
    -- Longer than a week is a broken value, not a call.
    case when v.milliseconds between 0 and 604800000 then floor(v.milliseconds / 1000)::integer end,
    agents.legs,
    r.url,
    coalesce(r.url is not null or btrim(i.payload -> 'callRecord' ->> 'fileName') <> '', false),
    case
      when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
      when v.provider_call_id is null then 'The call has no id.'
      when char_length(v.provider_call_id) > 200 then 'The call''s id has more than 200 characters.'
      when v.started_at is null then 'The call has no readable dateTimeUtc.'
      when v.started_at not between '2005-01-01 00:00Z' and now() + interval '1 day' then 'The call''s dateTimeUtc is impossible.'
    end
  from unnest(p_payloads) with ordinality as i (payload, n)
  cross join lateral (
    select
      nullif(btrim(i.payload ->> 'id'), '') as provider_call_id,
      case
        when translate(s.started_at, '012345678', '999999999') = '9999-99-99T99:99:99.999Z'
          and pg_input_is_valid(s.started_at, 'timestamptz') then s.started_at::timestamptz
        else private.parse_timestamp(s.started_at)
      end as started_at,
      case
        when s.duration <> '' and char_length(s.duration) <= 18 and translate(s.duration, '0123456789', '') = '' then s.duration::numeric
        else private.parse_number(s.duration)
      end as milliseconds,
      case lower(i.payload ->> 'direction')
        when 'incoming' then 'inbound' when 'outgoing' then 'outbound' when 'callback' then 'callback' when 'internal' then 'internal'
      end as direction,
      case when jsonb_typeof(i.payload -> 'called') = 'array' then i.payload -> 'called' else '[]' end as called
    from (select i.payload ->> 'dateTimeUtc' as started_at, i.payload ->> 'duration' as duration offset 0) s
    offset 0
  ) v
  cross join lateral (
    select
      case
        when v.direction = 'inbound' then
          case when jsonb_typeof(i.payload -> 'caller') = 'object' then i.payload -> 'caller' end
        when v.direction in ('outbound', 'callback') then (
          select c.agent
          from jsonb_array_elements(v.called) with ordinality as c (agent, n)
          where jsonb_typeof(c.agent) = 'object' and nullif(btrim(c.agent ->> 'extension'), '') is null
          order by c.n
          limit 1
        )
      end as outside
    offset 0
  ) o
  cross join lateral (
    select
      n.business like '+___%' and char_length(n.business) <= 16 and translate(n.business, '0123456789', '') = '+' as business_is_usual,
      n.outside like '+___%' and char_length(n.outside) <= 16 and translate(n.outside, '0123456789', '') = '+' as outside_is_usual
    from (select i.payload ->> 'businessNumber' as business, o.outside ->> 'phone' as outside offset 0) n
    offset 0
  ) p
  cross join lateral (
    select nullif(left(btrim(i.payload -> 'callRecord' ->> 'uri'), 2000), '') as url
    offset 0
  ) r
  cross join lateral (
    select
      jsonb_agg(jsonb_build_object('extension', a.extension, 'name', a.name, 'is_connected', a.is_connected) order by a.extension) as legs
    from (
      select
        left(btrim(c.agent ->> 'extension'), 40) as extension,
        min(nullif(left(btrim(c.agent ->> 'name'), 200), '')) as name,
        bool_or(c.is_connected) as is_connected
      from (
        select agent, coalesce(agent -> 'isConnected' = 'true', false) as is_connected from jsonb_array_elements(v.called) as agent
        union all
        -- Whoever placed the call spoke if it connected.
        select i.payload -> 'caller', coalesce(lower(i.payload ->> 'callStatus') = 'connected', false)
      ) c
      where jsonb_typeof(c.agent) = 'object' and btrim(c.agent ->> 'extension') <> ''
      group by 1
    ) a
  ) agents;
end
$$;
comment on function private.read_calls(jsonb[]) is
'The one mapping from calls of the provider''s history to facts, by place in the page: legs is [{"extension", "name", "is_connected"}], one per extension and null where none is named; error says why an item cannot be a call.';
