create function private.attribute_extensions(
  p_integration_id uuid, p_member_ids uuid[], p_extensions text[], p_from timestamptz
) returns void
language plpgsql set search_path = '' as $$
declare
  v_ids text[];
begin
  -- Legs name who held the extension when the call started; voicemails and statuses likewise.
  select array_agg(distinct c.provider_call_id) into v_ids
  from public.calls c
  join public.legs l on l.org_id = c.org_id and l.call_id = c.id
  where c.integration_id = p_integration_id and c.started_at >= p_from
    and (l.extension = any (p_extensions) or l.member_id = any (p_member_ids));
  if v_ids is not null then
    perform private.write_calls(p_integration_id, v_ids);
  end if;

  select array_agg(v.provider_voicemail_id) into v_ids
  from public.voicemails v
  where v.integration_id = p_integration_id and v.received_at >= p_from
    and (v.extension = any (p_extensions) or v.member_ids && p_member_ids);
  if v_ids is not null then
    perform private.write_voicemails(p_integration_id, v_ids);
  end if;

  update public.agent_statuses s set org_id = h.org_id, member_id = h.member_id
  from public.agent_statuses was
  cross join lateral private.extension_holder(p_integration_id, was.extension, was.since) h
  where s.id = was.id and was.integration_id = p_integration_id and was.since >= p_from
    and (was.extension = any (p_extensions) or was.member_id = any (p_member_ids))
    and (s.org_id, s.member_id) is distinct from (h.org_id, h.member_id);
end
$$;
comment on function private.attribute_extensions(uuid, uuid[], text[], timestamptz) is
'Names anew whose calls, voicemails and statuses are, since an instant, after extensions changed hands. The caller holds the integration "for update".';

