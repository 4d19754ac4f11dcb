create function private.apply_page(
  p_job_id uuid, p_worker text, p_items text[], p_observed_at timestamptz, p_through timestamptz, p_total integer, p_is_last boolean,
  p_now timestamptz
)
returns table (new_items integer, changed_items integer, unchanged_items integer, rejected_items integer)
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  v_job public.sync_jobs;
  v_items text[] := p_items;
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

  begin
    if strpos(array_to_string(v_items, ''), '\u0000') = 0 then
      v_payloads := v_items::jsonb[];
    else
      v_payloads := array(select private.without_nul(i.item)::jsonb from unnest(v_items) with ordinality as i (item, n) order by i.n);
    end if;
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

  v_payloads := coalesce(v_payloads, '{}');
  case v_job.resource
    when 'calls' then select * into v_result from private.apply_calls(v_job.integration_id, v_payloads, p_observed_at);
    when 'messages' then select * into v_result from private.apply_messages(v_job.integration_id, v_payloads, p_observed_at);
    when 'voicemails' then select * into v_result from private.apply_voicemails(v_job.integration_id, v_payloads, p_observed_at);
    when 'contacts' then select * into v_result from private.apply_contacts(v_job.integration_id, v_payloads, p_observed_at);
    when 'team' then select * into v_result from private.apply_team(v_job.integration_id, v_payloads, p_observed_at);
    when 'agent_status' then select * into v_result from private.apply_agent_status(v_job.integration_id, v_payloads, p_observed_at);
    when 'phone_numbers' then select * into v_result from private.apply_phone_numbers(v_job.integration_id, v_payloads, p_observed_at);
  end case;
  if p_is_last and v_job.resource in ('team', 'contacts') then
    perform private.unlist_missing(v_job.integration_id, v_job.resource, v_job.started_at);
  elsif p_is_last and v_job.resource = 'phone_numbers' and v_job.kind <> 'test' then
    perform private.unlist_phone_numbers(v_job.integration_id, v_job.started_at);
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
    pages_read = j.pages_read + 1,
    -- A backfill of years meets many an outage: what counts is whether it gets on.
    attempt = case when v_job.kind = 'backfill' and p_through is not null then 1 else j.attempt end,
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
comment on function private.apply_page(uuid, text, text[], timestamptz, timestamptz, integer, boolean, timestamptz) is
'Merges a page of the job, items as the provider sent them, sets unusable items aside, and moves progress and watermark, all in the caller''s transaction. p_is_last: a whole list has now been read.';
grant execute on function private.apply_page(uuid, text, text[], timestamptz, timestamptz, integer, boolean, timestamptz) to sync;
