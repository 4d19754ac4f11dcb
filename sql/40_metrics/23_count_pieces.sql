create type private.count_piece as (
  org_id uuid,
  source text,
  starts_at timestamptz,
  ends_at timestamptz,
  is_elsewhere boolean
);
comment on type private.count_piece is
'A stretch of an organization''s time, and what is counted in it: source is day or hour (rollups) or calls; elsewhere means the caller''s own calls on lines they were not given.';

create function private.count_pieces(
  p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_time_zone text, p_uses_hours boolean, p_uses_days boolean
)
returns setof private.count_piece
language plpgsql stable set search_path = '' rows 10 as $$
declare
  v_range constant tstzmultirange := tstzmultirange(tstzrange(p_from, p_to));
  v_org record;
  v_time_zone text;
  v_fresh tstzmultirange;
  v_days tstzmultirange;
  v_hours tstzmultirange;
begin
  for v_org in
    select
      o.id, o.time_zone,
      (
        select range_agg(tstzrange(s.starts_at, s.ends_at))
        from private.stale_periods s
        where s.org_id = o.id and s.starts_at < p_to and s.ends_at > p_from
      ) as stale
    from public.organizations o
    where o.id = any (p_org_ids)
  loop
    v_time_zone := coalesce(p_time_zone, v_org.time_zone);
    v_days := '{}';
    v_hours := '{}';
    if v_org.stale is null then
      v_fresh := v_range;
    elsif (select count(*) from unnest(v_org.stale)) <= 200 then
      v_fresh := v_range - v_org.stale;
    else
      -- To find the fresh hours between so many stale ones would take longer than to count their calls.
      v_fresh := v_range - tstzmultirange(range_merge(v_org.stale));
    end if;

    -- Days are those of the organization; told in another time zone, hours are still hours where the zones are whole hours apart.
    if p_uses_days and v_time_zone = v_org.time_zone then
      v_days := private.whole_buckets(v_fresh, v_org.time_zone, 'day');
    end if;
    if p_uses_hours and (v_time_zone = v_org.time_zone or private.has_common_hours(v_org.time_zone, v_time_zone, p_from, p_to)) then
      v_hours := private.whole_buckets(v_fresh - v_days, v_org.time_zone, 'hour');
    end if;

    return query
    select v_org.id, p.source, lower(p.stretch), upper(p.stretch), false
    from (
      select 'day', unnest(v_days)
      union all
      select 'hour', unnest(v_hours)
      union all
      select 'calls', unnest(v_range - v_days - v_hours)
    ) as p (source, stretch);
  end loop;
end
$$;
comment on function private.count_pieces(uuid[], timestamptz, timestamptz, text, boolean, boolean) is
'Takes a range apart into whole local days, whole local hours, and what has to be counted call by call: ragged ends, and what is stale. p_time_zone: whose days and hours the counts are told by; null where they are not told apart.';

create function private.whole_buckets(p_range tstzmultirange, p_time_zone text, p_grain text) returns tstzmultirange
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(range_agg(tstzrange(b.first, b.last)) filter (where b.first < b.last), '{}')
    from unnest(p_range) as r (stretch)
    cross join lateral (
      select private.boundary_after(lower(r.stretch), p_time_zone, p_grain), private.boundary_before(upper(r.stretch), p_time_zone, p_grain)
    ) as b (first, last)
  );
end
$$;
comment on function private.whole_buckets(tstzmultirange, text, text) is 'The whole local hours or days in a range.';

create function private.has_common_hours(p_time_zone text, p_other_zone text, p_from timestamptz, p_to timestamptz) returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return not exists (
    select
    -- Offsets last for longer than a month; a change within the last stretch shows at its end.
    from (select generate_series(p_from, p_to, interval '30 days') union all select p_to) as a (instant)
    where extract(minute from a.instant at time zone p_time_zone) <> extract(minute from a.instant at time zone p_other_zone)
  );
end
$$;
comment on function private.has_common_hours(text, text, timestamptz, timestamptz) is
'Whether the hours of two time zones begin at the same instants, as they do where the zones are whole hours apart.';

grant execute on function
  private.count_pieces(uuid[], timestamptz, timestamptz, text, boolean, boolean),
  private.whole_buckets(tstzmultirange, text, text), private.has_common_hours(text, text, timestamptz, timestamptz)
to authenticated, api_reader;
