create function private.claim_document(p_worker text, p_now timestamptz)
returns table (document_id uuid, report text, format text, title text, attempt integer)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_run_id uuid;
begin
  -- Whoever tried to make one of these did not live to say what became of it, again and again.
  for v_run_id in
    update public.documents d set state = 'failed', reason = 'making it broke off each time'
    from private.document_files f
    where f.document_id = d.id and d.state = 'rendering' and f.attempt >= 6 and f.lease_until <= p_now
    returning d.run_id
  loop
    if v_run_id is not null then
      perform private.advance_report_run(v_run_id, p_now);
    end if;
  end loop;

  return query
  with next as (
    select f.document_id
    from private.document_files f
    where f.is_wanted and f.next_attempt_at <= p_now and (f.lease_until is null or f.lease_until <= p_now)
      and exists (select from public.documents d where d.id = f.document_id and d.state in ('queued', 'rendering'))
    order by f.next_attempt_at, f.document_id
    limit 1
    for update of f skip locked
  ),
  taken as (
    update private.document_files f
    set worker = p_worker, lease_until = p_now + interval '10 minutes', attempt = f.attempt + 1, has_object = true
    from next
    where f.document_id = next.document_id
    returning f.document_id, f.attempt
  )
  update public.documents d set state = 'rendering'
  from taken t
  where d.id = t.document_id
  returning d.id, d.report, d.format, d.title, t.attempt;
end
$$;
comment on function private.claim_document(text, timestamptz) is
'The next document that this worker should make, with a lease of ten minutes. No row: nothing to do.';

create function private.document_source(p_document_id uuid, p_worker text, p_now timestamptz)
returns table (csv text, source jsonb, problem text)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_document public.documents;
  v_claims constant text := coalesce(current_setting('request.jwt.claims', true), '');
  v_is_known boolean;
  v_hint text;
begin
  select d.* into v_document
  from public.documents d
  join private.document_files f on f.document_id = d.id
  where d.id = p_document_id and f.worker = p_worker and f.lease_until > p_now and d.state = 'rendering';
  if not found then
    return query select null::text, null::jsonb, 'the document is another worker''s';
    return;
  end if;
  begin
    -- Who asked was let in by the second factor where one is required; nobody gets in by this who was not in.
    perform set_config(
      'request.jwt.claims', jsonb_build_object('sub', v_document.owner_id, 'role', 'authenticated', 'aal', 'aal2')::text, true
    );
    v_is_known := v_document.org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin')));
    if not v_is_known then
      problem := 'whose document it is is no longer active in the organization';
    elsif v_document.format = 'csv' then
      csv := private.report_as_owner(v_document.org_id, v_document.report, v_document.parameters, true) #>> '{}';
    else
      source := private.report_as_owner(v_document.org_id, v_document.report, v_document.parameters, false);
    end if;
    perform set_config('request.jwt.claims', v_claims, true);
  exception when others then
    -- What is refused to the owner is refused to the document; anything else is not its fault.
    if sqlstate not like 'PT4%' then
      raise;
    end if;
    get stacked diagnostics v_hint = pg_exception_hint;
    problem := concat_ws(' ', sqlerrm, nullif(v_hint, ''));
  end;
  return query select csv, source, problem;
end
$$;
comment on function private.document_source(uuid, text, timestamptz) is
'What goes into a document that this worker has claimed, as its owner may see it now: the CSV, or the source of the PDF, or why there is none.';

create function private.finish_document(
  p_document_id uuid, p_worker text, p_outcome text, p_reason text, p_size_bytes bigint, p_sha256 bytea, p_now timestamptz
) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_pauses constant interval[] := array['1 minute', '5 minutes', '15 minutes', '1 hour', '4 hours'];
  v_attempt integer;
  v_is_last boolean;
  v_run_id uuid;
