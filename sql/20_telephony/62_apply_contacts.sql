create function private.read_contacts(p_payloads jsonb[])
returns table (place integer, provider_contact_id text, name text, company text, email text, numbers text[], error text)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  -- What its fields are called is not published: names met with calls, messages and other clients are all taken.
  return query
  select
    i.n::integer, v.provider_contact_id,
    left(coalesce(
      private.first_text(i.payload, 'name', 'fullName', 'displayName'),
      nullif(concat_ws(' ', private.first_text(i.payload, 'firstName'), private.first_text(i.payload, 'lastName')), '')
    ), 200),
    left(private.first_text(i.payload, 'company', 'companyName', 'organization', 'company.name', 'organization.name'), 200),
    case when private.is_email(v.email) then v.email end,
    array(
      select distinct private.parse_phone(t.number) collate "C"
      from (
        select private.first_text(i.payload, field) as number
        from unnest(array['phone', 'phoneNumber', 'number', 'mobile', 'mobilePhone', 'workPhone', 'homePhone', 'address']) field
        union all
        select case
          when jsonb_typeof(p.value) = 'object' then private.first_text(p.value, 'number', 'phone', 'value', 'phoneNumber', 'address')
          else private.first_text(jsonb_build_array(p.value), '0')
        end
        from (values (i.payload -> 'phones'), (i.payload -> 'phoneNumbers'), (i.payload -> 'numbers')) as list (value)
        cross join lateral jsonb_array_elements(case when jsonb_typeof(list.value) = 'array' then list.value else '[]' end) p
      ) t
      where private.parse_phone(t.number) is not null
      order by 1
      limit 100
    ),
    case
      when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
      when v.provider_contact_id is null then 'The contact has no id.'
      when char_length(v.provider_contact_id) > 200 then 'The contact''s id has more than 200 characters.'
    end
  from unnest(p_payloads) with ordinality as i (payload, n)
  cross join lateral (
    select
      private.first_text(i.payload, 'id', 'guid', 'contactId') as provider_contact_id,
      private.first_text(i.payload, 'email', 'emailAddress', 'emails.0', 'emails.0.email', 'emails.0.address', 'emails.0.value') as email
    offset 0
  ) v;
end
$$;
comment on function private.read_contacts(jsonb[]) is
'The one mapping from contacts of the provider''s list to facts, by place in the page; error says why an item cannot be a contact.';

create function private.apply_contacts(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer,
  out rejected_positions integer[], out rejection_reasons text[]
)
language plpgsql set search_path = '' as $$
declare
  v_ids text[];
  v_payloads jsonb[];
  v_fresh text[];
begin
  select
    array_agg(r.provider_contact_id order by r.place) filter (where r.error is null),
    array_agg(p_items[r.place] order by r.place) filter (where r.error is null),
    array_agg(r.place order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_ids, v_payloads, rejected_positions, rejection_reasons
  from private.read_contacts(p_items) r;

  -- Two workers with the same page take turns: what is new to one is not to the other.
  perform from public.integrations i where i.id = p_integration_id for no key update;
  select
    count(*) filter (where k.is_new), count(*) filter (where k.is_changed),
    array_agg(k.provider_id) filter (where k.is_new or k.is_changed)
  into new_items, changed_items, v_fresh
  from private.keep_items(p_integration_id, 'contacts', v_ids, v_payloads, p_observed_at) k;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;

  insert into public.contacts as c (
    id, org_id, integration_id, provider_contact_id, provider_name, provider_company, provider_email, provider_numbers
  )
  select
    extensions.uuid_generate_v5(p_integration_id, 'contact:' || r.provider_contact_id), i.org_id, i.id, r.provider_contact_id,
    r.name, r.company, r.email, r.numbers
  from public.integrations i
  cross join private.read_contacts(array(
    select k.payload from private.provider_items k
    where k.integration_id = p_integration_id and k.resource = 'contacts' and k.provider_id = any (v_fresh)
  )) r
  where i.id = p_integration_id
  order by 1
  on conflict (id) do update set
    provider_name = excluded.provider_name, provider_company = excluded.provider_company, provider_email = excluded.provider_email,
    provider_numbers = excluded.provider_numbers, unlisted_at = null;
end
$$;
comment on function private.apply_contacts(uuid, jsonb[], timestamptz) is
'Merges a page of the provider''s contacts; what organizations say themselves stays. Items without an id are rejected by position.';
