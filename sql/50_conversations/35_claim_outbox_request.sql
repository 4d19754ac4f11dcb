create function private.claim_outbox_request(p_worker text, p_now timestamptz)
returns table (
  request_id uuid, kind text, integration_id uuid, organization text, account_type text, from_number text, to_number text,
  body text, attempt integer
)
-- In the index's order, so that the first that can be done is found without looking at all that wait.
language plpgsql security definer
set search_path = '' set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
#variable_conflict use_column
begin
  perform private.end_overdue_requests(p_now);

  return query
  with next as (
    select r.id
    from private.outbox_requests r
    join public.lines l on l.id = r.line_id
    join public.integrations i on i.id = r.integration_id and i.disabled_at is null
    where ((r.state = 'queued' and r.run_after <= p_now) or (r.state = 'claimed' and r.lease_until <= p_now))
      and not exists (
        select from public.organizations o where o.id in (l.org_id, i.org_id) and o.archived_at is not null
      )
      -- What is written to one recipient arrives in the order in which it was written.
      and (r.placed_call_id is not null or not exists (
        select from private.outbox_requests e
        where e.line_id = r.line_id and e.recipient = r.recipient and e.place < r.place and e.state <> 'done' and e.message_id is not null
      ))
    order by (r.placed_call_id is null), r.run_after, r.place
    limit 1
    for update of r skip locked
  )
  update private.outbox_requests r set
    state = 'claimed', worker = p_worker, lease_until = p_now + interval '2 minutes', attempt = r.attempt + 1
  from next, public.integrations i, public.lines l
  where r.id = next.id and i.id = r.integration_id and l.id = r.line_id
  returning
    r.id, case when r.message_id is not null then 'message' else 'call' end, r.integration_id, private.sealing_context(i.org_id),
    i.account_type, l.e164, r.recipient, (select m.body from public.messages m where m.id = r.message_id), r.attempt;
end
$$;
comment on function private.claim_outbox_request(text, timestamptz) is
'The next message to send or call to place, for this worker, with a lease of two minutes: calls first. No row: nothing to do.';
grant execute on function private.claim_outbox_request(text, timestamptz) to sync;
