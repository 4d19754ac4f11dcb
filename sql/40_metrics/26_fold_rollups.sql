create function private.histogram(p_bins integer[]) returns integer[]
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  v_histogram integer[] := array_fill(null::integer, array[cardinality(private.wait_edges()) + 1]);
  v_bin integer;
begin
  foreach v_bin in array p_bins loop
    v_histogram[v_bin] := coalesce(v_histogram[v_bin], 0) + 1;
  end loop;
  return v_histogram;
end
$$;
comment on function private.histogram(integer[]) is 'How often each bin comes, as an array with a place for every bin; null where it never does.';

create function private.recount(p_org_id uuid, p_from timestamptz, p_to timestamptz) returns setof private.call_rollups
language sql stable set search_path = '' set enable_mergejoin = off
set enable_bitmapscan = off set work_mem = '64MB' as $$
  with judged as materialized (
    select
      c.*, c.started_at - (k.clock - date_trunc('hour', k.clock)) as hour, date_trunc('day', k.clock) as day, k.clock <@ s.open_hours as in_hours,
      case when c.answered_after_seconds <= s.answer_within_seconds then 1 else 0 end as answered_in_time,
      case when c.missed_after_seconds < s.short_abandon_seconds then 1 else 0 end as short_abandons
    from private.settings_in_force(array[p_org_id], p_from, p_to, true) s
    join private.counts_of_calls c
      on c.org_id = p_org_id and c.started_at >= greatest(p_from, s.starts_at) and c.started_at < least(p_to, s.ends_at)
    cross join lateral (select c.started_at at time zone s.time_zone as clock) k
  ),
  days as materialized (
    select d.day, private.local_midnight(d.day, o.time_zone) as starts_at
    from (select distinct c.day from judged c) d
    join public.organizations o on o.id = p_org_id
  )
  select
    p_org_id, case grouping(c.line_id) when 0 then 'line' else 'organization' end, case grouping(c.hour) when 0 then 'hour' else 'day' end,
    null, c.line_id, coalesce(c.hour, c.starts_at), c.in_hours,
    sum(c.offered), sum(c.answered), sum(c.voicemail), sum(c.missed), sum(c.known_waits), sum(c.known_answered_waits),
    sum(c.known_missed_waits), sum(c.answered_in_time), sum(c.short_abandons), sum(c.answered_wait_seconds), sum(c.missed_wait_seconds),
    max(c.longest_wait_seconds), sum(c.known_talks), sum(c.talk_seconds), sum(c.very_short), sum(c.known_durations),
    sum(c.duration_seconds), sum(c.dropped), sum(c.transferred), sum(c.outbound), sum(c.outbound_connected), sum(c.known_outbound_talks),
    sum(c.outbound_talk_seconds), private.histogram(array_agg(c.answered_bin) filter (where c.answered_bin is not null)),
    private.histogram(array_agg(c.missed_bin) filter (where c.missed_bin is not null))
  from (select j.*, d.starts_at from judged j join days d on d.day = j.day) c
  group by grouping sets (
    (c.hour, c.in_hours), (c.starts_at, c.in_hours), (c.hour, c.line_id, c.in_hours), (c.starts_at, c.line_id, c.in_hours)
  )
  union all
  select
    p_org_id, 'member', 'day', m.member_id, c.line_id, c.starts_at, c.in_hours,
    sum(c.offered), sum(c.answered), sum(c.voicemail), sum(c.missed), sum(c.known_waits), sum(c.known_answered_waits),
    sum(c.known_missed_waits), sum(c.answered_in_time), sum(c.short_abandons), sum(c.answered_wait_seconds), sum(c.missed_wait_seconds),
    max(c.longest_wait_seconds), sum(c.known_talks), sum(c.talk_seconds), sum(c.very_short), sum(c.known_durations),
    sum(c.duration_seconds), sum(c.dropped), sum(c.transferred), sum(c.outbound), sum(c.outbound_connected), sum(c.known_outbound_talks),
    sum(c.outbound_talk_seconds), private.histogram(array_agg(c.answered_bin) filter (where c.answered_bin is not null)),
    private.histogram(array_agg(c.missed_bin) filter (where c.missed_bin is not null))
  from (select j.*, d.starts_at from judged j join days d on d.day = j.day) c
  cross join lateral unnest(case c.member_ids when '{}' then array[null::uuid] else c.member_ids end) as m (member_id)
  group by c.starts_at, c.line_id, m.member_id, c.in_hours
