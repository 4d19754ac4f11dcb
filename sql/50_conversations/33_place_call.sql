create function private.place_call(p_line_id uuid, p_to text, p_idempotency_key text)
returns table (placed_call_id uuid, state text)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_line constant public.lines := private.require_line(p_line_id, 'calls:place');
  v_key constant text := private.read_idempotency_key(p_idempotency_key);
  v_to constant text := (private.read_recipients(array[p_to], v_line))[1];
  v_id constant uuid := gen_random_uuid();
  v_earlier uuid[];
  v_integration public.integrations;
begin
  v_earlier := private.earlier_result(
    v_key, jsonb_build_object('does', 'place_call', 'line_id', p_line_id, 'to', p_to), array[v_id]
  );
  if v_earlier is null then
    v_integration := private.require_open_line(v_line);
    insert into public.placed_calls (id, org_id, integration_id, line_id, business_number, external_number, requested_by)
    values (v_id, v_line.org_id, v_integration.id, v_line.id, v_line.e164, v_to, auth.uid());
    insert into private.outbox_requests (integration_id, line_id, recipient, placed_call_id, run_after, expires_at)
    values (v_integration.id, v_line.id, v_to, v_id, now(), now() + interval '2 minutes');
    notify sync_jobs;
  end if;
  return query select coalesce(v_earlier[1], v_id), 'queued';
end
$$;
comment on function private.place_call(uuid, text, text) is 'Puts a call in the outbox; the caller''s right is checked inside.';
grant execute on function private.place_call(uuid, text, text) to authenticated;

create function public.place_call(p_line_id uuid, p_to text, p_idempotency_key text default null)
returns table (placed_call_id uuid, state text)
language sql set search_path = '' as $$
  select * from private.place_call(p_line_id, p_to, p_idempotency_key)
$$;
comment on function public.place_call(uuid, text, text) is
'Asks MightyCall to ring, from a line, a number outside (agents and managers on lines given to them, org admins).

What becomes of it is in placed_calls, and the call itself in calls. A call that has not begun to ring within two minutes is not
placed any more. With p_idempotency_key, or the header Idempotency-Key, the same request is done once and answered alike each time.
Errors: line_not_found, role_not_sufficient, idempotency_key_invalid, recipient_invalid, recipient_is_own_number, idempotency_key_reused, organization_archived, line_not_current, integration_disabled.';
grant execute on function public.place_call(uuid, text, text) to authenticated;
