create table public.recordings (
  id uuid primary key,
  org_id uuid not null,
  integration_id uuid not null,
  kind text not null,
  call_id uuid,
  voicemail_id uuid,
  line_id uuid,
  member_ids uuid[] not null default '{}',
  direction text not null,
  external_number text collate "C",
  started_at timestamptz not null,
  duration_seconds integer,
  state text not null default 'waiting',
  reason text,
  content_type text,
  size_bytes bigint,
  sha256 bytea,
  is_held boolean not null default false,
  stored_at timestamptz,
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint kind_is_known check (kind in ('call', 'voicemail')),
  constraint source_is_of_its_kind check (
    case kind when 'call' then call_id is not null and voicemail_id is null else voicemail_id is not null and call_id is null end
  ),
  constraint direction_is_known check (direction in ('inbound', 'outbound', 'internal', 'callback')),
  constraint state_is_known check (state in ('waiting', 'stored', 'failed', 'deleted')),
  constraint duration_is_nonnegative check (duration_seconds >= 0),
  constraint stored_audio_is_described check (
    state <> 'stored' or (content_type is not null and size_bytes > 0 and octet_length(sha256) = 32 and stored_at is not null)
  ),
  constraint failure_has_a_reason check (state not in ('failed', 'deleted') or reason is not null),
  constraint recordings_call_fkey foreign key (org_id, call_id)
  references public.calls (org_id, id) on update cascade on delete cascade,
  constraint recordings_voicemail_fkey foreign key (org_id, voicemail_id)
  references public.voicemails (org_id, id) on update cascade on delete cascade
);
comment on table public.recordings is
'The audio of a call or a voicemail. It lies in Storage, in the bucket recordings under the recording''s id, and is heard through play_recording.';
comment on column public.recordings.id is 'UUIDv5 of the call or voicemail: rebuilding gives the same id.';
comment on column public.recordings.org_id is 'The call''s or the voicemail''s: one of the two keys always holds.';
comment on column public.recordings.integration_id is 'The call''s or the voicemail''s.';
comment on column public.recordings.line_id is 'The call''s or the voicemail''s.';
comment on column public.recordings.member_ids is 'Members with a leg in the call.';
comment on column public.recordings.state is
'waiting (not fetched yet), stored, failed (not to be had, see reason), deleted (by a person or after its time).';
comment on column public.recordings.reason is 'Why it is not stored, in words; while it waits, what went wrong last.';
comment on column public.recordings.size_bytes is 'Of the audio as stored.';
comment on column public.recordings.sha256 is 'Of the audio as stored.';
comment on column public.recordings.is_held is 'Legal hold: while it is set, neither a person nor time deletes the audio.';

create index recordings_org_started_idx on public.recordings (org_id, started_at desc, id desc);
create index recordings_line_started_idx on public.recordings (line_id, started_at desc, id desc);
create index recordings_members_idx on public.recordings using gin (member_ids);
create index recordings_org_call_idx on public.recordings (org_id, call_id);
create index recordings_org_voicemail_idx on public.recordings (org_id, voicemail_id) where voicemail_id is not null;
create index recordings_waiting_idx on public.recordings (started_at desc, id) where state = 'waiting';
create index recordings_expiring_idx on public.recordings (org_id, kind, started_at) where state <> 'deleted' and not is_held;
create index recordings_stored_idx on public.recordings (org_id) include (size_bytes) where state = 'stored';

alter table public.recordings enable row level security;
grant select on public.recordings to authenticated, api_reader;
grant update (is_held) on public.recordings to authenticated;

create policy recordings_select_visible on public.recordings for select to authenticated
using (
  org_id = any (array(select private.my_org_ids('org_admin')))
  or line_id = any (array(select private.my_line_ids()))
  or member_ids && array(select private.my_member_ids())
);
comment on policy recordings_select_visible on public.recordings is
'Admins read all of their organization, agents and managers those of given lines and of calls they handled, viewers none.';

create policy recordings_update_admins on public.recordings for update to authenticated
using (org_id = any (array(select private.my_org_ids('org_admin'))));
comment on policy recordings_update_admins on public.recordings is 'Admins hold recordings of their organization, and let them go.';

create policy recordings_select_api_keys on public.recordings for select to api_reader
using (org_id = any (array(select private.api_org_ids('recordings:read'))));
comment on policy recordings_select_api_keys on public.recordings is 'API keys with recordings:read learn what there is; nothing plays for them.';

create trigger tg_recordings__touch before update on public.recordings
for each row execute function private.tg_touch__updated_at();
create trigger tg_recordings__audit after update of is_held, deleted_at on public.recordings
for each row execute function private.tg_audit('id', 'sha256');

