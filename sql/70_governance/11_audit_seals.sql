create table private.audit_seals (
  org_id uuid not null references public.organizations (id) on delete restrict,
  position bigint not null,
  entry_id bigint not null references public.audit_entries (id) on delete restrict,
  hash bytea not null,
  sealed_at timestamptz not null,
  primary key (org_id, position),
  unique (entry_id),
  constraint hash_is_sha256 check (octet_length(hash) = 32)
);
comment on table private.audit_seals is
'The chain over the audit trail of each organization: every seal is a hash over the one before and its entry.';

alter table private.audit_seals enable row level security;

create function private.tg_audit_seals__only_grow() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'The audit trail only grows.'
    using errcode = 'PT403', detail = 'audit_trail_only_grows', hint = 'Nobody changes it, whatever their role.';
end
$$;
comment on function private.tg_audit_seals__only_grow() is 'Refuses every change of what is sealed.';

create trigger tg_audit_entries__keep before truncate on public.audit_entries
for each statement execute function private.tg_audit_seals__only_grow();
create trigger tg_audit_seals__only_grow before update or delete or truncate on private.audit_seals
for each statement execute function private.tg_audit_seals__only_grow();

create table private.unsealed_audit_entries (
  entry_id bigint primary key references public.audit_entries (id) on delete restrict
);
comment on table private.unsealed_audit_entries is 'Entries that wait to be sealed.';

alter table private.unsealed_audit_entries enable row level security;

create function private.audit_hash(p_previous bytea, p_position bigint, p_entry public.audit_entries) returns bytea
language plpgsql stable set search_path = '' set timezone = 'UTC' as $$
begin
  return sha256(
    p_previous
    || convert_to(
      jsonb_build_array(
        p_position, p_entry.id, p_entry.org_id, p_entry.at, p_entry.actor_kind, p_entry.actor_id, p_entry.actor, p_entry.action,
        p_entry.resource, p_entry.row_key, encode(p_entry.details_digest, 'hex'), p_entry.ip_address
      )::text,
      'UTF8'
    )
  );
end
$$;
comment on function private.audit_hash(bytea, bigint, public.audit_entries) is
'A seal: SHA-256 over the seal before and the entry, its details by their digest alone.';

create function private.seal_audit_entries(p_now timestamptz) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_entry public.audit_entries;
  v_org_id uuid;
  v_position bigint;
  v_hash bytea;
  v_ids bigint[] := '{}';
begin
  -- One sealer at a time; whoever comes second has nothing to do. Writers of entries never wait for it.
  if not pg_try_advisory_xact_lock(7310100001) then
    return 0;
  end if;
  for v_entry in
    select e.*
    from (select u.entry_id from private.unsealed_audit_entries u order by u.entry_id limit 10000) next
    join public.audit_entries e on e.id = next.entry_id
    order by e.org_id, e.id
  loop
    if v_org_id is distinct from v_entry.org_id then
      v_org_id := v_entry.org_id;
      select s.position, s.hash into v_position, v_hash
      from private.audit_seals s
      where s.org_id = v_org_id
      order by s.position desc
      limit 1;
    end if;
    v_position := coalesce(v_position, 0) + 1;
    v_hash := private.audit_hash(coalesce(v_hash, ''), v_position, v_entry);
    insert into private.audit_seals (org_id, position, entry_id, hash, sealed_at)
    values (v_org_id, v_position, v_entry.id, v_hash, p_now);
    v_ids := v_ids || v_entry.id;
  end loop;
  delete from private.unsealed_audit_entries u where u.entry_id = any (v_ids);
  return cardinality(v_ids);
end
$$;
comment on function private.seal_audit_entries(timestamptz) is
'Chains entries that are not sealed yet to their organization''s trail, 10,000 at most, and tells how many.';
grant execute on function private.seal_audit_entries(timestamptz) to sync;

create function private.check_audit_chain(p_org_id uuid)
returns table (sealed bigint, unsealed bigint, broken_position bigint, broken_entry_id bigint, problem text, head text)
language plpgsql stable set search_path = '' as $$
declare
  v_seal record;
  v_hash bytea := '';
begin
  sealed := 0;
  for v_seal in
    select s.position, s.entry_id, s.hash, e as entry
    from private.audit_seals s
    left join public.audit_entries e on e.id = s.entry_id
    where s.org_id = p_org_id
    order by s.position
  loop
    problem := case
      when v_seal.position <> sealed + 1 then 'a seal is missing before this one'
      when (v_seal.entry).id is null then 'the entry is gone'
      when (v_seal.entry).details is not null
        and sha256(convert_to((v_seal.entry).details::text, 'UTF8')) <> (v_seal.entry).details_digest then 'the details were changed'
      when private.audit_hash(v_hash, v_seal.position, v_seal.entry) <> v_seal.hash then 'the entry or its seal was changed'
    end;
    if problem is not null then
      broken_position := v_seal.position;
      broken_entry_id := v_seal.entry_id;
      exit;
    end if;
    sealed := v_seal.position;
    v_hash := v_seal.hash;
  end loop;

  select count(*) into unsealed
  from private.unsealed_audit_entries u
  join public.audit_entries e on e.id = u.entry_id
  where e.org_id = p_org_id;
  if problem is null then
    select e.id, 'the entry was never sealed, and nothing waits to seal it' into broken_entry_id, problem
    from public.audit_entries e
    where e.org_id = p_org_id
      and not exists (select from private.audit_seals s where s.entry_id = e.id)
      and not exists (select from private.unsealed_audit_entries u where u.entry_id = e.id)
    order by e.id
    limit 1;
  end if;
  head := encode(v_hash, 'hex');
  return next;
end
$$;
comment on function private.check_audit_chain(uuid) is 'Computes every seal of an organization''s trail anew.';

create function private.verify_audit_chain(p_org_id uuid)
returns table (sealed bigint, unsealed bigint, broken_position bigint, broken_entry_id bigint, problem text, head text)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform private.require_role(p_org_id, 'org_admin');
  return query select * from private.check_audit_chain(p_org_id);
end
$$;
comment on function private.verify_audit_chain(uuid) is 'Checks the trail of an organization; the caller''s right is checked inside.';
grant execute on function private.verify_audit_chain(uuid) to authenticated;

create function public.verify_audit_chain(p_org_id uuid)
returns table (sealed bigint, unsealed bigint, broken_position bigint, broken_entry_id bigint, problem text, head text)
language sql stable set search_path = '' as $$
  select * from private.verify_audit_chain(p_org_id)
$$;
comment on function public.verify_audit_chain(uuid) is
'Checks that nobody has changed an organization''s audit trail (org admins): computes every seal anew and names the first that is broken.

problem is null where all is well; sealed counts the seals that hold, unsealed the entries that the next pass of the sync script seals; head is the
last seal, to be kept somewhere else: a trail that was cut off at its end is one whose head does not come back. For the platform''s
own trail send the holding organization''s id (platform admins). Errors: organization_not_found, role_not_sufficient.';
grant execute on function public.verify_audit_chain(uuid) to authenticated;
