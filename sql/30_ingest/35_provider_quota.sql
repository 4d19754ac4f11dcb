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

create table private.integration_requests (
  integration_id uuid not null references public.integrations (id) on delete cascade,
  day date not null,
  api_key_hash bytea not null,
  used integer not null,
  primary key (integration_id, day),
  constraint use_is_positive check (used > 0)
);
comment on table private.integration_requests is 'Requests made per integration and UTC day, and the key that they were made with last.';
create index integration_requests_key_idx on private.integration_requests (api_key_hash, day);

alter table private.integration_requests enable row level security;

create function private.part_of_day_left(p_now timestamptz) returns numeric
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return 1 - extract(epoch from p_now - date_trunc('day', p_now, 'UTC')) / 86400;
end
$$;
comment on function private.part_of_day_left(timestamptz) is 'How much of the UTC day, for which requests are counted, is left: 1 at its start.';

create function private.requests_for(p_purpose text, p_quota integer, p_now timestamptz) returns integer
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- What people wait for may use all of the day. What is due by itself leaves some for them; what has time leaves, besides, what
  -- is going to be due until the day is over.
  return floor(p_quota * case p_purpose
    when 'scheduled' then 0.96
    when 'recording' then 0.94 - 0.6 * private.part_of_day_left(p_now)
    when 'backfill' then 0.9 - 0.6 * private.part_of_day_left(p_now)
    else 1
  end)::integer;
end
$$;
comment on function private.requests_for(text, integer, timestamptz) is
'How many of the day''s requests may have been used before this purpose (send, requested, scheduled, recording, backfill) has to wait.';

create function private.count_provider_request(p_api_key_hash bytea, p_integration_id uuid, p_purpose text, p_now timestamptz)
returns table (allowed boolean, used integer, quota integer, reason text)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_day date := (p_now at time zone 'UTC')::date;
begin
  insert into private.provider_quota (api_key_hash, day) values (p_api_key_hash, v_day) on conflict do nothing;

  return query
  update private.provider_quota q set used = q.used + 1, probe_at = null
  where q.api_key_hash = p_api_key_hash and q.day = v_day
    and q.used < private.requests_for(p_purpose, q.quota, p_now) and (q.probe_at is null or q.probe_at <= p_now)
  returning true, q.used, q.quota, null::text;

  if found then
    insert into private.integration_requests as r (integration_id, day, api_key_hash, used)
    values (p_integration_id, v_day, p_api_key_hash, 1)
    on conflict (integration_id, day) do update set api_key_hash = excluded.api_key_hash, used = r.used + 1;
    return;
  end if;
  return query
  select
    false, q.used, q.quota,
    case when q.used >= q.quota then 'used_up' when q.probe_at > p_now then 'refused' else 'kept_back' end
  from private.provider_quota q
  where q.api_key_hash = p_api_key_hash and q.day = v_day;
end
$$;
comment on function private.count_provider_request(bytea, uuid, text, timestamptz) is
'Counts one request before it is made, exactly across workers. Not allowed when the day''s are used_up, when the provider refused within the hour, or when what is left is kept_back for more urgent purposes.';

create function private.note_provider_refusal(p_api_key_hash bytea, p_now timestamptz) returns void
language sql security definer set search_path = '' as $$
  insert into private.provider_quota (api_key_hash, day, probe_at)
  values (p_api_key_hash, (p_now at time zone 'UTC')::date, p_now + interval '1 hour')
  on conflict (api_key_hash, day) do update set probe_at = excluded.probe_at
$$;
comment on function private.note_provider_refusal(bytea, timestamptz) is 'The provider said the limit is reached: rest an hour, then probe.';

grant execute on function
  private.count_provider_request(bytea, uuid, text, timestamptz), private.note_provider_refusal(bytea, timestamptz)
to sync;

create function private.planned_pause(p_integration_id uuid, p_resource text, p_now timestamptz) returns interval
language plpgsql stable set search_path = '' as $$
declare
  v_day constant date := (p_now at time zone 'UTC')::date;
  v_resource private.sync_resources;
  v_quota private.provider_quota;
  v_passes_cost numeric;
  v_affordable numeric;
begin
  select * into v_resource from private.sync_resources r where r.resource = p_resource;
  select q.* into v_quota
  from private.integration_requests u
  join private.provider_quota q on q.api_key_hash = u.api_key_hash and q.day = u.day
  where u.integration_id = p_integration_id and u.day = v_day;
  if not found then
    return v_resource.poll_interval;
  end if;
  -- All accounts that read with this key live from the same requests.
  select sum(c.pages) into v_passes_cost
  from private.integration_requests u
  join private.sync_cursors c on c.integration_id = u.integration_id and c.resource = p_resource
  where u.api_key_hash = v_quota.api_key_hash and u.day = v_day;
  v_affordable := greatest(
    1, (private.requests_for('scheduled', v_quota.quota, p_now) - v_quota.used) * v_resource.share
  );
  return greatest(
    v_resource.poll_interval,
    interval '1 day' * (private.part_of_day_left(p_now) * coalesce(v_passes_cost, 1) / v_affordable)::double precision
  );
end
$$;
comment on function private.planned_pause(uuid, text, timestamptz) is
'How long until a resource is due again: its interval, or longer where its share of the requests left today, spread until midnight UTC, does not suffice.';
