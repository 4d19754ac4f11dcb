create function private.save_contact(
  p_org_id uuid, p_contact_id uuid, p_name text, p_company text, p_email text, p_note text, p_numbers text[]
) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_said constant text[] := array[btrim(p_name), btrim(p_company), btrim(p_email), btrim(p_note)];
  v_numbers text[];
  v_problem text;
  v_contact public.contacts;
begin
  perform private.require_role(p_org_id, 'agent', 'manager', 'org_admin');
  if char_length(v_said[1]) > 200 or char_length(v_said[2]) > 200 or char_length(v_said[4]) > 4000
    or exists (select from unnest(v_said) t where t <> '' and private.is_blank(t)) then
    raise exception 'A name, a company or the note is too long, or cannot be seen.'
      using errcode = 'PT422', detail = 'contact_invalid', hint = 'Names have up to 200 characters, notes up to 4000.';
  end if;
  if v_said[3] <> '' and not private.is_email(v_said[3]) then
    raise exception 'This is no e-mail address.'
      using errcode = 'PT422', detail = 'email_invalid', hint = 'Send an address such as name@example.com, or nothing.';
  end if;
  select string_agg(left(coalesce(t, 'null'), 40), ', ') into v_problem from unnest(p_numbers) t where private.parse_phone(t) is null;
  if v_problem is not null or cardinality(p_numbers) > 20 then
    raise exception 'These are no phone numbers, or more than 20: %', coalesce(v_problem, cardinality(p_numbers)::text)
      using errcode = 'PT422', detail = 'contact_number_invalid', hint = 'Send up to 20 numbers, such as +12125550142.';
  end if;
  v_numbers := case when p_numbers is not null then array(select distinct private.parse_phone(t) collate "C" from unnest(p_numbers) t order by 1) end;

  if p_contact_id is null then
    if coalesce(v_said[1], '') = '' and coalesce(v_said[2], '') = '' then
      raise exception 'A contact needs a name or a company.'
        using errcode = 'PT422', detail = 'contact_invalid', hint = 'Send p_name or p_company.';
    end if;
    insert into public.contacts as c (org_id, own_name, own_company, own_email, note, own_numbers)
    values (
      p_org_id, nullif(v_said[1], ''), nullif(v_said[2], ''), nullif(v_said[3], ''), nullif(v_said[4], ''), coalesce(v_numbers, '{}')
    )
    returning c.* into v_contact;
    return v_contact.id;
  end if;

  select * into v_contact from public.contacts c where c.id = p_contact_id and c.org_id = p_org_id for update;
  if not found then
    raise exception 'There is no such contact.'
      using errcode = 'PT404', detail = 'contact_not_found', hint = 'See contacts for those of the organization.';
  end if;
  update public.contacts c set
    own_name = case when v_said[1] is null then c.own_name else nullif(v_said[1], '') end,
    own_company = case when v_said[2] is null then c.own_company else nullif(v_said[2], '') end,
    own_email = case when v_said[3] is null then c.own_email else nullif(v_said[3], '') end,
    note = case when v_said[4] is null then c.note else nullif(v_said[4], '') end,
    -- An empty list gives back the provider's numbers; a contact of one's own then has none.
    own_numbers = case
      when v_numbers is null then c.own_numbers
      when v_numbers = '{}' and c.integration_id is not null then null
      else v_numbers
    end,
    removed_at = null
  where c.id = p_contact_id
  returning c.* into v_contact;
  if v_contact.integration_id is null and v_contact.own_name is null and v_contact.own_company is null then
    raise exception 'A contact needs a name or a company.'
      using errcode = 'PT422', detail = 'contact_invalid', hint = 'Send p_name or p_company, or remove the contact.';
  end if;
  return p_contact_id;
end
$$;
comment on function private.save_contact(uuid, uuid, text, text, text, text, text[]) is
'Writes what an organization says about a contact; the caller''s right is checked inside.';

create function private.remove_contact(p_contact_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_contact public.contacts;
begin
  select * into v_contact
  from public.contacts c
  where c.id = p_contact_id and c.org_id = any (array(select private.my_org_ids('viewer', 'agent', 'manager', 'org_admin')))
  for update;
  if not found then
    raise exception 'There is no such contact.'
      using errcode = 'PT404', detail = 'contact_not_found', hint = 'See contacts for those of your organizations.';
  end if;
  perform private.require_role(v_contact.org_id, 'agent', 'manager', 'org_admin');
  if v_contact.integration_id is null then
    delete from public.contacts c where c.id = p_contact_id;
  else
    update public.contacts c set
      own_name = null, own_company = null, own_email = null, own_numbers = null, note = null, removed_at = coalesce(c.removed_at, now())
    where c.id = p_contact_id;
  end if;
end
$$;
comment on function private.remove_contact(uuid) is 'Removes a contact; the caller''s right is checked inside.';

grant execute on function
  private.save_contact(uuid, uuid, text, text, text, text, text[]), private.remove_contact(uuid)
to authenticated;

create function public.save_contact(
  p_org_id uuid, p_contact_id uuid default null, p_name text default null, p_company text default null, p_email text default null,
  p_note text default null, p_numbers text[] default null
) returns uuid
language sql set search_path = '' as $$
  select private.save_contact(p_org_id, p_contact_id, p_name, p_company, p_email, p_note, p_numbers)
$$;
comment on function public.save_contact(uuid, uuid, text, text, text, text, text[]) is
'Writes a contact, a new one without p_contact_id, and returns its id (agents, managers, org admins).

What is left out stays as it was. An empty text takes the organization''s own word back, so that the provider''s counts again; p_numbers is
the whole list, and an empty one gives the provider''s numbers back. A contact that was removed is there again.
Errors: organization_not_found, role_not_sufficient, contact_invalid, email_invalid, contact_number_invalid, contact_not_found.';

create function public.remove_contact(p_contact_id uuid) returns void
language sql set search_path = '' as $$
  select private.remove_contact(p_contact_id)
$$;
comment on function public.remove_contact(uuid) is
'Removes a contact (agents, managers, org admins). One that the provider lists loses what the organization said about it, and stays hidden
until it is saved again; one of the organization''s own is deleted.

Errors: contact_not_found, role_not_sufficient.';

grant execute on function
  public.save_contact(uuid, uuid, text, text, text, text, text[]), public.remove_contact(uuid)
to authenticated;
