set lock_timeout = '5s';

create table private.webhook_events (
  id bigint generated always as identity primary key,
  org_id uuid not null references public.organizations (id) on delete restrict,
  integration_id uuid not null references public.integrations (id) on delete restrict,
  dedupe_key text collate "C" not null,
  received_at timestamptz not null,
  status text not null,
  error text,
  payload jsonb,
  unreadable_body text,
  had_nul boolean not null default false,
  event_type text,
  provider_call_id text collate "C",
  direction text,
  kind text,
  is_agent_event boolean not null default false,
  extension text,
  from_number text,
  to_number text,
  occurred_at timestamptz,
  duration_seconds integer,
  constraint delivery_is_kept_once unique (integration_id, dedupe_key),
  constraint status_is_known check (status in ('applied', 'ignored', 'failed', 'kept')),
  constraint failure_has_a_reason check ((status = 'failed') = (error is not null)),
  constraint kind_is_known check (kind in ('arrived', 'ringing', 'stop_ringing', 'connected', 'completed'))
);
comment on table private.webhook_events is
'Every authenticated delivery, with its ApiKey redacted. Payload and arrival change only by erasure or retention, status only through the appliers.';
comment on column private.webhook_events.org_id is 'The organization of the call it tells of, else the integration''s owner.';
comment on column private.webhook_events.dedupe_key is 'The provider''s Guid, or the SHA-256 of the body where there is none.';
comment on column private.webhook_events.status is
'applied, ignored (a type we do not use), failed (see error; replayed when delivered again), kept (the integration is disabled).';
comment on column private.webhook_events.unreadable_body is 'The body where it is JSON that Postgres cannot hold.';
comment on column private.webhook_events.had_nul is 'Whether NUL characters were replaced by U+FFFD.';
comment on column private.webhook_events.occurred_at is
'The provider''s time, unknown outside 30 days before and 5 minutes after arrival.';

create index webhook_events_call_idx on private.webhook_events (integration_id, provider_call_id)
where provider_call_id is not null;
create index webhook_events_org_received_idx on private.webhook_events (org_id, received_at desc);
create index webhook_events_failed_idx on private.webhook_events (integration_id, id) where status in ('failed', 'kept');

alter table private.webhook_events enable row level security;

create table private.call_snapshots (
  integration_id uuid not null references public.integrations (id) on delete restrict,
  provider_call_id text collate "C" not null,
  payload_hash bytea not null,
  payload jsonb not null,
  is_tombstone boolean not null default false,
  observed_at timestamptz not null,
  direction text,
  provider_status text,
  business_number text,
  external_number text,
  external_name text,
  started_at timestamptz,
  duration_seconds integer,
  legs jsonb,
  primary key (integration_id, provider_call_id, payload_hash)
)
-- Every pass that reads a call again moves observed_at.
with (fillfactor = 80);
comment on table private.call_snapshots is
'What the provider''s history stated about a call: one row per distinct statement, with the last time it was observed and what was read from it.';
comment on column private.call_snapshots.is_tombstone is 'The statement that the call is listed no more.';
comment on column private.call_snapshots.legs is 'The agents it names: [{"extension", "name", "is_connected"}], one per extension; null where it names none.';

alter table private.call_snapshots enable row level security;