create table private.recording_sources (
  recording_id uuid primary key references public.recordings (id) on delete cascade,
  url text,
  has_object boolean not null default false,
  attempt integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  worker text,
  lease_until timestamptz,
  constraint lease_names_its_worker check ((worker is null) = (lease_until is null))
);
comment on table private.recording_sources is
'Where the audio of a recording comes from, and its fetching. A link may open the audio to whoever has it: no API role reads it.';
comment on column private.recording_sources.url is 'The provider''s link as it stated it; null while only the existence of a recording is known.';
comment on column private.recording_sources.has_object is 'Whether there may be an object in Storage: from the first attempt on, until it was removed.';
create index recording_sources_due_idx on private.recording_sources (next_attempt_at) where has_object;

alter table private.recording_sources enable row level security;

create function private.add_recordings(p_recordings public.recordings[], p_urls text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan as $$
begin
  insert into public.recordings (
    id, org_id, integration_id, kind, call_id, voicemail_id, line_id, member_ids, direction, external_number, started_at, duration_seconds
  )
  select
    k.id, k.org_id, k.integration_id, k.kind, k.call_id, k.voicemail_id, k.line_id, k.member_ids, k.direction, k.external_number,
    k.started_at, k.duration_seconds
  from unnest(p_recordings) k;

  insert into private.recording_sources (recording_id, url)
  select k.id, p_urls[k.ordinality] from unnest(p_recordings) with ordinality k;
end
$$;
comment on function private.add_recordings(public.recordings[], text[]) is
'Writes recordings that are certain to be new, as those of new calls are, each with its link where one is known.';

create function private.keep_recordings(p_recordings public.recordings[], p_urls text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  insert into public.recordings as r (
    id, org_id, integration_id, kind, call_id, voicemail_id, line_id, member_ids, direction, external_number, started_at, duration_seconds
  )
  select
    k.id, k.org_id, k.integration_id, k.kind, k.call_id, k.voicemail_id, k.line_id, k.member_ids, k.direction, k.external_number,
    k.started_at, k.duration_seconds
  from unnest(p_recordings) k
  order by k.id
  on conflict (id) do update set
    org_id = excluded.org_id, line_id = excluded.line_id, member_ids = excluded.member_ids, direction = excluded.direction,
    external_number = excluded.external_number, started_at = excluded.started_at, duration_seconds = excluded.duration_seconds
  where (r.org_id, r.line_id, r.member_ids, r.direction, r.external_number, r.started_at, r.duration_seconds) is distinct from (
    excluded.org_id, excluded.line_id, excluded.member_ids, excluded.direction, excluded.external_number, excluded.started_at,
    excluded.duration_seconds
  );

  with linked as (
    insert into private.recording_sources as s (recording_id, url)
    select k.id, p_urls[k.ordinality]
    from unnest(p_recordings) with ordinality k
    order by k.id
    on conflict (recording_id) do update set
      url = excluded.url,
      -- A link that changes in its query alone, as a signed one does at every reading, begins nothing anew; nor does any while
      -- somebody is fetching.
      attempt = case
        when s.worker is null and split_part(excluded.url, '?', 1) is distinct from split_part(s.url, '?', 1) then 0 else s.attempt
      end,
      next_attempt_at = case
        when s.worker is null and split_part(excluded.url, '?', 1) is distinct from split_part(s.url, '?', 1) then now()
        else s.next_attempt_at
      end
    where excluded.url <> s.url or s.url is null and excluded.url is not null
    returning s.recording_id, s.attempt
  )
  update public.recordings r set state = 'waiting', reason = null
  from linked l
  where r.id = l.recording_id and r.state = 'failed' and l.attempt = 0;
end
$$;
comment on function private.keep_recordings(public.recordings[], text[]) is
'Writes recordings that facts make, each with its link where one is known; what became of their audio stays as it is, unless a new link gives hope.';

create function private.keep_recording(
  p_recording_id uuid, p_org_id uuid, p_integration_id uuid, p_kind text, p_call_id uuid, p_voicemail_id uuid, p_line_id uuid,
  p_member_ids uuid[], p_direction text, p_external_number text, p_started_at timestamptz, p_duration_seconds integer, p_url text
) returns void
language plpgsql set search_path = '' as $$
declare
  v_recording public.recordings;
begin
  v_recording.id := p_recording_id;
  v_recording.org_id := p_org_id;
  v_recording.integration_id := p_integration_id;
  v_recording.kind := p_kind;
  v_recording.call_id := p_call_id;
  v_recording.voicemail_id := p_voicemail_id;
  v_recording.line_id := p_line_id;
  v_recording.member_ids := coalesce(p_member_ids, '{}');
  v_recording.direction := p_direction;
  v_recording.external_number := p_external_number;
  v_recording.started_at := p_started_at;
  v_recording.duration_seconds := p_duration_seconds;
  perform private.keep_recordings(array[v_recording], array[p_url]);
end
$$;
comment on function private.keep_recording(
  uuid, uuid, uuid, text, uuid, uuid, uuid, uuid[], text, text, timestamptz, integer, text
) is 'Writes one recording that facts make; see keep_recordings.';
