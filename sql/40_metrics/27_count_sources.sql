create function private.count_sources(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[], p_grain text, p_time_zone text,
  p_by text, out level text, out pieces private.count_piece[]
)
language plpgsql stable set search_path = '' as $$
declare
  v_in_full constant uuid[] := array(select private.org_ids_read_in_full() union all select private.api_org_ids('calls:read'));
  v_is_handling constant boolean := current_user <> 'api_reader' and exists (select private.my_member_ids());
begin
  level := case
    when p_by = 'member' or p_member_ids is not null then 'member'
    when p_by = 'line' or p_line_ids is not null or not p_org_ids <@ v_in_full then 'line'
    else 'organization'
  end;
  with piece as (
    select p.*, p.org_id = any (v_in_full) as is_read_in_full
    from private.count_pieces(
      p_org_ids, p_from, p_to, case when p_grain is not null then p_time_zone end, level <> 'member',
      -- Of several members' calls each counts once, which counts per member do not tell.
      p_grain is distinct from 'hour' and (p_by = 'member' or cardinality(p_member_ids) = 1 or p_member_ids is null)
    ) p
  )
  select array_agg(row(c.org_id, c.source, c.starts_at, c.ends_at, c.is_elsewhere)::private.count_piece) into pieces
  from (
    select p.* from piece p
    union all
    -- Calls that agents and managers handled on lines they were not given.
    select p.org_id, case when p.source = 'day' and level = 'line' then 'day' else 'calls' end, p.starts_at, p.ends_at, true, false
    from piece p
    where p.source <> 'calls' and not p.is_read_in_full and v_is_handling
  ) c;
end
$$;
comment on function private.count_sources(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, text) is
'From where the counts that are asked for come: the level of the rollups, and the pieces of time for each source.';

create function private.rollup_rows(
  p_pieces private.count_piece[], p_level text, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean
)
returns setof private.call_rollups
language plpgsql stable set search_path = '' rows 1000 as $$
declare
  v_in_full constant uuid[] := array(select private.org_ids_read_in_full() union all select private.api_org_ids('calls:read'));
  v_line_ids constant uuid[] := array(select private.my_line_ids());
begin
  if p_level = 'organization' then
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r
      on r.org_id = p.org_id and r.level = 'organization' and r.grain = p.source and r.member_id is null and r.bucket_start >= p.starts_at
      and r.bucket_start < p.ends_at
    where p.source <> 'calls' and (p_in_hours is null or r.in_hours = p_in_hours);
    return;
  end if;

  if p_level = 'line' and (p_line_ids is not null or not (select coalesce(array_agg(p.org_id), '{}') from unnest(p_pieces) p) <@ v_in_full) then
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r
      on r.level = 'line' and r.line_id = any (coalesce(p_line_ids, v_line_ids)) and r.grain = p.source and r.bucket_start >= p.starts_at
      and r.bucket_start < p.ends_at and r.org_id = p.org_id
    where p.source <> 'calls' and not p.is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours);
  elsif p_level = 'line' then
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r
      on r.org_id = p.org_id and r.level = 'line' and r.grain = p.source and r.member_id is null and r.bucket_start >= p.starts_at
      and r.bucket_start < p.ends_at
    where p.source <> 'calls' and not p.is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours);
  elsif p_member_ids is null then
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r
      on r.org_id = p.org_id and r.level = 'member' and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
    where p.source <> 'calls' and not p.is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours)
      and (p_line_ids is null or r.line_id = any (p_line_ids))
      and (r.org_id = any (v_in_full) or r.line_id = any (v_line_ids));
  else
    return query
    select r.*
    from unnest(p_pieces) p
    join private.call_rollups r
      on r.org_id = p.org_id and r.level = 'member' and r.grain = p.source and r.member_id = any (p_member_ids)
      and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
    where p.source <> 'calls' and not p.is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours)
      and (p_line_ids is null or r.line_id = any (p_line_ids))
      and (r.org_id = any (v_in_full) or r.line_id = any (v_line_ids));
  end if;

  return query
  select r.*
  from unnest(p_pieces) p
  join private.call_rollups r
    on r.org_id = p.org_id and r.level = 'member' and r.grain = p.source and r.bucket_start >= p.starts_at and r.bucket_start < p.ends_at
    and r.member_id = any (array(select private.my_member_ids()))
  where p.source <> 'calls' and p.is_elsewhere and (p_in_hours is null or r.in_hours = p_in_hours)
    and (p_line_ids is null or r.line_id = any (p_line_ids))
    and r.line_id = any (v_line_ids) is not true;
end
$$;
comment on function private.rollup_rows(private.count_piece[], text, uuid[], uuid[], boolean) is
'The rollups of a level in the pieces whose source is a rollup, as far as the caller may see them.';

grant execute on function
  private.count_sources(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, text),
  private.rollup_rows(private.count_piece[], text, uuid[], uuid[], boolean)
to authenticated, api_reader;
grant execute on function private.my_line_ids(), private.my_member_ids() to api_reader;