create function private.redact_api_key(p_payload jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  case jsonb_typeof(p_payload)
    when 'object' then
      return coalesce(
        (
          select jsonb_object_agg(
            key,
            case
              when lower(regexp_replace(key, '[^[:alpha:]]', '', 'g')) in ('apikey', 'xapikey') then '"[redacted]"'
              when jsonb_typeof(value) in ('object', 'array') then private.redact_api_key(value)
              else value
            end
          )
          from jsonb_each(p_payload)
        ),
        '{}'
      );
    when 'array' then
      return coalesce(
        (select jsonb_agg(private.redact_api_key(value) order by position)
          from jsonb_array_elements(p_payload) with ordinality as item (value, position)),
        '[]'
      );
    else
      return p_payload;
  end case;
end
$$;
comment on function private.redact_api_key(jsonb) is 'The payload without the account''s key, which no row and no log may hold.';

create function private.read_body(p_body text) returns jsonb
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return private.redact_api_key(private.parse_json(private.without_nul(p_body)));
exception when program_limit_exceeded then
  return null;
end
$$;
comment on function private.read_body(text) is
'A delivery''s body as it may be stored, or null where it is nested too deep or holds what jsonb cannot.';

create function private.read_event(
  p_payload jsonb, p_received_at timestamptz,
  out event_type text, out provider_call_id text, out direction text, out kind text, out is_agent_event boolean,
  out extension text, out from_number text, out to_number text, out occurred_at timestamptz, out duration_seconds integer,
  out status text, out error text
)
language plpgsql stable set search_path = '' as $$
declare
  v_body jsonb := case when jsonb_typeof(p_payload -> 'Body') = 'object' then p_payload -> 'Body' else '{}' end;
  v_name text[];
  v_clock text[];
begin
  is_agent_event := false;
  event_type := left(p_payload ->> 'EventType', 100);
  if event_type is null then
    status := 'failed';
    error := 'The event has no EventType.';
    return;
  end if;

  v_name := regexp_match(event_type, '^(Incoming|Outgoing|Callback)(?:Call)(Agent)?(Ringing|Dialing|StopRinging|Connected|Completed)?$');
  if v_name is null or (v_name[2] is not null and v_name[3] is null) then
    status := 'ignored';
    return;
  end if;

  provider_call_id := nullif(btrim(coalesce(v_body ->> 'Id', p_payload ->> 'CallId', v_body ->> 'CallId')), '');
  if provider_call_id is null or char_length(provider_call_id) > 200 then
    provider_call_id := null;
    status := 'failed';
    error := 'The event names no call (Body.Id), or one of more than 200 characters.';
    return;
  end if;

  status := 'applied';
  direction := case v_name[1] when 'Incoming' then 'inbound' when 'Outgoing' then 'outbound' else 'callback' end;
  kind := case coalesce(v_name[3], '')
    when '' then 'arrived' when 'Ringing' then 'ringing' when 'Dialing' then 'ringing' when 'StopRinging' then 'stop_ringing'
    when 'Connected' then 'connected' else 'completed'
  end;
  is_agent_event := v_name[2] is not null;
  extension := nullif(left(btrim(v_body ->> 'Extension'), 40), '');
  from_number := private.parse_phone(v_body ->> 'From');
  to_number := private.parse_phone(v_body ->> 'To');

  occurred_at := private.parse_timestamp(p_payload ->> 'Timestamp');
  if occurred_at not between p_received_at - interval '30 days' and p_received_at + interval '5 minutes' then
    occurred_at := null;
  end if;

  v_clock := regexp_match(coalesce(v_body ->> 'CallDuration', p_payload ->> 'CallDuration'), '^([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])(\.[0-9]+)?$');
  duration_seconds := v_clock[1]::int * 3600 + v_clock[2]::int * 60 + v_clock[3]::int;
end
$$;
comment on function private.read_event(jsonb, timestamptz) is
'The one mapping from a webhook''s JSON to facts, with the status it deserves: applied, ignored, or failed with the reason.';

create function private.read_calls(p_payloads jsonb[])
returns table (
  place integer, provider_call_id text, direction text, provider_status text, business_number text,
  external_number text, external_name text, started_at timestamptz, duration_seconds integer, legs jsonb, error text
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  -- A page at once: a call of a function per item costs more than the reading. "offset 0" keeps a value that is used often
  -- from being worked out at every use.
  return query
  select
    i.n::integer, v.provider_call_id, v.direction, left(i.payload ->> 'callStatus', 100),
    private.parse_phone(i.payload ->> 'businessNumber'),
    private.parse_phone(o.outside ->> 'phone'), nullif(left(btrim(o.outside ->> 'name'), 200), ''),
    v.started_at,
    -- Longer than a week is a broken value, not a call.
    case when v.milliseconds between 0 and 604800000 then floor(v.milliseconds / 1000)::integer end,
    agents.legs,
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
      private.parse_timestamp(i.payload ->> 'dateTimeUtc') as started_at,
      private.parse_number(i.payload ->> 'duration') as milliseconds,
      case lower(i.payload ->> 'direction')
        when 'incoming' then 'inbound' when 'outgoing' then 'outbound' when 'callback' then 'callback' when 'internal' then 'internal'
      end as direction,
      case when jsonb_typeof(i.payload -> 'called') = 'array' then i.payload -> 'called' else '[]' end as called
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

create function private.derive_calls(p_integration_id uuid, p_call_ids text[])
returns table (call public.calls, legs public.legs[])
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_owner_id uuid := (select i.org_id from public.integrations i where i.id = p_integration_id);
  v_is_platform_wide boolean := v_owner_id = private.holding_org_id();
begin
  -- Call by call, each fact through an index: the same plan serves one delivery and a page of a thousand calls. "offset 0"
  -- keeps a value that is used often from being worked out at every use, "limit 1" keeps every key in the index condition.
  -- No sequential scans: plans made while tables are small outlive their being small.
  return query
  select
    row(
      k.id, o.org_id, p_integration_id, k.provider_call_id, n.id, l.id, k.direction,
      k.business_number, k.external_number, stated.external_name,
      k.started_at, told.arrived_at, told.rang_at, case when j.outcome is null or j.outcome = 'answered' then told.connected_at end,
      j.ended_at,
      j.outcome, j.outcome = 'answered' and coalesce(lower(stated.provider_status) = 'dropped', false), stated.provider_status,
      case when k.direction = 'inbound' then
        private.seconds_between(
          least(told.arrived_at, told.rang_at),
          case when j.outcome = 'answered' then told.connected_at when j.outcome is not null then told.completed_at end
        )
      end,
      case when j.outcome = 'answered' then
        case when g.talk_is_known then g.talk_seconds::int else private.seconds_between(told.connected_at, j.ended_at) end
      end,
      case when j.outcome is not null then
        coalesce(stated.duration_seconds, told.duration_seconds, private.seconds_between(k.started_at, j.ended_at))
      end,
      greatest(g.connected - 1, 0)::smallint,
      coalesce(g.member_ids, '{}'), stated.deleted_at, now(), now()
    )::public.calls,
    coalesce(g.legs, '{}')
  from unnest(p_call_ids) as c (provider_call_id)

  -- What the history states: the latest observed first, field by field; ties by hash, so that the order of arrival decides nothing.
  cross join lateral (
    select
      count(*) > 0 as is_known,
      coalesce(bool_or(not s.is_tombstone), false) as is_listed,
      (array_agg(s.direction) filter (where s.direction is not null))[1] as direction,
      (array_agg(s.provider_status) filter (where s.provider_status is not null))[1] as provider_status,
      (array_agg(s.business_number) filter (where s.business_number is not null))[1] as business_number,
      (array_agg(s.external_number) filter (where s.external_number is not null))[1] as external_number,
      (array_agg(s.external_name) filter (where s.external_name is not null))[1] as external_name,
      (array_agg(s.started_at) filter (where s.started_at is not null))[1] as started_at,
      (array_agg(s.duration_seconds) filter (where s.duration_seconds is not null))[1] as duration_seconds,
      (array_agg(s.legs) filter (where s.legs is not null))[1] as legs,
      (array_agg(case when s.is_tombstone then s.observed_at end))[1] as deleted_at
    from (
      select * from private.call_snapshots
      where integration_id = p_integration_id and provider_call_id = c.provider_call_id
      order by observed_at desc, payload_hash desc
    ) s
  ) stated

  -- What events tell: the earliest arrival, ring and connection, the latest completion.
  cross join lateral (
    select
      count(*) > 0 as is_known,
      min(e.direction) as direction,
      (array_agg(e.from_number) filter (where e.from_number is not null))[1] as from_number,
      (array_agg(e.to_number) filter (where e.to_number is not null))[1] as to_number,
      min(e.received_at) as received_at,
      min(e.occurred_at) as first_at,
      min(e.occurred_at) filter (where e.kind = 'arrived') as arrived_at,
      min(e.occurred_at) filter (where e.kind = 'ringing') as rang_at,
      min(e.occurred_at) filter (where e.kind = 'connected') as connected_at,
      max(e.occurred_at) filter (where e.is_end) as completed_at,
      coalesce(bool_or(e.kind = 'connected'), false) as has_connected,
      coalesce(bool_or(e.is_end), false) as has_completed,
      max(e.duration_seconds) filter (where e.is_end) as duration_seconds
    from (
      select *, kind = 'completed' and not is_agent_event as is_end
      from private.webhook_events
      where integration_id = p_integration_id and provider_call_id = c.provider_call_id and status = 'applied'
      order by occurred_at, dedupe_key
    ) e
  ) told

  cross join lateral (
    select
      c.provider_call_id,
      extensions.uuid_generate_v5(p_integration_id, c.provider_call_id) as id,
      coalesce(stated.direction, told.direction, 'inbound') as direction,
      coalesce(stated.started_at, told.first_at, told.received_at) as started_at,
      -- An event does not say which of its numbers is ours: what is called from outside, else what calls.
      coalesce(
        stated.business_number, case told.direction when 'inbound' then told.to_number else told.from_number end
      ) as business_number,
      case when coalesce(stated.direction, told.direction, '') <> 'internal' then
        coalesce(stated.external_number, case told.direction when 'inbound' then told.from_number else told.to_number end)
      end as external_number
    offset 0
  ) k

  -- Whose it is: the organization that had the number when the call started.
  left join lateral (
    select id from public.phone_numbers where integration_id = p_integration_id and e164 = k.business_number limit 1
  ) n on true
  left join lateral (
    select id, org_id
    from public.lines
    where phone_number_id = n.id and period @> k.started_at and (v_is_platform_wide or org_id = v_owner_id)
    limit 1
  ) l on true
  cross join lateral (select coalesce(l.org_id, v_owner_id) as org_id offset 0) o

  cross join lateral (
    select
      array_agg(
        row(
          extensions.uuid_generate_v5(k.id, leg.extension), o.org_id, k.id, leg.extension, leg.member_id, leg.name,
          leg.is_connected, leg.rang_at, leg.answered_at, leg.ended_at, leg.talk_seconds, now(), now()
        )::public.legs
      ) as legs,
      count(*) filter (where leg.is_connected) as connected,
      sum(leg.talk_seconds) as talk_seconds,
      bool_and(leg.talk_seconds is not null) filter (where leg.is_connected) as talk_is_known,
      array_agg(distinct leg.member_id order by leg.member_id) filter (where leg.member_id is not null) as member_ids
    from (
      select p.*, m.member_id, private.seconds_between(p.answered_at, p.ended_at) as talk_seconds
      from (
        select
          a.*,
          -- Without an end of its own, a leg ends where the next agent answers, else with the call.
          case when a.is_connected then
            coalesce(a.own_end, lead(a.answered_at) over (order by a.answered_at, a.extension), told.completed_at)
          end as ended_at
        from (
          -- Who took part is known from either source, when from events alone.
          select
            source.extension, max(source.name) as name, bool_or(source.is_connected) as is_connected,
            min(source.occurred_at) filter (where source.kind = 'ringing') as rang_at,
            min(source.occurred_at) filter (where source.kind = 'connected') as answered_at,
            max(source.occurred_at) filter (where source.kind = 'completed') as own_end
          from (
            select s.extension, s.name, s.is_connected, null as kind, null::timestamptz as occurred_at
            from jsonb_to_recordset(stated.legs) as s (extension text, name text, is_connected boolean)
            union all
            select e.extension, null, e.kind = 'connected', e.kind, e.occurred_at
            from private.webhook_events e
            where e.integration_id = p_integration_id and e.provider_call_id = c.provider_call_id and e.status = 'applied'
              -- An arriving call names the extension dialled, not an agent.
              and e.extension is not null and (e.kind <> 'arrived' or e.direction <> 'inbound')
          ) source
          group by source.extension
        ) a
      ) p
      left join lateral (
        select member_id
        from public.member_extensions
        where integration_id = p_integration_id and extension = p.extension and period @> k.started_at and org_id = o.org_id
        limit 1
      ) m on true
      offset 0
    ) leg
  ) g

  cross join lateral (
    select
      case
        when not stated.is_listed and not told.has_completed then null
        when lower(stated.provider_status) = 'connected' then 'answered'
        when lower(stated.provider_status) = 'voicemail' then 'voicemail'
        when lower(stated.provider_status) = 'missed' then 'missed'
        when told.has_connected or g.connected > 0 then 'answered'
        else 'missed'
      end as outcome,
      coalesce(
        k.started_at + make_interval(secs => stated.duration_seconds),
        case when told.completed_at is not null then greatest(told.completed_at, k.started_at) end
      ) as ended_at
    offset 0
  ) j
  where stated.is_known or told.is_known;
end
$$;
comment on function private.derive_calls(uuid, text[]) is
'The rows of calls, with their legs, that the known facts make: in one place for webhooks, sync and rebuild. Reads only.';

create function private.lock_calls(p_integration_ids uuid[], p_call_ids text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  -- New numbers of an integration claim their calls under "for update" (add_phone_numbers).
  perform from public.integrations i where i.id = any (p_integration_ids) order by i.id for key share;

  -- Two writers of one call must see each other's facts. A thousand slots bound the number of locks of a large page.
  perform pg_advisory_xact_lock(slot.key)
  from (
    select distinct 7310000000 + (hashtextextended(c.integration_id::text || c.call_id, 0) & 1023) as key
    from unnest(p_integration_ids, p_call_ids) as c (integration_id, call_id)
    order by key
  ) slot;

  -- assign_phone_number takes "for update": either this transaction sees the new line, or the assignment sees this call.
  perform from public.phone_numbers n
  where n.id = any (array(
    select p.id
    from (
      select distinct c.integration_id, fact.e164
      from unnest(p_integration_ids, p_call_ids) as c (integration_id, call_id)
      cross join lateral (
        select from_number as e164 from private.webhook_events where integration_id = c.integration_id and provider_call_id = c.call_id
        union all
        select to_number from private.webhook_events where integration_id = c.integration_id and provider_call_id = c.call_id
        union all
        select business_number from private.call_snapshots where integration_id = c.integration_id and provider_call_id = c.call_id
      ) fact
    ) named
    cross join lateral (
      select id from public.phone_numbers where integration_id = named.integration_id and e164 = named.e164 limit 1
    ) p
  ))
  order by n.id
  for key share;
end
$$;
comment on function private.lock_calls(uuid[], text[]) is
'Locks calls and the phone numbers they may belong to, in one order for all writers. Pairs of integration and provider id.';

create function private.write_calls(p_integration_id uuid, p_call_ids text[]) returns integer
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_calls public.calls[];
  v_legs public.legs[];
  v_written integer;
begin
  with derived as materialized (
    select d.call, d.legs from private.derive_calls(p_integration_id, p_call_ids) d
  )
  select
    (select array_agg(d.call order by (d.call).id) from derived d),
    (select array_agg(g order by g.id) from derived d cross join lateral unnest(d.legs) g)
  into v_calls, v_legs;

  -- Legs that no fact makes any more, and those whose member belongs to the organization the call is about to leave.
  delete from public.legs l
  using unnest(v_calls) d
  where l.call_id = d.id and (l.org_id <> d.org_id or not exists (select from unnest(v_legs) g where g.id = l.id));

  insert into public.calls as c
  select d.* from unnest(v_calls) d
  on conflict (id) do update set
    org_id = excluded.org_id, phone_number_id = excluded.phone_number_id, line_id = excluded.line_id,
    direction = excluded.direction, business_number = excluded.business_number,
    external_number = excluded.external_number, external_name = excluded.external_name,
    started_at = excluded.started_at, arrived_at = excluded.arrived_at, rang_at = excluded.rang_at,
    answered_at = excluded.answered_at, ended_at = excluded.ended_at,
    outcome = excluded.outcome, is_dropped = excluded.is_dropped, provider_status = excluded.provider_status,
    wait_seconds = excluded.wait_seconds, talk_seconds = excluded.talk_seconds, duration_seconds = excluded.duration_seconds,
    transfer_count = excluded.transfer_count, member_ids = excluded.member_ids, deleted_at = excluded.deleted_at,
    updated_at = excluded.updated_at
  where (
    c.org_id, c.phone_number_id, c.line_id, c.direction, c.business_number, c.external_number, c.external_name,
    c.started_at, c.arrived_at, c.rang_at, c.answered_at, c.ended_at, c.outcome, c.is_dropped, c.provider_status,
    c.wait_seconds, c.talk_seconds, c.duration_seconds, c.transfer_count, c.member_ids, c.deleted_at
  ) is distinct from (
    excluded.org_id, excluded.phone_number_id, excluded.line_id, excluded.direction, excluded.business_number,
    excluded.external_number, excluded.external_name,
    excluded.started_at, excluded.arrived_at, excluded.rang_at, excluded.answered_at, excluded.ended_at,
    excluded.outcome, excluded.is_dropped, excluded.provider_status,
    excluded.wait_seconds, excluded.talk_seconds, excluded.duration_seconds,
    excluded.transfer_count, excluded.member_ids, excluded.deleted_at
  );
  get diagnostics v_written = row_count;

  insert into public.legs as l
  select g.* from unnest(v_legs) g
  on conflict (id) do update set
    member_id = excluded.member_id, name = excluded.name, is_connected = excluded.is_connected,
    rang_at = excluded.rang_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
    talk_seconds = excluded.talk_seconds, updated_at = now()
  where (l.member_id, l.name, l.is_connected, l.rang_at, l.answered_at, l.ended_at, l.talk_seconds)
    is distinct from (
      excluded.member_id, excluded.name, excluded.is_connected,
      excluded.rang_at, excluded.answered_at, excluded.ended_at, excluded.talk_seconds
    );

  update private.webhook_events e set org_id = moved.org_id
  from (
    select found.id, d.org_id
    from unnest(v_calls) d
    cross join lateral (
      select id
      from private.webhook_events
      where integration_id = p_integration_id and provider_call_id = d.provider_call_id and org_id <> d.org_id
      offset 0
    ) found
  ) moved
  where e.id = moved.id;

  return v_written;
end
$$;
comment on function private.write_calls(uuid, text[]) is
'Writes what the facts make of these calls and returns how many rows changed. The caller holds their locks (lock_calls).';

create function private.apply_webhook_events(p_read_ids bigint[], p_unread_ids bigint[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_integration_ids uuid[];
  v_call_ids text[];
  v_group record;
  v_call_id text;
begin
  select array_agg(c.integration_id), array_agg(c.provider_call_id) into v_integration_ids, v_call_ids
  from (
    select e.integration_id, e.provider_call_id
    from private.webhook_events e
    where e.id = any (p_read_ids) and e.status = 'applied'
    union
    select e.integration_id, r.provider_call_id
    from private.webhook_events e
    cross join lateral private.read_event(e.payload, e.received_at) r
    where e.id = any (p_unread_ids) and r.provider_call_id is not null
  ) c;
  if v_call_ids is not null then
    perform private.lock_calls(v_integration_ids, v_call_ids);
  end if;

  update private.webhook_events e set
    event_type = r.event_type, provider_call_id = r.provider_call_id, direction = r.direction, kind = r.kind,
    is_agent_event = r.is_agent_event, extension = r.extension, from_number = r.from_number, to_number = r.to_number,
    occurred_at = r.occurred_at, duration_seconds = r.duration_seconds, status = r.status, error = r.error
  from (
    select w.id, facts.*
    from private.webhook_events w
    join public.integrations i on i.id = w.integration_id and i.disabled_at is null
    cross join lateral private.read_event(w.payload, w.received_at) facts
    where w.id = any (p_unread_ids) and w.payload is not null
  ) r
  where e.id = r.id;

  for v_group in
    select c.integration_id, array_agg(c.call_id order by c.call_id) as call_ids
    from unnest(v_integration_ids, v_call_ids) as c (integration_id, call_id)
    group by c.integration_id
    order by c.integration_id
  loop
    begin
      perform private.write_calls(v_group.integration_id, v_group.call_ids);
    exception
      -- These pass by themselves: the sender tries again and nothing is marked.
      when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
        raise;
      when others then
        -- One of them cannot be written: one by one, so that the others are.
        foreach v_call_id in array v_group.call_ids loop
          begin
            perform private.write_calls(v_group.integration_id, array[v_call_id]);
          exception
            when transaction_rollback or lock_not_available or insufficient_resources or operator_intervention or system_error then
              raise;
            when others then
              update private.webhook_events e set status = 'failed', error = sqlerrm
              where e.id = any (p_read_ids || p_unread_ids)
                and e.integration_id = v_group.integration_id and e.provider_call_id = v_call_id;
          end;
        end loop;
    end;
  end loop;
end
$$;
comment on function private.apply_webhook_events(bigint[], bigint[]) is
'Writes the calls of events read at their arrival and of others, which are read anew first. Events of a call that cannot be written become failed.';

create function private.replay_webhook_events(p_event_ids bigint[]) returns void
language sql set search_path = '' as $$
  select private.apply_webhook_events('{}', p_event_ids)
$$;
comment on function private.replay_webhook_events(bigint[]) is 'Reads events again, whatever became of them, and applies them.';

create function private.ingest_webhook_events(p_deliveries jsonb[])
returns table (ordinal integer, event_id bigint, status text, is_duplicate boolean)
language plpgsql security definer
set search_path = '' set timezone = 'UTC' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  v_ordinals integer[];
  v_integration_ids uuid[];
  v_keys text[];
  v_inserted bigint[];
  v_again bigint[];
begin
  with delivered as materialized (
    select
      n::integer as ordinal, d.integration_id, d.received_at, d.body,
      private.read_body(d.body) as payload
    from unnest(p_deliveries) with ordinality as delivery (envelope, n)
    cross join lateral jsonb_to_record(envelope) as d (integration_id uuid, body text, received_at timestamptz)
  ),
  keyed as materialized (
    select
      d.*,
      case
        when char_length(d.payload ->> 'Guid') between 1 and 200 and d.payload ->> 'Guid' ~ '[^0{}-]'
        then 'guid:' || lower(d.payload ->> 'Guid')
        else 'sha256:' || encode(sha256(convert_to(d.body, 'UTF8')), 'hex')
      end as dedupe_key
    from delivered d
  ),
  inserted as (
    insert into private.webhook_events (
      org_id, integration_id, dedupe_key, received_at, payload, unreadable_body, had_nul,
      event_type, provider_call_id, direction, kind, is_agent_event, extension, from_number, to_number,
      occurred_at, duration_seconds, status, error
    )
    select
      coalesce(
        (select c.org_id from public.calls c where c.integration_id = i.id and c.provider_call_id = e.provider_call_id), i.org_id
      ),
      i.id, d.dedupe_key, d.received_at, d.payload,
      case when d.payload is null then regexp_replace(
        d.body, '("(?:x-)?api[_-]?key"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[^,}\]\s]+)', '\1"[redacted]"', 'gi'
      ) end,
      private.without_nul(d.body) <> d.body,
      e.event_type, e.provider_call_id, e.direction, e.kind, e.is_agent_event, e.extension, e.from_number, e.to_number,
      e.occurred_at, e.duration_seconds,
      case when d.payload is null then 'failed' when i.disabled_at is not null then 'kept' else e.status end,
      case when d.payload is null then 'The body is nested too deep, or holds what Postgres cannot.' when i.disabled_at is null then e.error end
    from keyed d
    join public.integrations i on i.id = d.integration_id
    cross join lateral private.read_event(d.payload, d.received_at) e
    -- In key order: two batches with the same deliveries wait for each other instead of deadlocking.
    order by i.id, d.dedupe_key, d.ordinal
    on conflict (integration_id, dedupe_key) do nothing
    returning id
  )
  select
    array_agg(k.ordinal), array_agg(k.integration_id), array_agg(k.dedupe_key), (select array_agg(i.id) from inserted i)
  into v_ordinals, v_integration_ids, v_keys, v_inserted
  from keyed k;

  -- Delivered again after a failure, or after the integration was enabled: what counts is applied, not seen.
  select array_agg(e.id) into v_again
  from unnest(v_integration_ids, v_keys) as k (integration_id, dedupe_key)
  join private.webhook_events e using (integration_id, dedupe_key)
  where e.status in ('failed', 'kept') and e.id <> all (coalesce(v_inserted, '{}'));
  perform private.apply_webhook_events(coalesce(v_inserted, '{}'), coalesce(v_again, '{}'));

  return query
  select
    k.ordinal, e.id, e.status,
    e.id <> all (coalesce(v_inserted, '{}')) or row_number() over (partition by e.id order by k.ordinal) > 1
  from unnest(v_ordinals, v_integration_ids, v_keys) as k (ordinal, integration_id, dedupe_key)
  join private.webhook_events e using (integration_id, dedupe_key)
  order by k.ordinal;
end
$$;
comment on function private.ingest_webhook_events(jsonb[]) is
'The delivery door: keeps authenticated deliveries {integration_id, body, received_at} and applies them, all in one transaction.';
grant execute on function private.ingest_webhook_events(jsonb[]) to webhooks;

create function private.webhook_secrets(p_integration_id uuid)
returns table (organization text, mode text, key_id text, sealed bytea)
language sql stable security definer set search_path = '' as $$
  select private.sealing_context(i.org_id), i.webhook_mode, c.key_id, c.sealed
  from public.integrations i
  left join private.integration_credentials c
    on c.integration_id = i.id and c.purpose = 'webhook_secret' and (c.valid_until is null or c.valid_until > now())
  where i.id = p_integration_id
$$;
comment on function private.webhook_secrets(uuid) is
'How deliveries of an integration are authenticated: one row per secret valid now, one without a secret where there is none, no row for an unknown integration.';
grant execute on function private.webhook_secrets(uuid) to webhooks;

create function private.rebuild_calls(p_integration_id uuid) returns integer
language plpgsql set search_path = '' as $$
declare
  v_event_ids bigint[];
  v_call_ids text[];
  v_payloads jsonb[];
  v_hashes bytea[];
  v_after text := '';
  v_written integer := 0;
begin
  -- What events and statements say is read anew too, so that a corrected mapping reaches old calls.
  select array_agg(e.id) into v_event_ids from private.webhook_events e where e.integration_id = p_integration_id;
  if v_event_ids is not null then
    perform private.replay_webhook_events(v_event_ids);
  end if;

  loop
    select array_agg(k.provider_call_id order by k.provider_call_id) into v_call_ids
    from (
      select s.provider_call_id from private.call_snapshots s
      where s.integration_id = p_integration_id and s.provider_call_id > v_after
      group by s.provider_call_id
      order by s.provider_call_id
      limit 1000
    ) k;
    exit when v_call_ids is null;
    select array_agg(s.payload order by s.provider_call_id, s.payload_hash), array_agg(s.payload_hash order by s.provider_call_id, s.payload_hash)
    into v_payloads, v_hashes
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_call_ids) and not s.is_tombstone;
    update private.call_snapshots s set
      direction = r.direction, provider_status = r.provider_status, business_number = r.business_number,
      external_number = r.external_number, external_name = r.external_name, started_at = r.started_at,
      duration_seconds = r.duration_seconds, legs = r.legs
    from private.read_calls(v_payloads) r
    where s.integration_id = p_integration_id and s.provider_call_id = r.provider_call_id
      and s.payload_hash = v_hashes[r.place];
    perform private.lock_calls(array_fill(p_integration_id, array[cardinality(v_call_ids)]), v_call_ids);
    v_written := v_written + private.write_calls(p_integration_id, v_call_ids);
    v_after := v_call_ids[cardinality(v_call_ids)];
  end loop;
  return v_written;
end
$$;
comment on function private.rebuild_calls(uuid) is
'Writes every call of an integration anew from the kept events and snapshots: the same rows, if the mapping is the same. For operators.';

create table private.sync_resources (
  resource text primary key,
  poll_interval interval not null,
  overlap interval,
  initial_history interval,
  constraint poll_interval_is_positive check (poll_interval > interval '0')
);
comment on table private.sync_resources is 'What is pulled from the provider, how often, and how far each pass reads back.';
comment on column private.sync_resources.overlap is
'How far before the watermark a pass reads again; longer than calls last, because history lists a call by its start once it has ended.';

alter table private.sync_resources enable row level security;

insert into private.sync_resources (resource, poll_interval, overlap, initial_history) values
('phone_numbers', interval '6 hours', null, null),
('calls', interval '1 minute', interval '3 hours', interval '30 days');

create table private.sync_cursors (
  integration_id uuid not null references public.integrations (id) on delete cascade,
  resource text not null references private.sync_resources (resource) on delete restrict,
  watermark timestamptz,
  next_run_at timestamptz not null default now(),
  failures integer not null default 0,
  last_success_at timestamptz,
  last_error text,
  primary key (integration_id, resource),
  constraint failures_are_nonnegative check (failures >= 0)
);
comment on table private.sync_cursors is 'How far each resource of each integration has been read.';
comment on column private.sync_cursors.watermark is 'Everything that started before this has been read. Never moves backwards.';
comment on column private.sync_cursors.failures is 'Failed passes since the last success.';
comment on column private.sync_cursors.last_error is 'What went wrong in the last pass, in words; null when it went well.';
create index sync_cursors_resource_idx on private.sync_cursors (resource);
create index sync_cursors_due_idx on private.sync_cursors (next_run_at);

alter table private.sync_cursors enable row level security;

create function private.tg_integrations__cursors() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.sync_cursors (integration_id, resource) select new.id, r.resource from private.sync_resources r;
  return null;
end
$$;
comment on function private.tg_integrations__cursors() is 'A new integration is due for everything.';

create trigger tg_integrations__cursors after insert on public.integrations
for each row execute function private.tg_integrations__cursors();

create table public.sync_jobs (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null,
  integration_id uuid not null,
  resource text not null references private.sync_resources (resource) on delete restrict,
  kind text not null,
  state text not null default 'queued',
  range_from timestamptz,
  range_to timestamptz,
  provider_id text,
  read_through timestamptz,
  items_total integer,
  items_new integer not null default 0,
  items_changed integer not null default 0,
  items_unchanged integer not null default 0,
  items_rejected integer not null default 0,
  attempt integer not null default 0,
  error text,
  worker text,
  lease_until timestamptz,
  run_after timestamptz not null default now(),
  requested_by uuid references public.profiles (user_id) on delete set null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  constraint kind_is_known check (kind in ('scheduled', 'requested', 'backfill', 'one')),
  constraint state_is_known check (state in ('queued', 'running', 'done', 'failed')),
  constraint range_runs_forward check (range_from < range_to),
  constraint one_names_a_call check ((kind = 'one') = (provider_id is not null)),
  constraint failure_has_a_reason check (state <> 'failed' or error is not null),
  constraint running_job_has_a_lease check ((state = 'running') = (lease_until is not null)),
  constraint sync_jobs_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete cascade
);
comment on table public.sync_jobs is 'One pull from the provider, with its progress and result.';
comment on column public.sync_jobs.kind is 'scheduled (due), requested (by a person), backfill (of a range), one (call).';
comment on column public.sync_jobs.read_through is 'Everything of the range before this has been read: where an interrupted job goes on.';
comment on column public.sync_jobs.items_total is 'Expected items, null while unknown.';
comment on column public.sync_jobs.error is 'What went wrong, in words.';

create unique index sync_jobs_one_scheduled_at_a_time_idx on public.sync_jobs (integration_id, resource)
where kind = 'scheduled' and state in ('queued', 'running');
create index sync_jobs_org_created_idx on public.sync_jobs (org_id, created_at desc);
create index sync_jobs_org_integration_idx on public.sync_jobs (org_id, integration_id);
create index sync_jobs_open_idx on public.sync_jobs (run_after) where state in ('queued', 'running');
create index sync_jobs_resource_idx on public.sync_jobs (resource);
create index sync_jobs_requested_by_idx on public.sync_jobs (requested_by);

alter table public.sync_jobs enable row level security;
grant select on public.sync_jobs to authenticated;

create policy sync_jobs_select_managers on public.sync_jobs for select to authenticated
using (org_id = any (array(select private.my_org_ids('manager', 'org_admin'))));
comment on policy sync_jobs_select_managers on public.sync_jobs is 'Managers and admins follow the jobs of their organization''s own integrations.';

create unlogged table private.staged_items (
  job_id uuid not null,
  position integer not null,
  item text not null
);
comment on table private.staged_items is
'A page as the provider sent it, between COPY and the applier of the same transaction. Without row-level security, which COPY refuses.';
create index staged_items_job_idx on private.staged_items (job_id, position);

grant insert on private.staged_items to sync;

create table private.rejected_items (
  id bigint generated always as identity primary key,
  org_id uuid not null,
  integration_id uuid not null,
  resource text not null references private.sync_resources (resource) on delete restrict,
  item_hash bytea not null,
  item text not null,
  reason text not null,
  rejected_at timestamptz not null,
  constraint item_is_set_aside_once unique (integration_id, resource, item_hash),
  constraint rejected_items_integration_fkey foreign key (org_id, integration_id)
  references public.integrations (org_id, id) on update cascade on delete cascade
);
comment on table private.rejected_items is 'Items of a page that could not be applied, with the reason; the rest of the page went on.';
create index rejected_items_org_integration_idx on private.rejected_items (org_id, integration_id);
create index rejected_items_resource_idx on private.rejected_items (resource);

alter table private.rejected_items enable row level security;

create table private.provider_quota (
  api_key_hash bytea not null,
  day date not null,
  used integer not null default 0,
  quota integer not null default 2500,
  probe_at timestamptz,
  primary key (api_key_hash, day),
  constraint use_stays_within_quota check (used between 0 and quota)
);
comment on table private.provider_quota is 'Requests made to the provider per API key and UTC day, by all workers together.';
comment on column private.provider_quota.api_key_hash is 'SHA-256 of the key.';
comment on column private.provider_quota.probe_at is 'After a refusal: when one request may try again.';

alter table private.provider_quota enable row level security;

create function private.count_provider_request(p_api_key_hash bytea, p_now timestamptz)
returns table (allowed boolean, used integer, quota integer)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_day date := (p_now at time zone 'UTC')::date;
begin
  insert into private.provider_quota (api_key_hash, day) values (p_api_key_hash, v_day) on conflict do nothing;

  return query
  update private.provider_quota q set used = q.used + 1, probe_at = null
  where q.api_key_hash = p_api_key_hash and q.day = v_day and q.used < q.quota and (q.probe_at is null or q.probe_at <= p_now)
  returning true, q.used, q.quota;

  if not found then
    return query
    select false, q.used, q.quota from private.provider_quota q where q.api_key_hash = p_api_key_hash and q.day = v_day;
  end if;
end
$$;
comment on function private.count_provider_request(bytea, timestamptz) is
'Counts one request before it is made, exactly across workers; not allowed when the day''s quota is used or the provider refused within the hour.';

create function private.note_provider_refusal(p_api_key_hash bytea, p_now timestamptz) returns void
language sql security definer set search_path = '' as $$
  insert into private.provider_quota (api_key_hash, day, probe_at)
  values (p_api_key_hash, (p_now at time zone 'UTC')::date, p_now + interval '1 hour')
  on conflict (api_key_hash, day) do update set probe_at = excluded.probe_at
$$;
comment on function private.note_provider_refusal(bytea, timestamptz) is 'The provider said the limit is reached: rest an hour, then probe.';

grant execute on function
  private.count_provider_request(bytea, timestamptz), private.note_provider_refusal(bytea, timestamptz)
to sync;

create function private.queue_sync_job(
  p_integration_id uuid, p_resource text, p_kind text, p_from timestamptz, p_to timestamptz, p_provider_id text, p_now timestamptz
) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_job_id uuid;
begin
  insert into public.sync_jobs (
    org_id, integration_id, resource, kind, range_from, range_to, provider_id, requested_by, run_after, created_at
  )
  select i.org_id, i.id, p_resource, p_kind, p_from, p_to, p_provider_id, auth.uid(), p_now, p_now
  from public.integrations i
  where i.id = p_integration_id and i.disabled_at is null
  returning id into v_job_id;
  if v_job_id is null then
    raise exception 'There is no enabled integration %.', p_integration_id
      using errcode = 'PT404', detail = 'integration_not_found', hint = 'See "python -m sync status" for the integrations there are.';
  end if;
  notify sync_jobs;
  return v_job_id;
end
$$;
comment on function private.queue_sync_job(uuid, text, text, timestamptz, timestamptz, text, timestamptz) is
'Puts a requested, backfill or one-call job in the queue and wakes the workers.';
grant execute on function private.queue_sync_job(uuid, text, text, timestamptz, timestamptz, text, timestamptz) to sync;

create function private.claim_sync_job(p_worker text, p_now timestamptz)
returns table (
  job_id uuid, integration_id uuid, organization text, account_type text, resource text, kind text,
  range_from timestamptz, range_to timestamptz, provider_id text, attempt integer
)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_lost public.sync_jobs;
begin
  -- A worker that let its lease run out is gone; its job goes on where it stopped, three times at most.
  for v_lost in
    select * from public.sync_jobs j where j.state = 'running' and j.lease_until < p_now for update skip locked
  loop
    if v_lost.attempt < 3 then
      update public.sync_jobs j set state = 'queued', worker = null, lease_until = null where j.id = v_lost.id;
    else
      perform private.finish_sync_job(
        v_lost.id, v_lost.worker, 'The worker stopped three times in the middle of this job.', null, p_now
      );
    end if;
  end loop;

  -- What is due becomes a job. The cursor's lock keeps two workers from making the same one.
  with due as (
    select c.integration_id, c.resource, i.org_id, c.watermark, r.overlap, r.initial_history, r.poll_interval
    from private.sync_cursors c
    join private.sync_resources r using (resource)
    join public.integrations i on i.id = c.integration_id
    join public.organizations o on o.id = i.org_id
    where c.next_run_at <= p_now and i.disabled_at is null and o.archived_at is null
      and not exists (
        select from public.sync_jobs j
        where j.integration_id = c.integration_id and j.resource = c.resource and j.kind = 'scheduled'
          and j.state in ('queued', 'running')
      )
    for update of c skip locked
  ),
  scheduled as (
    update private.sync_cursors c set next_run_at = p_now + due.poll_interval
    from due
    where c.integration_id = due.integration_id and c.resource = due.resource
    returning due.*
  )
  insert into public.sync_jobs (org_id, integration_id, resource, kind, range_from, range_to, run_after, created_at)
  select
    s.org_id, s.integration_id, s.resource, 'scheduled',
    case when s.watermark is null then p_now - s.initial_history else least(s.watermark, p_now) - s.overlap end,
    case when s.initial_history is not null then p_now end,
    p_now, p_now
  from scheduled s
  on conflict do nothing;

  return query
  with next as (
    select j.id
    from public.sync_jobs j
    join public.integrations i on i.id = j.integration_id and i.disabled_at is null
    where j.state = 'queued' and j.run_after <= p_now
    order by
      array_position(array['requested', 'one', 'scheduled', 'backfill'], j.kind),
      -- The numbers first: calls then find their lines.
      array_position(array['phone_numbers', 'calls'], j.resource),
      j.created_at, j.id
    limit 1
    for update of j skip locked
  )
  update public.sync_jobs j set
    state = 'running', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = j.attempt + 1,
    started_at = coalesce(j.started_at, p_now), error = null
  from next, public.integrations i
  where j.id = next.id and i.id = j.integration_id
  returning
    j.id, j.integration_id, private.sealing_context(i.org_id), i.account_type, j.resource, j.kind,
    coalesce(j.read_through, j.range_from), j.range_to, j.provider_id, j.attempt;
end
$$;
comment on function private.claim_sync_job(text, timestamptz) is
'The next job for this worker, with a lease of two minutes: requested work first, then what is due, then backfills. No row: nothing to do.';
grant execute on function private.claim_sync_job(text, timestamptz) to sync;

create function private.extend_lease(p_job_id uuid, p_worker text, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  update public.sync_jobs set lease_until = p_now + interval '2 minutes'
  where id = p_job_id and worker = p_worker and state = 'running';
  return found;
end
$$;
comment on function private.extend_lease(uuid, text, timestamptz) is 'Keeps the job for two more minutes; false when it is no longer this worker''s.';

create function private.release_sync_job(p_job_id uuid, p_worker text, p_now timestamptz) returns void
language sql security definer set search_path = '' as $$
  update public.sync_jobs set state = 'queued', worker = null, lease_until = null, attempt = attempt - 1, run_after = p_now
  where id = p_job_id and worker = p_worker and state = 'running'
$$;
comment on function private.release_sync_job(uuid, text, timestamptz) is
'Gives a job back that its worker was asked to leave, to go on where it stopped; the attempt does not count.';

create function private.finish_sync_job(
  p_job_id uuid, p_worker text, p_error text, p_retry_at timestamptz, p_now timestamptz
) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_job public.sync_jobs;
begin
  update public.sync_jobs set
    state = case when p_error is null then 'done' else 'failed' end,
    error = left(p_error, 2000), finished_at = p_now, worker = null, lease_until = null
  where id = p_job_id and worker = p_worker and state = 'running'
  returning * into v_job;
  if not found then
    return;
  end if;

  if v_job.kind = 'scheduled' then
    update private.sync_cursors c set
      failures = case when p_error is null then 0 else c.failures + 1 end,
      last_success_at = case when p_error is null then p_now else c.last_success_at end,
      last_error = left(p_error, 2000),
      next_run_at = case when p_error is null then c.next_run_at else greatest(c.next_run_at, coalesce(p_retry_at, c.next_run_at)) end
    where c.integration_id = v_job.integration_id and c.resource = v_job.resource;
  end if;

  update public.integrations i set
    last_success_at = case when p_error is null then p_now else i.last_success_at end,
    last_error = c.last_error,
    last_error_at = case when p_error is null and c.last_error is null then null when p_error is null then i.last_error_at else p_now end
  from (
    -- One resource that reads well does not hide another that does not.
    select coalesce(left(p_error, 2000), min(cursor.last_error)) as last_error
    from private.sync_cursors cursor
    where cursor.integration_id = v_job.integration_id
  ) c
  where i.id = v_job.integration_id;
end
$$;
comment on function private.finish_sync_job(uuid, text, text, timestamptz, timestamptz) is
'Ends a job: done without an error, failed with one. A failed scheduled resource is not due again before p_retry_at.';

create function private.sync_job_outcome(p_job_id uuid)
returns table (state text, error text, items_new integer, items_changed integer, items_unchanged integer, items_rejected integer)
language sql stable security definer set search_path = '' as $$
  select j.state, j.error, j.items_new, j.items_changed, j.items_unchanged, j.items_rejected
  from public.sync_jobs j
  where j.id = p_job_id
$$;
comment on function private.sync_job_outcome(uuid) is 'How far a job is, for the one who queued it and waits for its end.';

grant execute on function
  private.extend_lease(uuid, text, timestamptz), private.release_sync_job(uuid, text, timestamptz),
  private.finish_sync_job(uuid, text, text, timestamptz, timestamptz), private.sync_job_outcome(uuid)
to sync;

create function private.add_phone_numbers(p_integration_id uuid, p_e164s text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_org_id uuid;
  v_missing text[];
  v_call_ids text[];
begin
  select array_agg(distinct n) into v_missing
  from unnest(p_e164s) n
  where not exists (select from public.phone_numbers p where p.integration_id = p_integration_id and p.e164 = n);
  if v_missing is null then
    return;
  end if;

  -- Deliveries being applied hold the integration through their foreign keys: either they see the new numbers, or their
  -- calls are claimed below.
  select i.org_id into v_org_id from public.integrations i where i.id = p_integration_id for update;

  insert into public.phone_numbers (org_id, integration_id, e164)
  select v_org_id, p_integration_id, n from unnest(v_missing) n order by n
  on conflict do nothing;

  -- An organization's own account writes its own organization, always.
  if v_org_id <> private.holding_org_id() then
    insert into public.lines (org_id, phone_number_id, e164, period)
    select v_org_id, p.id, p.e164, tstzrange(null, null)
    from public.phone_numbers p
    where p.integration_id = p_integration_id and p.e164 = any (v_missing)
    on conflict do nothing;
  end if;

  select array_agg(c.provider_call_id) into v_call_ids
  from public.calls c
  where c.integration_id = p_integration_id and c.phone_number_id is null and c.business_number = any (v_missing);
  if v_call_ids is not null then
    perform private.write_calls(p_integration_id, v_call_ids);
  end if;
end
$$;
comment on function private.add_phone_numbers(uuid, text[]) is
'Takes numbers into the inventory that are not there yet, with a line where an organization owns the account, and the calls that waited for them.';

create function private.apply_phone_numbers(
  p_integration_id uuid, p_items jsonb[],
  out new_items integer, out changed_items integer, out unchanged_items integer,
  out rejected_positions integer[], out rejection_reasons text[]
)
language plpgsql set search_path = '' as $$
declare
  v_listed public.phone_numbers[];
  v_known text[];
begin
  with item as (
    select
      n::integer as position,
      private.parse_phone(coalesce(payload ->> 'number', payload ->> 'phoneNumber')) as e164,
      left(payload ->> 'id', 200) as provider_number_id,
      nullif(left(btrim(payload ->> 'label'), 200), '') as label,
      coalesce(lower(payload ->> 'isEnabled') <> 'false', true) as is_enabled
    from unnest(p_items) with ordinality as i (payload, n)
  )
  select
    array_agg(row(null, null, p_integration_id, e164, provider_number_id, label, is_enabled, null, null)::public.phone_numbers order by position)
      filter (where e164 is not null),
    array_agg(position order by position) filter (where e164 is null),
    array_agg('The item has no readable number.'::text order by position) filter (where e164 is null)
  into v_listed, rejected_positions, rejection_reasons
  from item;

  v_known := array(select n.e164 from public.phone_numbers n where n.integration_id = p_integration_id);
  perform private.add_phone_numbers(p_integration_id, array(select l.e164 from unnest(v_listed) l));

  with listed as (
    select distinct on (l.e164) l.* from unnest(v_listed) l order by l.e164, l.provider_number_id
  ),
  changed as (
    update public.phone_numbers n set
      provider_number_id = l.provider_number_id, label = l.label, is_enabled = l.is_enabled
    from listed l
    where n.integration_id = p_integration_id and n.e164 = l.e164
      and (n.provider_number_id, n.label, n.is_enabled) is distinct from (l.provider_number_id, l.label, l.is_enabled)
    returning n.e164
  )
  select
    count(*) filter (where l.e164 <> all (v_known)),
    count(*) filter (where l.e164 = any (v_known) and l.e164 in (select c.e164 from changed c)),
    count(*) filter (where l.e164 = any (v_known) and l.e164 not in (select c.e164 from changed c))
  into new_items, changed_items, unchanged_items
  from listed l;

  -- A line that came with its number takes the provider's label, once it is known.
  update public.lines l set label = n.label
  from public.phone_numbers n
  where n.integration_id = p_integration_id and l.phone_number_id = n.id and l.label is null and n.label is not null;
end
$$;
comment on function private.apply_phone_numbers(uuid, jsonb[]) is
'Merges a page of the provider''s phone numbers into the inventory. Items without a number are rejected by position.';

create function private.apply_calls(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer,
  out rejected_positions integer[], out rejection_reasons text[]
)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_item_ids text[];
  v_item_hashes bytea[];
  v_fresh_items jsonb[];
  v_fresh_hashes bytea[];
  v_fresh_positions integer[];
  v_fresh private.call_snapshots[];
  v_known_hashes bytea[];
  v_added text[];
  v_heard_again text[];
  v_call_ids text[];
  v_known integer;
  v_written integer;
begin
  select
    array_agg(btrim(payload ->> 'id') order by n), array_agg(sha256(convert_to(payload::text, 'UTF8')) order by n)
  into v_item_ids, v_item_hashes
  from unnest(p_items) with ordinality as i (payload, n);

  -- What was stated before in the same words was read then.
  v_known_hashes := array(
    select s.payload_hash
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_item_ids) and s.payload_hash = any (v_item_hashes)
  );
  select array_agg(i.payload order by i.n), array_agg(i.payload_hash order by i.n), array_agg(i.n::integer order by i.n)
  into v_fresh_items, v_fresh_hashes, v_fresh_positions
  from unnest(p_items, v_item_hashes) with ordinality as i (payload, payload_hash, n)
  where i.payload_hash not in (select unnest(v_known_hashes));

  select
    array_agg(
      row(
        p_integration_id, r.provider_call_id, v_fresh_hashes[r.place], v_fresh_items[r.place], false, p_observed_at,
        r.direction, r.provider_status, r.business_number, r.external_number, r.external_name, r.started_at,
        r.duration_seconds, r.legs
      )::private.call_snapshots
      order by r.provider_call_id, v_fresh_hashes[r.place]
    ) filter (where r.error is null),
    array_agg(v_fresh_positions[r.place] order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_fresh, rejected_positions, rejection_reasons
  from private.read_calls(v_fresh_items) r;

  perform private.add_phone_numbers(p_integration_id, array(
    select distinct f.business_number from unnest(v_fresh) f where f.business_number is not null
  ));

  with added as (
    insert into private.call_snapshots as s
    select distinct on (f.provider_call_id, f.payload_hash) f.* from unnest(v_fresh) f order by f.provider_call_id, f.payload_hash
    on conflict (integration_id, provider_call_id, payload_hash)
    do update set observed_at = greatest(s.observed_at, excluded.observed_at)
    returning s.provider_call_id
  )
  select array_agg(a.provider_call_id) into v_added from added a;

  -- A statement heard again moves its time; it can change a row only where another statement stands beside it. Locked in key
  -- order, so that two workers with the same page wait for each other instead of deadlocking.
  perform from private.call_snapshots s
  where s.integration_id = p_integration_id and s.provider_call_id = any (v_item_ids) and s.payload_hash = any (v_known_hashes)
  order by s.provider_call_id, s.payload_hash
  for no key update;
  with heard_again as (
    update private.call_snapshots s set observed_at = p_observed_at
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_item_ids) and s.payload_hash = any (v_known_hashes)
      and s.observed_at < p_observed_at
    returning s.provider_call_id
  )
  select array_agg(h.provider_call_id) into v_heard_again from heard_again h;

  -- Only under the locks is it certain which other statements there are.
  v_call_ids := array(select unnest(v_added) union select unnest(v_heard_again));
  perform private.lock_calls(array_fill(p_integration_id, array[cardinality(v_call_ids)]), v_call_ids);
  v_call_ids := array(
    select unnest(v_added)
    union
    select s.provider_call_id
    from private.call_snapshots s
    where s.integration_id = p_integration_id and s.provider_call_id = any (v_heard_again)
    group by s.provider_call_id
    having count(*) > 1
  );

  select count(*) into v_known from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = any (v_call_ids);
  v_written := private.write_calls(p_integration_id, v_call_ids);

  new_items := cardinality(v_call_ids) - v_known;
  changed_items := v_written - new_items;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - v_written;
end
$$;
comment on function private.apply_calls(uuid, jsonb[], timestamptz) is
'Merges a page of the provider''s call history: keeps what each item states and writes the calls whose facts changed. Items that cannot be calls are rejected by position.';

create function private.apply_staged_items(
  p_job_id uuid, p_worker text, p_observed_at timestamptz, p_through timestamptz, p_total integer, p_now timestamptz
)
returns table (new_items integer, changed_items integer, unchanged_items integer, rejected_items integer)
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  v_job public.sync_jobs;
  v_items text[];
  v_payloads jsonb[];
  v_result record;
  v_rejected text[];
  v_reasons text[];
begin
  select * into v_job from public.sync_jobs j
  where j.id = p_job_id and j.worker = p_worker and j.state = 'running'
  for update;
  if not found then
    raise exception 'Job % is no longer this worker''s.', p_job_id using errcode = 'PT409', detail = 'lease_lost';
  end if;

  with taken as (
    delete from private.staged_items s where s.job_id = p_job_id returning s.position, s.item
  )
  select array_agg(t.item order by t.position) into v_items from taken t;
  begin
    v_payloads := array(select private.without_nul(i.item)::jsonb from unnest(v_items) with ordinality as i (item, n) order by i.n);
  exception when data_exception or program_limit_exceeded then
    -- One of them cannot be held, so each is tried by itself.
    with parsed as materialized (
      select i.n, i.item, private.parse_json(private.without_nul(i.item)) as payload
      from unnest(v_items) with ordinality as i (item, n)
    )
    select
      array_agg(p.payload order by p.n) filter (where p.payload is not null),
      array_agg(p.item order by p.n) filter (where p.payload is not null),
      array_agg(p.item order by p.n) filter (where p.payload is null)
    into v_payloads, v_items, v_rejected
    from parsed p;
  end;
  v_reasons := array_fill('The item is not JSON that Postgres can hold.'::text, array[coalesce(cardinality(v_rejected), 0)]);

  if v_job.resource = 'calls' then
    select * into v_result from private.apply_calls(v_job.integration_id, coalesce(v_payloads, '{}'), p_observed_at);
  else
    select * into v_result from private.apply_phone_numbers(v_job.integration_id, coalesce(v_payloads, '{}'));
  end if;
  v_rejected := v_rejected || array(select v_items[n] from unnest(v_result.rejected_positions) n);
  v_reasons := v_reasons || v_result.rejection_reasons;

  -- Only now: its foreign key locks the integration, which a page with new numbers must lock first.
  insert into private.rejected_items (org_id, integration_id, resource, item_hash, item, reason, rejected_at)
  select distinct on (4)
    v_job.org_id, v_job.integration_id, v_job.resource, sha256(convert_to(r.item, 'UTF8')), r.item, r.reason, p_now
  from unnest(v_rejected, v_reasons) as r (item, reason)
  order by 4
  on conflict (integration_id, resource, item_hash) do update set reason = excluded.reason, rejected_at = excluded.rejected_at;

  update public.sync_jobs j set
    items_total = coalesce(p_total, j.items_total),
    items_new = j.items_new + v_result.new_items,
    items_changed = j.items_changed + v_result.changed_items,
    items_unchanged = j.items_unchanged + v_result.unchanged_items,
    items_rejected = j.items_rejected + coalesce(cardinality(v_rejected), 0),
    read_through = case when p_through is null then j.read_through else least(p_through, j.range_to) end,
    lease_until = p_now + interval '2 minutes'
  where j.id = p_job_id;

  if p_through is not null and v_job.kind = 'scheduled' then
    update private.sync_cursors c set watermark = greatest(c.watermark, least(p_through, v_job.range_to))
    where c.integration_id = v_job.integration_id and c.resource = v_job.resource;
  end if;

  return query
  select v_result.new_items, v_result.changed_items, v_result.unchanged_items, coalesce(cardinality(v_rejected), 0);
end
$$;
comment on function private.apply_staged_items(uuid, text, timestamptz, timestamptz, integer, timestamptz) is
'Merges the job''s staged page, sets unusable items aside, and moves progress and watermark, all in the caller''s transaction.';
grant execute on function private.apply_staged_items(uuid, text, timestamptz, timestamptz, integer, timestamptz) to sync;

create function private.sync_credentials(p_integration_id uuid)
returns table (organization text, purpose text, key_id text, sealed bytea, valid_until timestamptz)
language sql stable security definer set search_path = '' as $$
  select private.sealing_context(c.org_id), c.purpose, c.key_id, c.sealed, c.valid_until
  from private.integration_credentials c
  where c.integration_id = p_integration_id and c.purpose <> 'webhook_secret'
$$;
comment on function private.sync_credentials(uuid) is 'The sealed keys and tokens with which an integration''s account is read.';

create function private.store_provider_token(
  p_integration_id uuid, p_purpose text, p_key_id text, p_sealed bytea, p_valid_until timestamptz
) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if p_purpose not in ('access_token', 'refresh_token') then
    raise exception 'Only tokens are stored here.' using errcode = 'PT422', detail = 'not_a_token';
  end if;
  insert into private.integration_credentials as c (org_id, integration_id, purpose, key_id, sealed, valid_until)
  select i.org_id, i.id, p_purpose, p_key_id, p_sealed, p_valid_until from public.integrations i where i.id = p_integration_id
  on conflict (integration_id, purpose) where purpose <> 'webhook_secret'
  do update set key_id = excluded.key_id, sealed = excluded.sealed, valid_until = excluded.valid_until, created_at = now();
end
$$;
comment on function private.store_provider_token(uuid, text, text, bytea, timestamptz) is
'Shares a sealed access or refresh token among all workers.';

create function private.credentials_not_sealed_with(p_key_id text)
returns table (credential_id uuid, organization text, integration_id uuid, purpose text, key_id text, sealed bytea)
language sql stable security definer set search_path = '' as $$
  select c.id, private.sealing_context(c.org_id), c.integration_id, c.purpose, c.key_id, c.sealed
  from private.integration_credentials c
  where c.key_id <> p_key_id
  order by c.id
$$;
comment on function private.credentials_not_sealed_with(text) is 'Credentials still sealed to another key: what a rotation has left to do.';

create function private.replace_sealed(p_credential_id uuid, p_expected bytea, p_key_id text, p_sealed bytea) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  update private.integration_credentials set key_id = p_key_id, sealed = p_sealed
  where id = p_credential_id and sealed = p_expected;
  return found;
end
$$;
comment on function private.replace_sealed(uuid, bytea, text, bytea) is
'Puts a credential sealed anew in place of the one read; false when it changed meanwhile.';

grant execute on function
  private.sync_credentials(uuid), private.store_provider_token(uuid, text, text, bytea, timestamptz),
  private.credentials_not_sealed_with(text), private.replace_sealed(uuid, bytea, text, bytea)
to sync;

create function private.sync_status(p_now timestamptz)
returns table (
  integration_id uuid, integration text, organization text, resource text, watermark timestamptz, next_run_at timestamptz,
  last_success_at timestamptz, last_error text, requests_used_today integer
)
language sql stable security definer set search_path = '' as $$
  select
    i.id, i.name, o.name, c.resource, c.watermark, c.next_run_at, c.last_success_at, c.last_error,
    (select sum(q.used)::int from private.provider_quota q where q.day = (p_now at time zone 'UTC')::date)
  from public.integrations i
  join public.organizations o on o.id = i.org_id
  join private.sync_cursors c on c.integration_id = i.id
  order by o.name, i.name, c.resource
$$;
comment on function private.sync_status(timestamptz) is 'How far each resource has been read, for operators. Requests are those of all keys together.';
grant execute on function private.sync_status(timestamptz) to sync;

create function private.create_integration(
  p_org_id uuid, p_name text, p_account_type text, p_webhook_mode text, p_key_id text, p_credentials jsonb, p_id uuid
) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_org_id uuid := coalesce(p_org_id, private.holding_org_id());
  v_credential record;
begin
  -- The holding organization is in nobody's list but a platform admin's.
  if v_org_id <> all (array(select private.my_org_ids('org_admin'))) then
    raise exception 'There is no such organization.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'Only its admins and platform admins may add an integration.';
  end if;
  if p_webhook_mode is distinct from 'signed' then
    raise exception 'Deliveries without a signature cannot be received yet.'
      using errcode = 'PT422', detail = 'webhook_mode_unavailable', hint = 'Choose signed.';
  end if;
  if jsonb_typeof(p_credentials) is distinct from 'object' or not p_credentials ?& array['api_key', 'user_key'] then
    raise exception 'An integration needs its api_key and user_key, sealed.'
      using errcode = 'PT422', detail = 'credentials_missing', hint = 'Seal each with the platform''s public key and send it in base64.';
  end if;

  insert into public.integrations (id, org_id, name, account_type, webhook_mode)
  values (p_id, v_org_id, p_name, p_account_type, p_webhook_mode);

  for v_credential in select key as purpose, value as sealed from jsonb_each_text(p_credentials) loop
    if v_credential.purpose not in ('api_key', 'user_key', 'webhook_secret') then
      raise exception 'There is no credential of the kind %.', v_credential.purpose
        using errcode = 'PT422', detail = 'credential_unknown', hint = 'Send api_key, user_key and webhook_secret.';
    end if;
    begin
      insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)
      values (v_org_id, p_id, v_credential.purpose, p_key_id, decode(v_credential.sealed, 'base64'));
    exception when data_exception or check_violation or not_null_violation then
      raise exception 'The % is not a sealed value in base64.', v_credential.purpose
        using errcode = 'PT422', detail = 'credential_not_sealed', hint = 'Seal it with the platform''s public key.';
    end;
  end loop;
  return p_id;
exception when unique_violation then
  raise exception 'An integration with this id exists already.'
    using errcode = 'PT409', detail = 'integration_exists', hint = 'Choose a new random id and seal the credentials for it.';
end
$$;
comment on function private.create_integration(uuid, text, text, text, text, jsonb, uuid) is
'Adds an integration with its sealed credentials; the caller''s right is checked inside.';
grant execute on function private.create_integration(uuid, text, text, text, text, jsonb, uuid) to authenticated;

create function public.create_integration(
  p_org_id uuid, p_name text, p_account_type text, p_webhook_mode text, p_key_id text, p_credentials jsonb, p_id uuid
) returns uuid
language sql set search_path = '' as $$
  select private.create_integration(p_org_id, p_name, p_account_type, p_webhook_mode, p_key_id, p_credentials, p_id)
$$;
comment on function public.create_integration(uuid, text, text, text, text, jsonb, uuid) is
'Adds a MightyCall account to an organization (org admins), or platform-wide with p_org_id null (platform admins).

p_id is chosen by the client, because the credentials (base64 of HPKE messages: api_key, user_key, webhook_secret) are sealed for it.
Errors: organization_not_found, webhook_mode_unavailable, credentials_missing, credential_unknown, credential_not_sealed, integration_exists.';
grant execute on function public.create_integration(uuid, text, text, text, text, jsonb, uuid) to authenticated;

create function private.assign_phone_number(p_phone_number_id uuid, p_org_id uuid, p_from timestamptz, p_label text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_number public.phone_numbers;
  v_current public.lines;
  v_line_id uuid;
  v_call_ids text[];
begin
  if not private.is_platform_admin() then
    raise exception 'Only platform admins give numbers to organizations.'
      using errcode = 'PT403', detail = 'platform_admin_required', hint = 'Ask the operator.';
  end if;
  if p_org_id = private.holding_org_id()
    or not exists (select from public.organizations o where o.id = p_org_id and o.archived_at is null) then
    raise exception 'There is no such organization, or it is archived.'
      using errcode = 'PT404', detail = 'organization_not_found', hint = 'Choose an organization that is not archived.';
  end if;

  -- Ingest reads lines under "for key share" on the number: no call slips in between.
  select * into v_number from public.phone_numbers n where n.id = p_phone_number_id for update;
  if not found then
    raise exception 'There is no such phone number.'
      using errcode = 'PT404', detail = 'phone_number_not_found', hint = 'See phone_numbers for the inventory.';
  end if;
  if v_number.org_id not in (private.holding_org_id(), p_org_id) then
    raise exception 'The number belongs to an account that another organization owns.'
      using errcode = 'PT409', detail = 'number_of_another_account', hint = 'Only numbers of platform-wide accounts move.';
  end if;

  select * into v_current from public.lines l where l.phone_number_id = p_phone_number_id and upper_inf(l.period);
  if v_current.org_id = p_org_id then
    raise exception 'The organization has this number already.'
      using errcode = 'PT409', detail = 'number_already_assigned', hint = 'Nothing needs to be done.';
  end if;
  if p_from < now() and exists (
    select from public.lines l where l.phone_number_id = p_phone_number_id and l.period && tstzrange(p_from, greatest(p_from, now()))
  ) then
    raise exception 'The number was in an organization''s hands after %, and its history stays there.', p_from
      using errcode = 'PT409', detail = 'period_taken', hint = 'Choose a later start; now is always possible.';
  end if;

  if v_current.id is not null then
    if lower(v_current.period) >= p_from then
      raise exception 'The number is promised to an organization from %.', lower(v_current.period)
        using errcode = 'PT409', detail = 'period_taken', hint = 'Choose a start after that.';
    end if;
    update public.lines l set period = tstzrange(lower(l.period), p_from) where l.id = v_current.id;
  end if;
  insert into public.lines (org_id, phone_number_id, e164, period, label)
  values (p_org_id, v_number.id, v_number.e164, tstzrange(p_from, null), coalesce(p_label, v_number.label))
  returning id into v_line_id;

  select array_agg(c.provider_call_id) into v_call_ids
  from public.calls c
  where c.phone_number_id = v_number.id and c.started_at >= p_from;
  if v_call_ids is not null then
    perform private.write_calls(v_number.integration_id, v_call_ids);
  end if;
  return v_line_id;
end
$$;
comment on function private.assign_phone_number(uuid, uuid, timestamptz, text) is
'Gives a number to an organization from an instant on; the caller''s right is checked inside.';
grant execute on function private.assign_phone_number(uuid, uuid, timestamptz, text) to authenticated;

create function public.assign_phone_number(
  p_phone_number_id uuid, p_org_id uuid, p_from timestamptz default now(), p_label text default null
) returns uuid
language sql set search_path = '' as $$
  select private.assign_phone_number(p_phone_number_id, p_org_id, coalesce(p_from, now()), p_label)
$$;
comment on function public.assign_phone_number(uuid, uuid, timestamptz, text) is
'Gives a phone number to an organization (platform admins) and returns the new line.

Whoever had the number keeps its history up to p_from. A start in the past claims calls that nobody owned; it cannot take what somebody did.
Errors: platform_admin_required, organization_not_found, phone_number_not_found, number_of_another_account, number_already_assigned, period_taken.';
grant execute on function public.assign_phone_number(uuid, uuid, timestamptz, text) to authenticated;
