create function private.count_sources(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[], p_grain text, p_time_zone text,
  p_by text, out level text, out pieces private.count_piece[], out calls_from timestamptz,
  out calls_to timestamptz, out has_elsewhere boolean, out line_ids uuid[], out my_line_ids uuid[], out own_member_ids uuid[]
)
language plpgsql stable set search_path = '' as $$
declare
  v_in_full constant uuid[] := array(select private.org_ids_read_in_full() union all select private.api_org_ids('calls:read'));
begin
  my_line_ids := array(select private.my_line_ids());
  own_member_ids := array(select private.my_member_ids());
  line_ids := case
    when p_org_ids <@ v_in_full then p_line_ids
    when p_line_ids is null then my_line_ids
    else array(select unnest(p_line_ids) intersect select unnest(my_line_ids))
  end;
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
  select
    array_agg(row(c.org_id, c.source, c.starts_at, c.ends_at, c.is_elsewhere)::private.count_piece),
    min(c.starts_at) filter (where c.source = 'calls'), max(c.ends_at) filter (where c.source = 'calls'),
    coalesce(bool_or(c.is_elsewhere and c.source <> 'calls'), false)
  into pieces, calls_from, calls_to, has_elsewhere
  from (
    select p.* from piece p
    union all
    -- Calls that agents and managers handled on lines they were not given.
    select
      p.org_id, case when p.source = 'day' and (level = 'line' or p_member_ids <@ own_member_ids) then 'day' else 'calls' end,
      p.starts_at, p.ends_at, true, false
    from piece p
    where p.source <> 'calls' and not p.is_read_in_full and own_member_ids <> '{}'
  ) c;
end
$$;
comment on function private.count_sources(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, text) is
'From where the counts that are asked for come: the level of the rollups, the pieces of time for each source and from when to when calls are counted, the lines whose rollups to read (null: all), and the caller''s own memberships.';

grant execute on function private.count_sources(uuid[], timestamptz, timestamptz, uuid[], uuid[], text, text, text)
to authenticated, api_reader;
grant execute on function private.my_line_ids(), private.my_member_ids() to api_reader;
