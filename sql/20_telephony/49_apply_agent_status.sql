create function private.observe_agent_status(
  p_integration_id uuid, p_extension text, p_status text, p_is_account_user_only boolean, p_at timestamptz
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_holder record;
  v_before public.agent_statuses;
  v_after public.agent_statuses;
begin
  if exists (
    select from public.agent_statuses s
    where s.integration_id = p_integration_id and s.extension = p_extension and p_at between s.since and s.observed_through
  ) then
    return false;
  end if;
  select * into v_holder from private.extension_holder(p_integration_id, p_extension, p_at);
  -- The looks before and after, as far as they found the same with the same holder not long ago: looks that come late, or twice, make
  -- the same intervals as looks that come in order.
  select * into v_before
  from (
    select * from public.agent_statuses s
    where s.integration_id = p_integration_id and s.extension = p_extension and s.since < p_at
    order by s.since desc
    limit 1
  ) s
  where s.observed_through > p_at - interval '30 minutes' and s.status = p_status
    and (s.org_id, s.member_id, s.is_account_user_only) is not distinct from (v_holder.org_id, v_holder.member_id, p_is_account_user_only);
  select * into v_after
  from (
    select * from public.agent_statuses s
    where s.integration_id = p_integration_id and s.extension = p_extension and s.since > p_at
    order by s.since
    limit 1
  ) s
  where s.since < p_at + interval '30 minutes' and s.status = p_status
    and (s.org_id, s.member_id, s.is_account_user_only) is not distinct from (v_holder.org_id, v_holder.member_id, p_is_account_user_only);

  if v_before.id is not null then
    delete from public.agent_statuses s where s.id = v_after.id;
    update public.agent_statuses s set observed_through = coalesce(v_after.observed_through, p_at) where s.id = v_before.id;
    return false;
  elsif v_after.id is not null then
    update public.agent_statuses s set since = p_at where s.id = v_after.id;
    return false;
  end if;
  insert into public.agent_statuses (
    org_id, integration_id, extension, member_id, status, since, observed_through, is_account_user_only
  )
  values (
    v_holder.org_id, p_integration_id, p_extension, v_holder.member_id, p_status, p_at, p_at, p_is_account_user_only
  );
  return true;
end
$$;
comment on function private.observe_agent_status(uuid, text, text, boolean, timestamptz) is
'Notes in which status an extension was seen, and tells whether an interval begins. A look inside a known interval changes nothing.';

create function private.apply_agent_status(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer,
  out rejected_positions integer[], out rejection_reasons text[]
)
language plpgsql set search_path = '' as $$
declare
  v_extensions text[];
  v_payloads jsonb[];
  v_item record;
  v_new text[];
begin
  with item as (
    select
      i.n::integer as place, i.payload, private.first_text(i.payload, 'extension') as extension,
      case
        when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
        when private.first_text(i.payload, 'extension') is null then 'The status names no extension.'
        when char_length(private.first_text(i.payload, 'extension')) > 40 then 'The extension has more than 40 characters.'
        when private.first_text(i.payload, 'status') is null then 'The item names no status.'
        when char_length(private.first_text(i.payload, 'status')) > 40 then 'The status has more than 40 characters.'
      end as error
    from unnest(p_items) with ordinality as i (payload, n)
  )
  select
    array_agg(t.extension order by t.place) filter (where t.error is null),
    array_agg(t.payload order by t.place) filter (where t.error is null),
    array_agg(t.place order by t.place) filter (where t.error is not null),
    array_agg(t.error order by t.place) filter (where t.error is not null)
  into v_extensions, v_payloads, rejected_positions, rejection_reasons
  from item t;

  -- Holders of extensions stay who they are until this is written.
  perform from public.integrations i where i.id = p_integration_id for key share;
  -- Two who look at once take turns, so that each sees the other's intervals.
  perform pg_advisory_xact_lock(hashtextextended('agent_status:' || p_integration_id::text, 0));
  select coalesce(array_agg(k.provider_id) filter (where k.is_new), '{}') into v_new
  from private.keep_items(p_integration_id, 'agent_status', v_extensions, v_payloads, p_observed_at) k;

  new_items := 0;
  changed_items := 0;
  for v_item in
    -- Of two statements in one look the last counts, as keep_items has it.
    select distinct on (i.extension)
      i.extension, lower(private.first_text(i.payload, 'status')) as status,
      -- An account that tells its own user's status alone says nothing of the others.
      v_extensions <@ array[i.extension] and coalesce(i.payload -> 'isAccountUser' = 'true', false) as is_account_user_only
    from unnest(v_extensions, v_payloads) with ordinality as i (extension, payload, n)
    order by i.extension, i.n desc
  loop
    if private.observe_agent_status(
      p_integration_id, v_item.extension, v_item.status, v_item.is_account_user_only, p_observed_at
    ) then
      new_items := new_items + (v_item.extension = any (v_new))::int;
      changed_items := changed_items + (v_item.extension <> all (v_new))::int;
    end if;
  end loop;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;
end
$$;
comment on function private.apply_agent_status(uuid, jsonb[], timestamptz) is
'Notes in which status the extensions of an account were seen, in one look: {"extension", "status", "isAccountUser"}. Other items are rejected by position.';