create function private.extension_holder(p_integration_id uuid, p_extension text, p_at timestamptz)
returns table (org_id uuid, member_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select coalesce(h.org_id, i.org_id), h.member_id
  from public.integrations i
  left join public.member_extensions h on h.integration_id = i.id and h.extension = p_extension and h.period @> p_at
  where i.id = p_integration_id;
end
$$;
comment on function private.extension_holder(uuid, text, timestamptz) is
'Who held an extension of an account at an instant, and in which organization: the account''s owner where nobody did. One row.';

create function private.read_team(p_payloads jsonb[])
returns table (place integer, extension text, name text, email text, error text)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select
    i.n::integer, v.extension,
    left(coalesce(
      private.first_text(i.payload, 'fullName', 'name', 'displayName', 'user.fullName', 'user.name'),
      nullif(concat_ws(' ', private.first_text(i.payload, 'firstName'), private.first_text(i.payload, 'lastName')), '')
    ), 200),
    case when private.is_email(v.email) then v.email end,
    case
      when jsonb_typeof(i.payload) is distinct from 'object' then 'The item is not a JSON object.'
      when v.extension is null then 'The person has no extension.'
      when char_length(v.extension) > 40 then 'The extension has more than 40 characters.'
    end
  from unnest(p_payloads) with ordinality as i (payload, n)
  cross join lateral (
    select
      private.first_text(
        i.payload, 'extension', 'extensionNumber', 'ext', 'internalNumber', 'extension.number', 'extension.extension',
        'extensions.0', 'extensions.0.number', 'extensions.0.extension', 'user.extension'
      ) as extension,
      private.first_text(i.payload, 'email', 'emailAddress', 'mail', 'user.email', 'emails.0', 'login') as email
    offset 0
  ) v;
end
$$;
comment on function private.read_team(jsonb[]) is
'The one mapping from people of the provider''s team to facts, by place in the page; error says why an item is of no use.';

create function private.give_extensions_by_email(p_integration_id uuid) returns void
language plpgsql set search_path = '' as $$
declare
  v_member_ids uuid[];
  v_extensions text[];
begin
  -- Only where it can mean nobody else: one extension names the address, and one active member has confirmed it. A name
  -- proves nothing, and neither does the copy of the address that a profile shows.
  with meant as (
    select e.extension, m.org_id, m.id as member_id, count(*) over (partition by e.extension) as members,
      count(*) over (partition by m.id) as extensions
    from public.extensions e
    join auth.users u on lower(u.email) = lower(e.email) and u.email_confirmed_at is not null
    join public.org_members m on m.user_id = u.id and m.org_id = e.org_id and m.deactivated_at is null
    where e.integration_id = p_integration_id and e.unlisted_at is null
  ),
  given as (
    insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
    select t.org_id, t.member_id, p_integration_id, t.extension, tstzrange(now(), null)
    from meant t
    where t.members = 1 and t.extensions = 1
      and exists (
        select from public.extensions e
        where e.integration_id = p_integration_id and e.extension = t.extension and e.email_used_at is null
      )
      and not exists (
        select from public.member_extensions h
        where h.integration_id = p_integration_id and coalesce(upper(h.period), 'infinity') > now()
          and (h.extension = t.extension or h.member_id = t.member_id)
      )
    order by t.extension
    on conflict do nothing
    returning member_id, extension
  ),
  used as (
    update public.extensions e set email_used_at = now()
    from given g
    where e.integration_id = p_integration_id and e.extension = g.extension
  )
  select array_agg(g.member_id), array_agg(g.extension) into v_member_ids, v_extensions from given g;
  if v_extensions is not null then
    perform private.attribute_extensions(p_integration_id, v_member_ids, v_extensions, now());
  end if;
end
$$;
comment on function private.give_extensions_by_email(uuid) is
'Gives extensions that nobody holds to the members whose confirmed e-mail the provider names, from now on. The caller holds the integration "for update".';

create function private.apply_team(
  p_integration_id uuid, p_items jsonb[], p_observed_at timestamptz,
  out new_items integer, out changed_items integer, out unchanged_items integer,
  out rejected_positions integer[], out rejection_reasons text[]
)
language plpgsql set search_path = '' as $$
declare
  v_org_id uuid;
  v_extensions text[];
  v_payloads jsonb[];
  v_fresh text[];
begin
  select
    array_agg(r.extension order by r.place) filter (where r.error is null),
    array_agg(p_items[r.place] order by r.place) filter (where r.error is null),
    array_agg(r.place order by r.place) filter (where r.error is not null),
    array_agg(r.error order by r.place) filter (where r.error is not null)
  into v_extensions, v_payloads, rejected_positions, rejection_reasons
  from private.read_team(p_items) r;

  -- Calls are written under "for key share" on the account: either they see new holders, or attribute_extensions finds them.
  select i.org_id into v_org_id from public.integrations i where i.id = p_integration_id for update;

  select
    count(*) filter (where k.is_new), count(*) filter (where k.is_changed),
    array_agg(k.provider_id) filter (where k.is_new or k.is_changed)
  into new_items, changed_items, v_fresh
  from private.keep_items(p_integration_id, 'team', v_extensions, v_payloads, p_observed_at) k;
  unchanged_items := cardinality(p_items) - coalesce(cardinality(rejected_positions), 0) - new_items - changed_items;

  insert into public.extensions as e (org_id, integration_id, extension, name, email, listed_since)
  select v_org_id, p_integration_id, r.extension, r.name, r.email, p_observed_at
  from private.read_team(array(
    select i.payload from private.provider_items i
    where i.integration_id = p_integration_id and i.resource = 'team' and i.provider_id = any (v_fresh)
  )) r
  order by r.extension
  on conflict (integration_id, extension) do update set
    name = excluded.name, email = excluded.email, unlisted_at = null,
    listed_since = case when e.unlisted_at is null then e.listed_since else excluded.listed_since end,
    email_used_at = case when lower(excluded.email) = lower(e.email) then e.email_used_at end;

  perform private.give_extensions_by_email(p_integration_id);
end
$$;
comment on function private.apply_team(uuid, jsonb[], timestamptz) is
'Merges a page of the provider''s team into extensions, and gives those to members whose confirmed e-mail it names. Items without an extension are rejected by position.';
