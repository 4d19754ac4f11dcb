create function private.call_of_voicemail(
  p_integration_id uuid, p_provider_call_id text, p_phone_number_id uuid, p_external_number text, p_received_at timestamptz
)
returns setof public.calls
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  return query
  select * from public.calls c where c.integration_id = p_integration_id and c.provider_call_id = p_provider_call_id;
  if found then
    return;
  end if;
  return query
  select *
  from public.calls c
  where c.phone_number_id = p_phone_number_id
    and c.external_number is not distinct from p_external_number
    and c.direction = 'inbound' and c.outcome = 'voicemail' and c.deleted_at is null
    and c.started_at between p_received_at - interval '30 minutes' and p_received_at + interval '1 minute'
    and coalesce(c.ended_at, p_received_at) >= p_received_at - interval '5 minutes'
  order by c.started_at > p_received_at, abs(extract(epoch from c.started_at - p_received_at)), c.id
  limit 1;
end
$$;
comment on function private.call_of_voicemail(uuid, text, uuid, text, timestamptz) is
'The call that a voicemail was left in: the one named, else the nearest of this caller to this number that was at its voicemail then.';

create function private.write_voicemails(p_integration_id uuid, p_voicemail_ids text[]) returns integer
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_payloads jsonb[];
  v_unlisted timestamptz[];
  v_voicemails public.voicemails[];
  v_urls text[];
  v_written integer;
begin
  select array_agg(i.payload order by i.provider_id), array_agg(i.unlisted_at order by i.provider_id)
  into v_payloads, v_unlisted
  from private.provider_items i
  where i.integration_id = p_integration_id and i.resource = 'voicemails' and i.provider_id = any (p_voicemail_ids);

  select
    array_agg(
      row(
        extensions.uuid_generate_v5(p_integration_id, 'voicemail:' || r.provider_voicemail_id),
        coalesce(c.org_id, at.org_id), p_integration_id, r.provider_voicemail_id, at.phone_number_id,
        case when c.id is null then at.line_id else c.line_id end, c.id,
        array(
          select member_id from unnest(c.member_ids) member_id
          union
          select h.member_id
          from private.extension_holder(p_integration_id, r.extension, r.received_at) h
          where h.member_id is not null and h.org_id = coalesce(c.org_id, at.org_id)
          order by 1
        ),
        r.business_number, r.external_number, r.external_name, r.extension, r.received_at, r.duration_seconds, r.transcription,
        null, null, v_unlisted[r.place], now(), now()
      )::public.voicemails
      order by r.provider_voicemail_id
    ),
    array_agg(r.url order by r.provider_voicemail_id)
  into v_voicemails, v_urls
  from private.read_voicemails(v_payloads) r
  cross join lateral private.line_at(p_integration_id, r.business_number, r.received_at) at
  left join lateral private.call_of_voicemail(
    p_integration_id, r.provider_call_id, at.phone_number_id, r.external_number, r.received_at
  ) c on true
  where r.error is null;

  insert into public.voicemails as v
  select w.* from unnest(v_voicemails) w order by w.id
  on conflict (id) do update set
    org_id = excluded.org_id, phone_number_id = excluded.phone_number_id, line_id = excluded.line_id, call_id = excluded.call_id,
    member_ids = excluded.member_ids, business_number = excluded.business_number, external_number = excluded.external_number,
    external_name = excluded.external_name, extension = excluded.extension, received_at = excluded.received_at,
    duration_seconds = excluded.duration_seconds, transcription = excluded.transcription, unlisted_at = excluded.unlisted_at
  where (
    v.org_id, v.phone_number_id, v.line_id, v.call_id, v.member_ids, v.business_number, v.external_number, v.external_name,
    v.extension, v.received_at, v.duration_seconds, v.transcription, v.unlisted_at
  ) is distinct from (
    excluded.org_id, excluded.phone_number_id, excluded.line_id, excluded.call_id, excluded.member_ids, excluded.business_number,
    excluded.external_number, excluded.external_name, excluded.extension, excluded.received_at, excluded.duration_seconds,
    excluded.transcription, excluded.unlisted_at
  );
  get diagnostics v_written = row_count;

  perform private.keep_recording(
    extensions.uuid_generate_v5(w.id, 'recording'), w.org_id, w.integration_id, 'voicemail', null, w.id, w.line_id, w.member_ids,
    'inbound', w.external_number, w.received_at, w.duration_seconds, w.url
  )
  from (
    select k.*, v_urls[k.ordinality] as url from unnest(v_voicemails) with ordinality k order by k.id
  ) w
  -- A message without a link has its audio later; one that had a link once has it still.
  where w.url is not null
    or exists (select from public.recordings r where r.id = extensions.uuid_generate_v5(w.id, 'recording'));
  return v_written;
end
$$;
comment on function private.write_voicemails(uuid, text[]) is
'Writes voicemails of which the provider''s statement is kept, with their recordings, and returns how many rows changed. In one place for sync, for calls that change, and for numbers and extensions that change hands.';

create function private.lock_voicemails(p_integration_id uuid, p_is_shared boolean) returns void
language plpgsql set search_path = '' as $$
declare
  v_key constant bigint := hashtextextended('voicemails:' || p_integration_id::text, 0);
begin
  if p_is_shared then
    perform pg_advisory_xact_lock_shared(v_key);
  else
    perform pg_advisory_xact_lock(v_key);
  end if;
end
$$;
comment on function private.lock_voicemails(uuid, boolean) is
'A page of voicemails and a call that went to voicemail, written at the same time, must not miss each other: the page waits for the calls, and they for it.';

create function private.rehome_voicemails(p_phone_number_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  perform private.write_voicemails(v.integration_id, array_agg(v.provider_voicemail_id))
  from public.voicemails v
  where v.phone_number_id = p_phone_number_id
  group by v.integration_id;
end
$$;
comment on function private.rehome_voicemails(uuid) is
'Writes a number''s voicemails anew after its lines changed. The caller holds the number "for update" and has written its calls.';

create function private.tg_calls__voicemails() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_ids text[];
begin
  perform private.lock_voicemails(new.integration_id, true);
  v_ids := array(
    select v.provider_voicemail_id from public.voicemails v where v.org_id = new.org_id and v.call_id = new.id
    union
    select v.provider_voicemail_id
    from public.voicemails v
    where v.integration_id = new.integration_id and v.external_number is not distinct from new.external_number
      and v.received_at between new.started_at - interval '1 minute' and new.started_at + interval '30 minutes'
  );
  if v_ids <> '{}' then
    perform private.write_voicemails(new.integration_id, v_ids);
  end if;
  return null;
end
$$;
comment on function private.tg_calls__voicemails() is
'Writes anew the voicemails that may have been left in a call, and those that went with it to another organization, whose line is not there.';

create trigger tg_calls__voicemails_of_new after insert on public.calls
for each row when (new.outcome = 'voicemail') execute function private.tg_calls__voicemails();
create trigger tg_calls__voicemails_of_changed after update on public.calls
for each row when (
  (old.org_id <> new.org_id or 'voicemail' in (old.outcome, new.outcome))
  and (
    old.org_id, old.phone_number_id, old.line_id, old.direction, old.outcome, old.member_ids, old.external_number, old.started_at,
    old.ended_at, old.deleted_at
  ) is distinct from (
    new.org_id, new.phone_number_id, new.line_id, new.direction, new.outcome, new.member_ids, new.external_number, new.started_at,
    new.ended_at, new.deleted_at
  )
)
execute function private.tg_calls__voicemails();
