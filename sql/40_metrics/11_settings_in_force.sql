create function private.open_hours(p_org_id uuid, p_business_hours jsonb, p_from date, p_to date) returns tsmultirange
language plpgsql stable parallel safe set search_path = '' as $$
begin
  if p_business_hours = '[]' then
    return null;
  end if;
  return (
    select coalesce(range_agg(tsrange(d.midnight + t.opens::interval, d.midnight + t.closes::interval)), '{}')
    from generate_series(p_from::timestamp, p_to::timestamp, interval '1 day') as d (midnight)
    left join public.holidays h on h.org_id = p_org_id and h.day = d.midnight::date
    cross join lateral (
      select h.opens, h.closes where h.opens is not null
      union all
      select b.period ->> 'opens', b.period ->> 'closes'
      from jsonb_array_elements(p_business_hours) as b (period)
      where h.day is null and (b.period ->> 'weekday')::int = extract(isodow from d.midnight)
    ) t
  );
end
$$;
comment on function private.open_hours(uuid, jsonb, date, date) is
'When an organization was open on these local days, by the wall clock, so that no change of clocks moves it. A holiday replaces its day. Null: no hours are set.';

create function private.settings_in_force(p_org_ids uuid[], p_from timestamptz, p_to timestamptz, p_with_hours boolean)
returns table (
  org_id uuid, time_zone text, starts_at timestamptz, ends_at timestamptz,
  answer_within_seconds integer, short_abandon_seconds integer, open_hours tsmultirange
)
language plpgsql stable set search_path = '' rows 1 as $$
#variable_conflict use_column
begin
  return query
  with version as (
    select
      s.*, o.time_zone,
      case when isfinite(s.effective_from) then s.effective_from::timestamp at time zone o.time_zone else '-infinity' end as starts_at,
      lead(s.effective_from::timestamp at time zone o.time_zone, 1, 'infinity') over (
        partition by s.org_id order by s.effective_from
      ) as ends_at
    from public.organization_settings s
    join public.organizations o on o.id = s.org_id
    where s.org_id = any (p_org_ids)
  )
  select
    v.org_id, v.time_zone, v.starts_at, v.ends_at, v.answer_within_seconds,
    case when v.excludes_short_abandons then v.short_abandon_seconds else 0 end,
    case when p_with_hours then private.open_hours(
      v.org_id, v.business_hours,
      (greatest(p_from, v.starts_at) at time zone v.time_zone)::date, (least(p_to, v.ends_at) at time zone v.time_zone)::date
    ) end
  from version v
  where v.starts_at < p_to and v.ends_at > p_from;
end
$$;
comment on function private.settings_in_force(uuid[], timestamptz, timestamptz, boolean) is
'What calls of these organizations are judged by, per stretch of time: a call by the row in whose [starts_at, ends_at) it started.';
grant execute on function
  private.open_hours(uuid, jsonb, date, date), private.settings_in_force(uuid[], timestamptz, timestamptz, boolean)
to authenticated, api_reader;
