-- Judged once more, a call by itself, so that a filter of PostgREST's finds it: recount and count_calls join the settings to a whole
-- range, which is fast. That they agree is seen figure by figure in tests/integration/metrics/test_rows_behind_figures.py.
create view public.counted_calls with (security_invoker = true) as
select
  c.id, c.org_id, c.line_id, c.direction, c.business_number, c.external_number, c.external_name, c.started_at, c.answered_at,
  case
    when coalesce(c.ended_at, c.started_at + make_interval(secs => c.duration_seconds)) is not null then greatest(
      c.started_at,
      least(coalesce(c.ended_at, c.started_at + make_interval(secs => c.duration_seconds)), c.started_at + interval '24 hours')
    )
  end as over_at,
  c.outcome, c.is_dropped, c.wait_seconds, c.talk_seconds, c.duration_seconds, c.transfer_count, c.member_ids,
  coalesce(c.external_number ~ '[0-9]', false) as is_identified,
  c.outcome = 'answered' and c.wait_seconds <= (
    select s.answer_within_seconds
    from public.organization_settings s
    where s.org_id = c.org_id and s.effective_from <= (c.started_at at time zone o.time_zone)::date
    order by s.effective_from desc
    limit 1
  ) as is_answered_in_time,
  c.outcome = 'missed' and coalesce(c.wait_seconds < (
    select case when s.excludes_short_abandons then s.short_abandon_seconds else 0 end
    from public.organization_settings s
    where s.org_id = c.org_id and s.effective_from <= (c.started_at at time zone o.time_zone)::date
    order by s.effective_from desc
    limit 1
  ), false) as is_short_abandon,
  c.direction = 'inbound' and exists (
    select
    from public.calls e
    where e.org_id = c.org_id and e.external_number = c.external_number and c.external_number ~ '[0-9]'
      and e.started_at >= c.started_at - interval '168 hours' and e.started_at < c.started_at
      and e.direction = 'inbound' and e.outcome is not null and e.deleted_at is null
  ) as is_repeat,
  (
    select
      case
        when s.business_hours = '[]' then null
        when h.day is not null then coalesce(
          to_char(c.started_at at time zone o.time_zone, 'HH24:MI') >= h.opens
          and to_char(c.started_at at time zone o.time_zone, 'HH24:MI') < h.closes, false
        )
        else exists (
          select
          from jsonb_array_elements(s.business_hours) b (period)
          where (b.period ->> 'weekday')::int = extract(isodow from c.started_at at time zone o.time_zone)
            and to_char(c.started_at at time zone o.time_zone, 'HH24:MI') >= b.period ->> 'opens'
            and to_char(c.started_at at time zone o.time_zone, 'HH24:MI') < b.period ->> 'closes'
        )
      end
    from public.organization_settings s
    left join public.holidays h on h.org_id = s.org_id and h.day = (c.started_at at time zone o.time_zone)::date
    where s.org_id = c.org_id and s.effective_from <= (c.started_at at time zone o.time_zone)::date
    order by s.effective_from desc
    limit 1
  ) as is_in_hours,
  (c.started_at at time zone o.time_zone)::date as local_day,
  extract(isodow from c.started_at at time zone o.time_zone)::integer as weekday,
  extract(hour from c.started_at at time zone o.time_zone)::integer as hour
from public.calls c
join public.organizations o on o.id = c.org_id
where c.outcome is not null and c.deleted_at is null and c.direction <> 'internal';
comment on view public.counted_calls is
'The calls that count in figures, each with what the settings of its start make of it. kpi_definitions says which of them are behind which figure.';
comment on column public.counted_calls.over_at is
'When it ended, by events or else by its duration, at most a day after its start; null where neither is known.';
comment on column public.counted_calls.is_identified is 'Whether a number called; nobody else is recognised when they call again.';
comment on column public.counted_calls.is_answered_in_time is
'Answered within the service level''s threshold; null where it was answered after a wait that is not known.';
comment on column public.counted_calls.is_short_abandon is 'Missed, and left out of abandonment and service level as the caller hung up at once.';
comment on column public.counted_calls.is_repeat is
'Inbound, and the same number had called the organization within the 7 × 24 hours before, as far as the caller sees.';
comment on column public.counted_calls.is_in_hours is 'Whether it started in business hours; null where none were set.';
comment on column public.counted_calls.local_day is 'The day it started, by the organization''s clock.';
comment on column public.counted_calls.weekday is 'From 1, Monday, by the organization''s clock.';
comment on column public.counted_calls.hour is 'From 0 to 23, by the organization''s clock.';
grant select on public.counted_calls to authenticated, api_reader;

create trigger tg_counted_calls__refuse_writes instead of insert or update or delete on public.counted_calls
for each row execute function private.tg_refuse__writes();
