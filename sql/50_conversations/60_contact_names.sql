-- Columns that PostgREST reckons on request: calls?select=*,contact_name.

create function private.contact_name(p_org_id uuid, p_number text) returns text
language plpgsql stable parallel safe set search_path = '' set enable_seqscan = off as $$
begin
  -- Of several contacts with this number the organization's own word counts first, then the oldest contact.
  return (
    select n.name
    from public.contact_numbers n
    where n.org_id = p_org_id and n.number = p_number and n.name is not null
    order by n.is_own desc, n.created_at, n.contact_id
    limit 1
  );
end
$$;
comment on function private.contact_name(uuid, text) is 'How an organization calls who has this number, as far as the caller reads its contacts; null where nobody is known.';
grant execute on function private.contact_name(uuid, text) to authenticated, api_reader;

create function public.contact_name(p_call public.calls) returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return private.contact_name(p_call.org_id, p_call.external_number);
end
$$;
comment on function public.contact_name(public.calls) is
'The name of the contact with the outside party''s number, for those who read contacts: calls?select=*,contact_name.';

create function public.contact_name(p_voicemail public.voicemails) returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return private.contact_name(p_voicemail.org_id, p_voicemail.external_number);
end
$$;
comment on function public.contact_name(public.voicemails) is
'The name of the contact with the caller''s number, for those who read contacts: voicemails?select=*,contact_name.';

create function public.contact_name(p_recording public.recordings) returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return private.contact_name(p_recording.org_id, p_recording.external_number);
end
$$;
comment on function public.contact_name(public.recordings) is
'The name of the contact with the outside party''s number, for those who read contacts: recordings?select=*,contact_name.';

create function public.contact_name(p_message public.messages) returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return private.contact_name(p_message.org_id, p_message.external_number);
end
$$;
comment on function public.contact_name(public.messages) is
'The name of the contact with the outside party''s number, for those who read contacts: messages?select=*,contact_name.';

create function public.contact_name(p_conversation public.conversations) returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return private.contact_name(p_conversation.org_id, p_conversation.external_number);
end
$$;
comment on function public.contact_name(public.conversations) is
'The name of the contact with the outside party''s number, for those who read contacts: conversations?select=*,contact_name.';

create function public.contact_name(p_caller public.missed_callers) returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return private.contact_name(p_caller.org_id, p_caller.external_number);
end
$$;
comment on function public.contact_name(public.missed_callers) is
'The name of the contact with the caller''s number: missed_callers?select=*,contact_name.';

create function public.contact_name(p_live_call public.live_calls) returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return private.contact_name(p_live_call.org_id, p_live_call.external_number);
end
$$;
comment on function public.contact_name(public.live_calls) is
'The name of the contact with the outside party''s number, for those who read contacts: live_calls?select=*,contact_name.';

grant execute on function
  public.contact_name(public.calls), public.contact_name(public.voicemails), public.contact_name(public.recordings),
  public.contact_name(public.messages), public.contact_name(public.conversations), public.contact_name(public.missed_callers),
  public.contact_name(public.live_calls)
to authenticated, api_reader;