begin
  select f.attempt into v_attempt
  from private.document_files f
  where f.document_id = p_document_id and f.worker = p_worker
  for update;
  if not found then
    return false;
  end if;
  v_is_last := p_outcome = 'failed' or (p_outcome = 'retry' and v_attempt > cardinality(v_pauses));

  update private.document_files f set
    worker = null, lease_until = null,
    next_attempt_at = p_now + case when p_outcome = 'retry' and not v_is_last then v_pauses[v_attempt] else interval '0' end
  where f.document_id = p_document_id;

  update public.documents d set
    state = case when p_outcome = 'stored' then 'stored' when v_is_last then 'failed' else 'queued' end,
    reason = case when p_outcome <> 'stored' then left(coalesce(p_reason, 'no reason was given'), 2000) end,
    size_bytes = p_size_bytes, sha256 = p_sha256, stored_at = case when p_outcome = 'stored' then p_now end
  where d.id = p_document_id and d.state = 'rendering'
  returning d.run_id into v_run_id;
  if v_run_id is not null and (p_outcome = 'stored' or v_is_last) then
    perform private.advance_report_run(v_run_id, p_now);
  end if;
  return true;
end
$$;
comment on function private.finish_document(uuid, text, text, text, bigint, bytea, timestamptz) is
'Ends the making of a document: stored, failed for good, or to be tried again (in 1, 5, 15 minutes, 1, 4 hours; then it failed). False when it went to another worker.';

create function private.release_document(p_document_id uuid, p_worker text, p_run_after timestamptz) returns void
language plpgsql security definer set search_path = '' as $$
begin
  update private.document_files f
  set worker = null, lease_until = null, attempt = greatest(f.attempt - 1, 0), next_attempt_at = p_run_after
  where f.document_id = p_document_id and f.worker = p_worker;
  if found then
    update public.documents d set state = 'queued' where d.id = p_document_id and d.state = 'rendering';
  end if;
end
$$;
comment on function private.release_document(uuid, text, timestamptz) is
'Gives a document back untried, for instance when Storage is away; the attempt does not count.';

create function private.claim_document_removal(p_worker text, p_now timestamptz) returns table (document_id uuid)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
  update public.documents d set state = 'expired', reason = format('kept for %s days', t.document_days)
  from public.retention_settings t
  where t.org_id = d.org_id and d.state = 'stored' and d.stored_at < p_now - make_interval(days => t.document_days);

  delete from private.document_files f
  where not f.is_wanted and not f.has_object and (f.lease_until is null or f.lease_until <= p_now);

  return query
  with next as (
    select f.document_id
    from private.document_files f
    where not f.is_wanted and f.has_object and f.next_attempt_at <= p_now and (f.lease_until is null or f.lease_until <= p_now)
    order by f.next_attempt_at, f.document_id
    limit 1
    for update of f skip locked
  )
  update private.document_files f set worker = p_worker, lease_until = p_now + interval '2 minutes'
  from next
  where f.document_id = next.document_id
  returning f.document_id;
end
$$;
comment on function private.claim_document_removal(text, timestamptz) is
'Lets documents expire whose file was kept for its time, and gives this worker the next of those, or of removed and failed ones, whose file Storage should remove. No row: nothing to do.';

create function private.finish_document_removal(p_document_id uuid, p_worker text, p_error text, p_now timestamptz) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if p_error is null then
    delete from private.document_files f where f.document_id = p_document_id and f.worker = p_worker;
  else
    update private.document_files f set worker = null, lease_until = null, next_attempt_at = p_now + interval '15 minutes'
    where f.document_id = p_document_id and f.worker = p_worker;
  end if;
end
$$;
comment on function private.finish_document_removal(uuid, text, text, timestamptz) is
'The file is gone; with an error it is tried again in a quarter of an hour.';

grant execute on function
  private.claim_document(text, timestamptz), private.document_source(uuid, text, timestamptz),
  private.finish_document(uuid, text, text, text, bigint, bytea, timestamptz),
  private.release_document(uuid, text, timestamptz), private.claim_document_removal(text, timestamptz),
  private.finish_document_removal(uuid, text, text, timestamptz)
to sync;
