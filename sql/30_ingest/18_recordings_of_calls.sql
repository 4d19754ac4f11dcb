create function private.recordings_of_calls(p_calls public.calls[]) returns public.recordings[]
language plpgsql immutable parallel safe set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
  v_unsaid public.recordings;
begin
  return array(
    select
      row(
        extensions.uuid_generate_v5(c.id, 'recording'), c.org_id, c.integration_id, 'call', c.id, null, c.line_id, c.member_ids,
        c.direction, c.external_number, c.started_at, coalesce(c.talk_seconds, c.duration_seconds),
        v_unsaid.state, v_unsaid.reason, v_unsaid.content_type, v_unsaid.size_bytes, v_unsaid.sha256, v_unsaid.is_held,
        v_unsaid.stored_at, v_unsaid.deleted_at, v_unsaid.created_at, v_unsaid.updated_at
      )::public.recordings
    from unnest(p_calls) with ordinality as c
    order by c.ordinality
  );
end
$$;
comment on function private.recordings_of_calls(public.calls[]) is 'The recordings of calls that are said to have one, in their order.';