$$;
comment on function private.recount(uuid, timestamptz, timestamptz) is
'What the rollups of whole local days have to hold, counted call by call. By member a call counts for each one with a leg.';

create function private.fold_organization(p_org_id uuid, p_days integer, p_now timestamptz) returns integer
language plpgsql set search_path = '' as $$
declare
  v_hour constant timestamptz := date_bin('1 hour', p_now, '2000-01-01 00:00Z');
  v_time_zone text;
  v_known tstzrange;
  v_stale tstzmultirange;
  v_days tstzmultirange;
  v_left tstzmultirange;
  v_stretch tstzrange;
  v_gone tid[];
  v_new private.call_rollups[];
begin
  -- Where there is a count there is one of the whole organization's day.
  select
    o.time_zone,
    tstzrange(
      least(
        (select min(c.started_at) from public.calls c where c.org_id = o.id),
        (select min(r.bucket_start) from private.call_rollups r where r.org_id = o.id and r.level = 'organization' and r.grain = 'day')
      ),
      greatest(
        (select max(c.started_at) from public.calls c where c.org_id = o.id),
        (select max(r.bucket_start) from private.call_rollups r where r.org_id = o.id and r.level = 'organization' and r.grain = 'day')
          + interval '2 days'
      ) + interval '1 hour'
    )
  into v_time_zone, v_known
  from public.organizations o
  where o.id = p_org_id;

  with taken as (
    delete from private.stale_periods s where s.org_id = p_org_id returning s.starts_at, s.ends_at
  )
  select range_agg(tstzrange(t.starts_at, t.ends_at) * v_known) into v_stale from taken t;
  if lower_inf(v_known) or v_stale is null or isempty(v_stale) then
    return 0;
  end if;

  select range_agg(tstzrange(
    private.boundary_before(lower(r.stretch), v_time_zone, 'day'), private.boundary_after(upper(r.stretch), v_time_zone, 'day')
  )) into v_days
  from unnest(v_stale - tstzmultirange(tstzrange(v_hour, null))) as r (stretch);

  -- The newest days first: they are looked at most. The hour in progress changes with every call, so readers count its calls.
  v_days := v_days * tstzmultirange(
    tstzrange(private.boundary_before(upper(v_days) - make_interval(days => p_days), v_time_zone, 'day'), null)
  );
  v_left := (v_stale - coalesce(v_days, '{}')) + (v_stale * tstzmultirange(tstzrange(v_hour, null)));
  insert into private.stale_periods (org_id, starts_at, ends_at)
  select p_org_id, lower(r.stretch), upper(r.stretch) from unnest(v_left) as r (stretch);

  foreach v_stretch in array array(select unnest(v_days)) loop
    -- Most of a day is as it was: only what is not is written.
    select array_agg(s.ctid) filter (where t is null), array_agg(t) filter (where s.ctid is null) into v_gone, v_new
    from private.recount(p_org_id, lower(v_stretch), upper(v_stretch)) t
    full join (
      select r.ctid, r.*::private.call_rollups as counts
      from private.call_rollups r
      where r.org_id = p_org_id and r.level in ('organization', 'line', 'member') and r.grain in ('hour', 'day')
        and r.bucket_start >= lower(v_stretch) and r.bucket_start < upper(v_stretch)
    ) s on s.counts = t;
    delete from private.call_rollups r where r.ctid = any (v_gone);
    insert into private.call_rollups select t.* from unnest(v_new) t;
  end loop;
  return (
    select coalesce(sum(ceil(extract(epoch from upper(d.stretch) - lower(d.stretch)) / 86400)), 0) from unnest(v_days) as d (stretch)
  );
