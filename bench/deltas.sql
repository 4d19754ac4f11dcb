-- The signed delta, a contestant: triggers append to a table what each write adds to the sums and takes from them, a fold
-- moves that into rollups by the hour and by the day, and readers add what is pending. By the superuser.
--
-- A maximum cannot be taken back, so the longest wait is not there. Time until an answer is judged from the waits' bins.

create table bench.call_deltas (
  level text not null, org_id uuid not null, line_id uuid, member_id uuid, in_hours boolean, hour timestamptz not null, bin smallint,
  offered integer not null, answered integer not null, voicemail integer not null, missed integer not null,
  answered_waits integer not null, missed_waits integer not null, known_waits integer not null,
  answered_wait_seconds integer not null, missed_wait_seconds integer not null,
  known_talks integer not null, talk_seconds integer not null, very_short integer not null,
  known_durations integer not null, duration_seconds integer not null, dropped integer not null, transferred integer not null,
  outbound integer not null, outbound_connected integer not null, known_outbound_talks integer not null,
  outbound_talk_seconds integer not null
);
create index call_deltas_org_hour_idx on bench.call_deltas (org_id, hour);

create table bench.call_sums (
  level text not null, grain text not null, org_id uuid not null, bucket_start timestamptz not null,
  line_id uuid, member_id uuid, in_hours boolean,
  offered bigint not null, answered bigint not null, voicemail bigint not null, missed bigint not null, known_waits bigint not null,
  answered_wait_seconds bigint not null, missed_wait_seconds bigint not null,
  known_talks bigint not null, talk_seconds bigint not null, very_short bigint not null,
  known_durations bigint not null, duration_seconds bigint not null, dropped bigint not null, transferred bigint not null,
  outbound bigint not null, outbound_connected bigint not null, known_outbound_talks bigint not null, outbound_talk_seconds bigint not null,
  unique nulls not distinct (org_id, level, grain, bucket_start, line_id, member_id, in_hours)
) with (fillfactor = 80);

create table bench.call_waits (
  level text not null, grain text not null, org_id uuid not null, bucket_start timestamptz not null,
  line_id uuid, member_id uuid, in_hours boolean,
  bin smallint not null, answered bigint not null, missed bigint not null,
  unique nulls not distinct (org_id, level, grain, bucket_start, line_id, member_id, in_hours, bin)
) with (fillfactor = 80);

-- What appends deltas, written once: $source is calls with a sign, +1 for what is there now and -1 for what was there before.
create function bench.appending(p_source text) returns text
language sql immutable as $$
  select replace($sql$
    with source as materialized ($source),
    judged as (
      select
        t.org_id, t.line_id, t.member_ids, t.sign, private.bucket_start(t.started_at, s.time_zone, 'hour') as hour,
        case when s.open_hours is not null then (t.started_at at time zone s.time_zone) <@ s.open_hours end as in_hours,
        case
          when t.direction <> 'inbound' or t.outcome = 'voicemail' then null
          when t.outcome = 'answered' then width_bucket(t.wait_seconds - 1, private.wait_edges()) + 1
          else width_bucket(t.wait_seconds, private.wait_edges()) + 1
        end as bin,
        (t.direction = 'inbound')::integer as is_inbound, (t.outcome = 'answered')::integer as answered,
        (t.outcome = 'voicemail')::integer as voicemail, (t.outcome = 'missed')::integer as missed,
        (t.wait_seconds is not null)::integer as has_wait, coalesce(t.wait_seconds, 0) as wait,
        (t.talk_seconds is not null)::integer as has_talk, coalesce(t.talk_seconds, 0) as talk,
        coalesce(t.talk_seconds < 10, false)::integer as is_very_short,
        (t.duration_seconds is not null)::integer as has_duration, coalesce(t.duration_seconds, 0) as duration,
        t.is_dropped::integer as dropped, (t.transfer_count > 0)::integer as transferred
      from source t
      join private.settings_in_force(
        array(select distinct org_id from source), (select min(started_at) from source),
        (select max(started_at) + interval '1 microsecond' from source), true
      ) s on s.org_id = t.org_id and t.started_at >= s.starts_at and t.started_at < s.ends_at
    )
    insert into bench.call_deltas
    select
      l.level, c.org_id, c.line_id, l.member_id, c.in_hours, c.hour, c.bin,
      sum(c.is_inbound * c.sign), sum(c.is_inbound * c.answered * c.sign), sum(c.is_inbound * c.voicemail * c.sign),
      sum(c.is_inbound * c.missed * c.sign),
      sum(case when c.bin is not null then c.answered * c.sign else 0 end),
      sum(case when c.bin is not null then c.missed * c.sign else 0 end),
      sum(c.is_inbound * c.has_wait * c.sign),
      sum(c.is_inbound * c.answered * c.wait * c.sign), sum(c.is_inbound * c.missed * c.wait * c.sign),
      sum(c.is_inbound * c.answered * c.has_talk * c.sign), sum(c.is_inbound * c.answered * c.talk * c.sign),
      sum(c.is_inbound * c.answered * c.is_very_short * c.sign),
      sum(c.is_inbound * c.has_duration * c.sign), sum(c.is_inbound * c.duration * c.sign),
      sum(c.is_inbound * c.dropped * c.sign), sum(c.is_inbound * c.answered * c.transferred * c.sign),
      sum((1 - c.is_inbound) * c.sign), sum((1 - c.is_inbound) * c.answered * c.sign),
      sum((1 - c.is_inbound) * c.answered * c.has_talk * c.sign), sum((1 - c.is_inbound) * c.answered * c.talk * c.sign)
    from judged c
    cross join lateral (
      select 'line' as level, null::uuid as member_id
      union all
      select 'member', member_id from unnest(case when c.member_ids = '{}' then array[null]::uuid[] else c.member_ids end) member_id
    ) l
    group by 1, 2, 3, 4, 5, 6, 7
    having not (
      sum(c.is_inbound * c.sign) = 0 and sum(c.answered * c.sign) = 0 and sum(c.missed * c.sign) = 0 and sum(c.voicemail * c.sign) = 0
      and sum((1 - c.is_inbound) * c.sign) = 0 and sum(c.has_wait * c.sign) = 0 and sum(c.wait * c.sign) = 0
      and sum(c.has_talk * c.sign) = 0 and sum(c.talk * c.sign) = 0 and sum(c.is_very_short * c.sign) = 0
      and sum(c.has_duration * c.sign) = 0 and sum(c.duration * c.sign) = 0 and sum(c.dropped * c.sign) = 0
      and sum(c.transferred * c.sign) = 0
    )
  $sql$, '$source', p_source)
