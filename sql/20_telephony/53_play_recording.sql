create table private.play_grants (
  user_id uuid not null references public.profiles (user_id) on delete cascade,
  recording_id uuid not null references public.recordings (id) on delete cascade,
  expires_at timestamptz not null,
  primary key (user_id, recording_id)
);
comment on table private.play_grants is 'Who may fetch which audio from Storage now: made by play_recording, for five minutes.';
create index play_grants_recording_idx on private.play_grants (recording_id);
create index play_grants_expires_idx on private.play_grants (expires_at);

alter table private.play_grants enable row level security;

create function private.hearable_recording(p_recording_id uuid) returns public.recordings
language plpgsql stable security definer set search_path = '' as $$
declare
  v_recording public.recordings;
begin
  select * into v_recording
  from public.recordings r
  where r.id = p_recording_id and (
    r.org_id = any (array(select private.my_org_ids('org_admin')))
    or r.line_id = any (array(select private.my_line_ids()))
    or r.member_ids && array(select private.my_member_ids())
  );
  return v_recording;
end
$$;
comment on function private.hearable_recording(uuid) is 'The recording, if the caller may hear it, as its policy says; else nulls.';

create function private.play_recording(p_recording_id uuid)
returns table (bucket_id text, object_name text, content_type text, expires_at timestamptz)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_recording constant public.recordings := private.hearable_recording(p_recording_id);
  v_expires_at constant timestamptz := now() + interval '5 minutes';
begin
  if v_recording.id is null then
    raise exception 'There is no such recording.'
      using errcode = 'PT404', detail = 'recording_not_found', hint = 'See recordings for those you may hear.';
  end if;
  if v_recording.state <> 'stored' then
    raise exception 'The recording cannot be played: %.', coalesce(v_recording.reason, 'its audio has not arrived yet')
      using errcode = 'PT409', detail = 'recording_not_stored', hint = 'Its state and reason are told in recordings.';
  end if;
  insert into private.play_grants as g (user_id, recording_id, expires_at) values (auth.uid(), p_recording_id, v_expires_at)
  on conflict (user_id, recording_id) do update set expires_at = excluded.expires_at;
  perform private.record_audit(
    v_recording.org_id, 'play', 'recordings', jsonb_build_object('id', p_recording_id),
    jsonb_strip_nulls(jsonb_build_object('call_id', v_recording.call_id, 'voicemail_id', v_recording.voicemail_id))
  );
  return query select 'recordings', p_recording_id::text, v_recording.content_type, v_expires_at;
end
$$;
comment on function private.play_recording(uuid) is
'Lets the caller fetch a recording''s audio for five minutes and writes that into the audit trail; the caller''s right is checked inside.';
grant execute on function private.play_recording(uuid) to authenticated;

create function public.play_recording(p_recording_id uuid)
returns table (bucket_id text, object_name text, content_type text, expires_at timestamptz)
language sql set search_path = '' as $$
  select * from private.play_recording(p_recording_id)
$$;
comment on function public.play_recording(uuid) is
'Lets the caller fetch a recording from Storage until expires_at, five minutes from now, with their own token. Every play is in the audit trail.

Then: GET /storage/v1/object/authenticated/recordings/<object_name>, or storage.from("recordings").download(object_name).
Admins any recording of their organization, agents and managers those of given lines and of calls they handled.
Errors: recording_not_found, recording_not_stored.';
grant execute on function public.play_recording(uuid) to authenticated;

create function private.my_playable_objects() returns setof text
language plpgsql stable security definer parallel safe set search_path = '' set enable_seqscan = off as $$
begin
  return query
  select g.recording_id::text
  from private.play_grants g
  where g.user_id = auth.uid() and g.expires_at > now()
    -- Somebody deactivated a minute ago has the grant still, but not the right.
    and (private.hearable_recording(g.recording_id)).state = 'stored';
end
$$;
comment on function private.my_playable_objects() is 'Names of the objects in the bucket recordings that the caller may fetch now.';
grant execute on function private.my_playable_objects() to authenticated;

create policy recordings_select_played on storage.objects for select to authenticated
using (
  bucket_id = 'recordings' and name = any (array(select private.my_playable_objects()))
  -- Storage says what it is asked for. A signed link would go on playing, for anybody, unrecorded.
  and coalesce(nullif(current_setting('storage.operation', true), ''), 'object.get_authenticated') like '%object.get_authenticated%'
);

create function private.delete_recording(p_recording_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_recording public.recordings;
begin
  select * into v_recording
  from public.recordings r
  where r.id = p_recording_id and r.org_id = any (array(select private.my_org_ids('org_admin')))
  for update;
  if not found then
    raise exception 'There is no such recording.'
      using errcode = 'PT404', detail = 'recording_not_found', hint = 'See recordings for those of your organization; its admins delete them.';
  end if;
  if v_recording.is_held then
    raise exception 'The recording is held.'
      using errcode = 'PT409', detail = 'recording_held', hint = 'Set is_held to false first.';
  end if;
  update public.recordings r set state = 'deleted', deleted_at = now(), reason = 'deleted by a person'
  where r.id = p_recording_id and r.state <> 'deleted';
  delete from private.play_grants g where g.recording_id = p_recording_id;
  notify sync_jobs;
end
$$;
comment on function private.delete_recording(uuid) is 'Marks a recording as deleted, for the sync script to remove its audio; the caller''s right is checked inside.';
grant execute on function private.delete_recording(uuid) to authenticated;

create function public.delete_recording(p_recording_id uuid) returns void
language sql set search_path = '' as $$
  select private.delete_recording(p_recording_id)
$$;
comment on function public.delete_recording(uuid) is
'Deletes the audio of a recording for good (org admins). It plays for nobody from now on; that there was one stays known.

Errors: recording_not_found, recording_held.';
grant execute on function public.delete_recording(uuid) to authenticated;