end
$$;
comment on function private.fold_organization(uuid, integer, timestamptz) is
'Recounts an organization''s stale days, the newest within so many days of each other, and tells how many. The caller holds the lock of folds.';

create function private.fold_rollups(p_limit integer, p_now timestamptz) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_org_id uuid;
  v_days integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('private.fold_rollups')) then
    return 0;
  end if;
  select s.org_id into v_org_id
  from private.stale_periods s
  where s.starts_at < date_bin('1 hour', p_now, '2000-01-01 00:00Z')
  order by s.id
  limit 1;
  if not found then
    return 0;
  end if;
  v_days := private.fold_organization(v_org_id, p_limit, p_now);
  return greatest(v_days, 1);
end
$$;
comment on function private.fold_rollups(integer, timestamptz) is
'Recounts up to so many stale days of the organization that has waited longest, and tells how many; 0 where nothing is left to do, or another fold is at it.';
grant execute on function private.fold_rollups(integer, timestamptz) to sync;

create function private.rebuild_rollup(p_org_id uuid, p_from timestamptz default '-infinity', p_to timestamptz default 'infinity')
returns integer
language plpgsql set search_path = '' as $$
declare
  v_days integer;
  v_total integer := 0;
begin
  perform pg_advisory_xact_lock(hashtext('private.fold_rollups'));
  perform private.make_stale(p_org_id, p_from, p_to);
  loop
    v_days := private.fold_organization(p_org_id, 31, now());
    exit when v_days = 0;
    v_total := v_total + v_days;
  end loop;
  return v_total;
end
$$;
comment on function private.rebuild_rollup(uuid, timestamptz, timestamptz) is
'Recounts an organization''s calls of a range from scratch, in one transaction, and tells how many days: for operators.';

create function private.verify_rollup(p_org_id uuid, p_from timestamptz default '-infinity', p_to timestamptz default 'infinity')
returns table (problem text, bucket private.call_rollups)
language plpgsql stable set search_path = '' as $$
declare
  v_time_zone text;
  v_fresh tstzmultirange;
  v_days tstzmultirange;
  v_hours tstzmultirange;
begin
  select
    o.time_zone,
    tstzmultirange(tstzrange(p_from, p_to) * (
      select tstzrange(min(c.at) - interval '1 day', max(c.at) + interval '1 day')
      from (
        select c.started_at from public.calls c where c.org_id = o.id
        union all
        select r.bucket_start from private.call_rollups r where r.org_id = o.id
      ) as c (at)
    )) - coalesce((
      select range_agg(tstzrange(s.starts_at, s.ends_at)) from private.stale_periods s where s.org_id = o.id
    ), '{}')
  into v_time_zone, v_fresh
  from public.organizations o
  where o.id = p_org_id;
  if isempty(v_fresh) or not isfinite(lower(v_fresh)) then
    return;
  end if;
  v_days := private.whole_buckets(v_fresh, v_time_zone, 'day');
  v_hours := private.whole_buckets(v_fresh, v_time_zone, 'hour');

  return query
  with stored as (
    select r.*
    from private.call_rollups r
    where r.org_id = p_org_id and r.bucket_start <@ case r.grain when 'day' then v_days else v_hours end
  ),
  counted as (
    select t.*
    from unnest(array(select unnest(v_hours))) as h (stretch)
    cross join lateral private.recount(
      p_org_id, private.boundary_before(lower(h.stretch), v_time_zone, 'day'), private.boundary_after(upper(h.stretch), v_time_zone, 'day')
    ) t
    where (t.grain = 'hour' and t.bucket_start <@ h.stretch)
      or (t.grain = 'day' and t.bucket_start <@ (v_days * tstzmultirange(h.stretch)))
  )
  select 'missing', row(m.*)::private.call_rollups from (select c.* from counted c except all select s.* from stored s) m
  union all
  select 'wrong or superfluous', row(w.*)::private.call_rollups from (select s.* from stored s except all select c.* from counted c) w;
end
$$;
comment on function private.verify_rollup(uuid, timestamptz, timestamptz) is
'Where the rollups of a range differ from a recount of the calls, as far as nothing is stale there; no row where all is well. For operators.';