$$;

create function bench.signed(p_from text, p_sign integer) returns text
language sql immutable as $$
  select format(
    'select org_id, line_id, member_ids, direction, outcome, started_at, wait_seconds, talk_seconds, duration_seconds, is_dropped,'
    ' transfer_count, %s as sign from %s where outcome is not null and deleted_at is null and direction <> ''internal''', p_sign, p_from
  )
$$;

do $make$
declare
  v_trigger record;
begin
  for v_trigger in
    select *
    from (values
      ('insert', bench.signed('new_rows', 1)),
      ('update', bench.signed('new_rows', 1) || ' union all ' || bench.signed('old_rows', -1)),
      ('delete', bench.signed('old_rows', -1))
    ) as t (operation, source)
  loop
    execute format(
      'create function bench.tg_calls__append_%s() returns trigger language plpgsql security definer set search_path = '''''
      ' set plan_cache_mode = force_generic_plan as $f$ begin %s; return null; end $f$',
      v_trigger.operation, bench.appending(v_trigger.source)
    );
  end loop;
end
$make$;

create function bench.fold_deltas() returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  v_folded bigint;
begin
  with taken as (
    delete from bench.call_deltas returning *
  ),
  -- Members are kept by the day alone, lines also summed up.
  placed as materialized (
    select
      t.*, g.kept_level, g.grain, case g.kept_level when 'organization' then null else t.line_id end as kept_line_id,
      case g.grain when 'hour' then t.hour else private.bucket_start(t.hour, o.time_zone, 'day') end as bucket_start
    from taken t
    join public.organizations o on o.id = t.org_id
    join (values
      ('line', 'line', 'hour'), ('line', 'line', 'day'), ('line', 'organization', 'hour'), ('line', 'organization', 'day'),
      ('member', 'member', 'day')
    ) as g (level, kept_level, grain) on g.level = t.level
  ),
  summed as (
    insert into bench.call_sums as s
    select
      kept_level, grain, org_id, bucket_start, kept_line_id, member_id, in_hours,
      sum(offered), sum(answered), sum(voicemail), sum(missed), sum(known_waits), sum(answered_wait_seconds), sum(missed_wait_seconds),
      sum(known_talks), sum(talk_seconds), sum(very_short), sum(known_durations), sum(duration_seconds), sum(dropped), sum(transferred),
      sum(outbound), sum(outbound_connected), sum(known_outbound_talks), sum(outbound_talk_seconds)
    from placed
    group by 1, 2, 3, 4, 5, 6, 7
    order by 3, 1, 2, 4, 5, 6, 7
    on conflict (org_id, level, grain, bucket_start, line_id, member_id, in_hours) do update set
      offered = s.offered + excluded.offered, answered = s.answered + excluded.answered, voicemail = s.voicemail + excluded.voicemail,
      missed = s.missed + excluded.missed, known_waits = s.known_waits + excluded.known_waits,
      answered_wait_seconds = s.answered_wait_seconds + excluded.answered_wait_seconds,
      missed_wait_seconds = s.missed_wait_seconds + excluded.missed_wait_seconds,
      known_talks = s.known_talks + excluded.known_talks, talk_seconds = s.talk_seconds + excluded.talk_seconds,
      very_short = s.very_short + excluded.very_short, known_durations = s.known_durations + excluded.known_durations,
      duration_seconds = s.duration_seconds + excluded.duration_seconds, dropped = s.dropped + excluded.dropped,
      transferred = s.transferred + excluded.transferred, outbound = s.outbound + excluded.outbound,
      outbound_connected = s.outbound_connected + excluded.outbound_connected,
      known_outbound_talks = s.known_outbound_talks + excluded.known_outbound_talks,
      outbound_talk_seconds = s.outbound_talk_seconds + excluded.outbound_talk_seconds
  ),
  binned as (
    insert into bench.call_waits as w
    select kept_level, grain, org_id, bucket_start, kept_line_id, member_id, in_hours, bin, sum(answered_waits), sum(missed_waits)
    from placed
    where bin is not null
    group by 1, 2, 3, 4, 5, 6, 7, 8
    order by 3, 1, 2, 4, 5, 6, 7, 8
    on conflict (org_id, level, grain, bucket_start, line_id, member_id, in_hours, bin) do update set
      answered = w.answered + excluded.answered, missed = w.missed + excluded.missed
  )
  select count(*) into v_folded from taken;
  return v_folded;
end
$$;

create function bench.delta_summary(p_org_id uuid, p_from timestamptz, p_to timestamptz)
returns table (
  offered numeric, answered numeric, voicemail numeric, missed numeric, known_waits numeric,
  answered_wait_seconds numeric, missed_wait_seconds numeric,
  known_talks numeric, talk_seconds numeric, very_short numeric, known_durations numeric, duration_seconds numeric,
  dropped numeric, transferred numeric,
  outbound numeric, outbound_connected numeric, known_outbound_talks numeric, outbound_talk_seconds numeric, answered_in_time numeric
)
language sql stable set search_path = '' as $$
  select
    sum(offered), sum(answered), sum(voicemail), sum(missed), sum(known_waits), sum(answered_wait_seconds), sum(missed_wait_seconds),
    sum(known_talks), sum(talk_seconds), sum(very_short), sum(known_durations), sum(duration_seconds), sum(dropped), sum(transferred),
    sum(outbound), sum(outbound_connected), sum(known_outbound_talks), sum(outbound_talk_seconds),
    (
      select sum(w.answered)
      from (
        select answered, bin from bench.call_waits
        where org_id = p_org_id and level = 'organization' and grain = 'day' and bucket_start >= p_from and bucket_start < p_to
        union all
        select answered_waits, bin from bench.call_deltas
        where org_id = p_org_id and level = 'line' and hour >= p_from and hour < p_to and bin is not null
      ) w
      where w.bin <= array_position(private.wait_edges(), 20)
    )
  from (
    select
      offered, answered, voicemail, missed, known_waits, answered_wait_seconds, missed_wait_seconds, known_talks, talk_seconds, very_short,
      known_durations, duration_seconds, dropped, transferred, outbound, outbound_connected, known_outbound_talks, outbound_talk_seconds
    from bench.call_sums
    where org_id = p_org_id and level = 'organization' and grain = 'day' and bucket_start >= p_from and bucket_start < p_to
    union all
    select
      offered, answered, voicemail, missed, known_waits, answered_wait_seconds, missed_wait_seconds, known_talks, talk_seconds, very_short,
      known_durations, duration_seconds, dropped, transferred, outbound, outbound_connected, known_outbound_talks, outbound_talk_seconds
    from bench.call_deltas
    where org_id = p_org_id and level = 'line' and hour >= p_from and hour < p_to
  ) s
$$;

grant usage on schema bench to public;

create procedure bench.install_deltas()
language plpgsql as $$
begin
  create trigger tg_calls__append_insert after insert on public.calls referencing new table as new_rows
  for each statement execute function bench.tg_calls__append_insert();
  create trigger tg_calls__append_update after update on public.calls referencing new table as new_rows old table as old_rows
  for each statement execute function bench.tg_calls__append_update();
  create trigger tg_calls__append_delete after delete on public.calls referencing old table as old_rows
  for each statement execute function bench.tg_calls__append_delete();
end
$$;

create procedure bench.append_again(p_org_id uuid, p_from timestamptz, p_to timestamptz)
language plpgsql as $$
begin
  execute bench.appending(bench.signed(format(
    '(select * from public.calls where org_id = %L and started_at >= %L and started_at < %L) c', p_org_id, p_from, p_to
  ), 1));
end
$$;
comment on procedure bench.append_again(uuid, timestamptz, timestamptz) is
'Has the calls of a range pending, as if they had just been written.';

create procedure bench.fill_sums(p_org integer)
language plpgsql as $$
declare
  v_day date;
begin
  for v_day in select d from bench.year y, generate_series(y.starts_on - 1, y.ends_on + 1, interval '1 day') d loop
    call bench.append_again(bench.org_id(p_org), v_day, v_day + 1);
  end loop;
  perform bench.fold_deltas();
end
$$;
comment on procedure bench.fill_sums(integer) is 'Counts an organization''s calls into the rollups of this design.';
