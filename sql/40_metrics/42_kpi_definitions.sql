create table public.kpi_definitions (
  kpi text collate "C" primary key,
  name text not null,
  formula text not null,
  unit text not null,
  direction text not null,
  adds_up boolean not null,
  population text not null,
  source text not null,
  told_by text[] not null,
  rows_of text,
  numerator text,
  numerator_filter text,
  denominator_filter text,
  known_filter text,
  total_filter text,
  version integer not null default 1,
  constraint name_is_taken_once unique (name),
  constraint unit_is_known check (
    unit in ('calls', 'callers', 'messages', 'share', 'seconds', 'calls_per_minute', 'calls_per_caller', 'agents', 'cents', 'days')
  ),
  constraint direction_is_known check (direction in ('up', 'down', 'none')),
  constraint version_counts_from_one check (version >= 1),
  constraint rows_have_their_filters check (
    (rows_of is null) = (numerator is null) and (rows_of is null) = (numerator_filter is null)
    and (rows_of is not null or coalesce(denominator_filter, known_filter, total_filter) is null)
  )
);
comment on table public.kpi_definitions is
'What every KPI is, in words, and which rows are behind it: read by screens, documents and the API alike.';
comment on column public.kpi_definitions.kpi is 'As the KPI functions name it.';
comment on column public.kpi_definitions.unit is
'share is between 0 and 1; calls, callers, messages, agents and days are counted; calls_per_caller and calls_per_minute are quotients; cents are minor units of a currency.';
comment on column public.kpi_definitions.direction is 'up where more is good, down where less is, none where neither is said.';
comment on column public.kpi_definitions.adds_up is 'Whether the figures of a range''s parts add up to that of the range.';
comment on column public.kpi_definitions.population is 'What total counts.';
comment on column public.kpi_definitions.source is 'Where the facts come from, and so when it is not measurable.';
comment on column public.kpi_definitions.told_by is 'The functions that tell it.';
comment on column public.kpi_definitions.rows_of is
'What is read to see the rows behind a figure: a view, or a function that is asked the same; null where no rows are. To a view add
org_id=eq.…&started_at=gte.<p_from>&started_at=lt.<p_to>, and as asked line_id=in.(…), member_ids=ov.{…}, is_in_hours=is.true; a line''s are line_id=eq.…,
a member''s member_ids=cs.{…}, an hour of the week''s weekday=eq.…&hour=eq.…. Of messages the time is sent_at, and the line all that can be asked for.';
comment on column public.kpi_definitions.numerator is
'What the rows of numerator_filter come to, as PostgREST writes aggregates: count(), wait_seconds.sum(), wait_seconds.max(); a column alone is what a percentile is taken of.';
comment on column public.kpi_definitions.numerator_filter is
'The filter, for PostgREST, whose rows make the numerator. {peak_at} stands for what the function tells beside the figure.';
comment on column public.kpi_definitions.denominator_filter is 'The filter whose rows the denominator counts; null where it counts none.';
comment on column public.kpi_definitions.known_filter is 'The filter whose rows known counts.';
comment on column public.kpi_definitions.total_filter is 'The filter whose rows total counts.';
comment on column public.kpi_definitions.version is 'One more with each change of the formula; every answer names it as definition_version.';

alter table public.kpi_definitions enable row level security;
grant select on public.kpi_definitions to authenticated, api_reader;

create policy kpi_definitions_select_all on public.kpi_definitions for select to authenticated
using (true);
comment on policy kpi_definitions_select_all on public.kpi_definitions is 'What figures mean is no secret.';

create policy kpi_definitions_select_api_keys on public.kpi_definitions for select to api_reader
using (array(select private.api_org_ids()) <> '{}');
comment on policy kpi_definitions_select_api_keys on public.kpi_definitions is 'Any API key, whatever its scopes.';

create function private.require_kpis(p_kpis text[]) returns void
language plpgsql stable set search_path = '' as $$
declare
  v_unknown text;
begin
  select string_agg(k.kpi, ', ') into v_unknown
  from unnest(p_kpis) as k (kpi)
  where not exists (select from public.kpi_definitions d where d.kpi = k.kpi);
  if v_unknown is not null or array_position(p_kpis, null) is not null then
    raise exception 'There is no KPI %.', coalesce(v_unknown, 'null')
      using errcode = 'PT422', detail = 'kpi_unknown', hint = 'See kpi_definitions for those there are.';
  end if;
end
$$;
comment on function private.require_kpis(text[]) is 'Refuses names that no KPI has; null asks for all.';

create function private.require_days(p_from timestamptz, p_to timestamptz, p_time_zone text, p_days integer) returns void
language plpgsql stable parallel safe set search_path = '' as $$
begin
  if p_to at time zone p_time_zone > p_from at time zone p_time_zone + make_interval(days => p_days) then
    raise exception 'The range is longer than % days.', p_days
      using errcode = 'PT422', detail = 'range_too_long', hint = format('This is told of at most %s days.', p_days);
  end if;
end
$$;
comment on function private.require_days(timestamptz, timestamptz, text, integer) is
'Refuses a range of more than so many days by the local clock, where every call is read.';
grant execute on function
  private.require_kpis(text[]), private.require_days(timestamptz, timestamptz, text, integer)
to authenticated, api_reader;
