create function private.call_list(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_line_ids uuid[], p_member_ids uuid[], p_in_hours boolean,
  p_directions text[], p_outcomes text[], p_min_duration integer, p_max_duration integer, p_tag text, p_outcome_code text,
  p_number text, p_before timestamptz, p_before_id uuid, p_limit integer
)
returns table (
  id uuid, started_at timestamptz, local_time text, direction text, outcome text, line text, business_number text,
  external_number text, external_name text, wait_seconds integer, talk_seconds integer, duration_seconds integer,
  members text, transfer_count integer, is_dropped boolean, outcome_code text, tags text
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select
    c.id, c.started_at, to_char(c.started_at at time zone c.time_zone, 'YYYY-MM-DD HH24:MI:SS'), c.direction, c.outcome,
    coalesce(nullif(l.label, ''), l.e164), c.business_number, c.external_number,
    coalesce(k.name, c.external_name),
    c.wait_seconds, c.talk_seconds, c.duration_seconds,
    (
      select string_agg(coalesce(p.full_name, g.name, g.extension), ', ' order by g.rang_at, g.extension)
      from public.legs g
      left join public.org_members m on m.org_id = g.org_id and m.id = g.member_id
      left join public.profiles p on p.user_id = m.user_id
      where g.org_id = c.org_id and g.call_id = c.id
    ),
    c.transfer_count::integer, c.is_dropped, a.outcome_code, nullif(array_to_string(a.tags, ', '), '')
  from (
    select t.*, s.time_zone
    from public.calls t
    join private.settings_in_force(p_org_ids, p_from, p_to, p_in_hours is not null) s
      on s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    where t.org_id = any (p_org_ids) and t.started_at >= p_from and t.started_at < p_to
      and t.outcome is not null and t.deleted_at is null
      and (p_line_ids is null or t.line_id = any (p_line_ids))
      and (p_member_ids is null or t.member_ids && p_member_ids)
      and (p_in_hours is null or ((t.started_at at time zone s.time_zone) <@ s.open_hours) = p_in_hours)
      and (p_directions is null or t.direction = any (p_directions))
      and (p_outcomes is null or t.outcome = any (p_outcomes))
      and (p_min_duration is null or t.duration_seconds >= p_min_duration)
      and (p_max_duration is null or t.duration_seconds <= p_max_duration)
      and (p_number is null or strpos(t.external_number, p_number) > 0 or strpos(t.business_number, p_number) > 0)
      and (p_before is null or (t.started_at <= p_before and (t.started_at < p_before or t.id < p_before_id)))
      and (p_tag is null and p_outcome_code is null or exists (
        select
        from public.call_annotations n
        where n.org_id = t.org_id and n.call_id = t.id
          and (p_tag is null or p_tag = any (n.tags)) and (p_outcome_code is null or n.outcome_code = p_outcome_code)
      ))
    order by t.started_at desc, t.id desc
    limit p_limit
  ) c
  left join public.lines l on l.org_id = c.org_id and l.id = c.line_id
  left join lateral (
    -- As contact_name answers, but who the caller is, is asked once for the whole list.
    select n.name
    from public.contact_numbers n
    where n.org_id = c.org_id and n.number = c.external_number and n.name is not null
    order by n.is_own desc, n.created_at, n.contact_id
    limit 1
  ) k on true
  left join public.call_annotations a on a.org_id = c.org_id and a.call_id = c.id
  order by c.started_at desc, c.id desc;
end
$$;
comment on function private.call_list(
  uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamptz, uuid, integer
) is 'The ended calls that the caller may see and the filters leave, latest first.';
grant execute on function private.call_list(
  uuid[], timestamptz, timestamptz, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamptz, uuid, integer
) to authenticated, api_reader;

create function private.number_fragment(p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_fragment constant text := regexp_replace(p_text, '[\s().\-]', '', 'g');
begin
  if v_fragment !~ '^\+?[0-9]{2,15}$' then
    raise exception 'A number is searched by at least two of its digits.'
      using errcode = 'PT422', detail = 'number_invalid', hint = 'Send digits, such as 5550142, with or without a plus before them.';
  end if;
  return v_fragment;
end
$$;
comment on function private.number_fragment(text) is 'Part of a phone number as people write it, as the digits that are searched for.';
grant execute on function private.number_fragment(text) to authenticated, api_reader;

create function public.report_calls(
  p_org_id uuid, p_from timestamptz, p_to timestamptz,
  p_line_ids uuid[] default null, p_member_ids uuid[] default null, p_in_hours boolean default null,
  p_directions text[] default null, p_outcomes text[] default null, p_min_duration integer default null,
  p_max_duration integer default null, p_tag text default null, p_outcome_code text default null, p_number text default null,
  p_before timestamptz default null, p_before_id uuid default null, p_limit integer default 100
)
returns table (
  id uuid, started_at timestamptz, local_time text, direction text, outcome text, line text, business_number text,
  external_number text, external_name text, wait_seconds integer, talk_seconds integer, duration_seconds integer,
  members text, transfer_count integer, is_dropped boolean, outcome_code text, tags text
)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  v_org_ids uuid[];
begin
  select s.org_ids into v_org_ids from private.begin_report(p_org_id, p_from, p_to, p_in_hours, null) s;
  if p_limit is null or p_limit not between 1 and 1000 then
    raise exception 'A page has 1 to 1,000 calls.'
      using errcode = 'PT422', detail = 'page_size_invalid',
        hint = 'Go on with p_before and p_before_id, the started_at and the id of the last call.';
  end if;
  if (p_before is null) <> (p_before_id is null) then
    raise exception 'The next page begins after a call, told by its time and its id.'
      using errcode = 'PT422', detail = 'page_start_invalid', hint = 'Send p_before and p_before_id together, or neither.';
  end if;
  return query
  select * from private.call_list(
    v_org_ids, p_from, p_to, p_line_ids, p_member_ids, p_in_hours, p_directions, p_outcomes, p_min_duration, p_max_duration,
    p_tag, p_outcome_code, private.number_fragment(p_number), p_before, p_before_id, p_limit
  );
end
$$;
comment on function public.report_calls(
  uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamptz, uuid, integer
) is
'The ended calls of [p_from, p_to) that the caller may see, latest first, internal ones included unless p_directions says otherwise.

The next page: p_before and p_before_id are started_at and id of the last call. p_number: part of either party''s number. local_time is told by the organization''s clock; members are who had a part in the call.
Errors: range_reversed, range_out_of_bounds, organization_not_found, scope_missing, business_hours_missing, number_invalid, page_size_invalid, page_start_invalid, csv_is_exported.';
grant execute on function public.report_calls(
  uuid, timestamptz, timestamptz, uuid[], uuid[], boolean, text[], text[], integer, integer, text, text, text, timestamptz, uuid, integer
) to authenticated, api_reader;
