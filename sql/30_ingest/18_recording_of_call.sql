create function private.recording_of_call(p_call public.calls) returns public.recordings
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_recording public.recordings;
begin
  v_recording.id := extensions.uuid_generate_v5(p_call.id, 'recording');
  v_recording.org_id := p_call.org_id;
  v_recording.integration_id := p_call.integration_id;
  v_recording.kind := 'call';
  v_recording.call_id := p_call.id;
  v_recording.line_id := p_call.line_id;
  v_recording.member_ids := p_call.member_ids;
  v_recording.direction := p_call.direction;
  v_recording.external_number := p_call.external_number;
  v_recording.started_at := p_call.started_at;
  v_recording.duration_seconds := coalesce(p_call.talk_seconds, p_call.duration_seconds);
  return v_recording;
end
$$;
comment on function private.recording_of_call(public.calls) is 'The recording of a call that is said to have one.';
