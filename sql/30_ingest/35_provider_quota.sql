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
