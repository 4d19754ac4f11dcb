create function private.require_grain(p_from timestamptz, p_to timestamptz, p_grain text) returns void
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_allowed text;
begin
  select g.grain into v_allowed
  from (values (1, 'hour', interval '62 days'), (2, 'day', interval '5 years'), (3, 'week', interval '30 years'), (4, 'month', interval '100 years'))
    as g (fineness, grain, longest)
  where p_to <= p_from + g.longest
    and g.fineness >= array_position(array['hour', 'day', 'week', 'month'], p_grain)
  order by g.fineness
  limit 1;
  if p_grain is null or v_allowed is distinct from p_grain then
    raise exception 'The grain % does not fit this range.', coalesce(p_grain, 'null')
      using errcode = 'PT422', detail = 'grain_unfit',
        hint = coalesce('The nearest that fits is ' || v_allowed || '.', 'Choose hour, day, week or month, over at most 100 years.');
  end if;
end
$$;
comment on function private.require_grain(timestamptz, timestamptz, text) is
'Refuses a series of more buckets than anybody looks at, and names the nearest grain that fits.';

create function private.buckets(p_from timestamptz, p_to timestamptz, p_time_zone text, p_grain text)
returns table (bucket_start timestamptz, starts_at timestamptz, ends_at timestamptz)
language plpgsql stable parallel safe set search_path = '' as $$
#variable_conflict use_column
begin
  if p_grain = 'hour' then
    return query
    select b.bucket_start, greatest(b.first_tick, p_from), least(lead(b.first_tick, 1, p_to) over (order by b.first_tick), p_to)
    from (
      -- Clocks change at quarter hours. An hour that such a change cuts short begins later than its bucket says.
      select private.bucket_start(t.tick, p_time_zone, p_grain) as bucket_start, min(t.tick) as first_tick
      from generate_series(date_bin('15 minutes', p_from, '2000-01-01 00:00Z'), p_to - interval '1 microsecond', interval '15 minutes') as t (tick)
      group by 1
    ) b;
    return;
  end if;
  return query
  select
    b.bucket_start, greatest(b.bucket_start, p_from), least(lead(b.bucket_start, 1, p_to) over (order by b.bucket_start), p_to)
  from (
    select distinct private.bucket_start(t.tick, p_time_zone, p_grain) as bucket_start
    from generate_series(p_from, p_to - interval '1 microsecond', interval '12 hours') as t (tick)
    union
    select private.bucket_start(p_to - interval '1 microsecond', p_time_zone, p_grain)
  ) b;
end
$$;
comment on function private.buckets(timestamptz, timestamptz, text, text) is
'The local hours, days, weeks or months that a range meets, each with the part of it that lies in the range.';
grant execute on function
  private.require_grain(timestamptz, timestamptz, text), private.buckets(timestamptz, timestamptz, text, text)
to authenticated, api_reader;
