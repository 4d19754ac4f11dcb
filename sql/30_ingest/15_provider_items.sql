create table private.provider_items (
  integration_id uuid not null references public.integrations (id) on delete restrict,
  resource text not null,
  provider_id text collate "C" not null,
  payload jsonb not null,
  payload_hash bytea not null,
  first_observed_at timestamptz not null,
  observed_at timestamptz not null,
  unlisted_at timestamptz,
  primary key (integration_id, resource, provider_id),
  constraint resource_is_known check (resource in ('phone_numbers', 'team', 'voicemails', 'messages', 'contacts', 'agent_status'))
)
-- Every pass that reads an item again moves observed_at.
with (fillfactor = 80);
comment on table private.provider_items is
'What the provider stated last about a voicemail, a message, a contact, one of the team or a status, in its own words. Calls have call_snapshots.';
comment on column private.provider_items.unlisted_at is 'When a complete list was first seen without it; null while it is listed.';

alter table private.provider_items enable row level security;

create function private.keep_items(
  p_integration_id uuid, p_resource text, p_ids text[], p_items jsonb[], p_observed_at timestamptz
)
returns table (provider_id text, is_new boolean, is_changed boolean)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  -- In key order: two workers with the same page wait for each other instead of deadlocking.
  perform from private.provider_items k
  where k.integration_id = p_integration_id and k.resource = p_resource and k.provider_id = any (p_ids)
  order by k.provider_id
  for no key update;

  return query
  with said as (
    -- Of two statements in one page the later one counts.
    select distinct on (i.id) i.id, i.payload, sha256(convert_to(i.payload::text, 'UTF8')) as payload_hash
    from unnest(p_ids, p_items) with ordinality as i (id, payload, n)
    order by i.id, i.n desc
  ),
  kept as (
    insert into private.provider_items as k (
      integration_id, resource, provider_id, payload, payload_hash, first_observed_at, observed_at
    )
    select p_integration_id, p_resource, s.id, s.payload, s.payload_hash, p_observed_at, p_observed_at
    from said s
    order by s.id
    on conflict (integration_id, resource, provider_id) do update set
      payload = excluded.payload, payload_hash = excluded.payload_hash, observed_at = excluded.observed_at, unlisted_at = null
    where k.observed_at <= excluded.observed_at
    -- Only a row that was there before has a transaction that changed it.
    returning k.provider_id, k.payload_hash, k.xmax = 0 as is_new
  )
  select
    k.provider_id, k.is_new,
    coalesce(b.payload_hash <> k.payload_hash or b.unlisted_at is not null, false)
  from kept k
  left join private.provider_items b
    on b.integration_id = p_integration_id and b.resource = p_resource and b.provider_id = k.provider_id
  order by k.provider_id;
end
$$;
comment on function private.keep_items(uuid, text, text[], jsonb[], timestamptz) is
'Keeps what the provider states about items, unless something later is known, and tells which are new or say something else than before. Items overtaken by a later statement are left out.';

create function private.lock_numbers(p_integration_id uuid, p_e164s text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  perform from public.integrations i where i.id = p_integration_id for key share;
  perform from public.phone_numbers n
  where n.id = any (array(
    select p.id
    from unnest(p_e164s) as named (e164)
    cross join lateral (
      select id from public.phone_numbers where integration_id = p_integration_id and e164 = named.e164 limit 1
    ) p
  ))
  order by n.id
  for key share;
end
$$;
comment on function private.lock_numbers(uuid, text[]) is
'Keeps numbers of an account where they are until the transaction ends: whoever assigns them waits, or has been waited for.';
