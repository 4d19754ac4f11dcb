begin;
select plan(25);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.summary(p_from text, p_to text, p_in_hours boolean default null) returns text
language sql as $$
  select tests.attempt(format('select public.kpi_summary(%L, %L, %L, p_in_hours => %L)', acme, p_from, p_to, p_in_hours)) from story
$$;
create function pg_temp.series(p_from text, p_to text, p_grain text) returns text
language sql as $$
  select regexp_replace(
    tests.attempt(format('select public.kpi_series(%L, %L, %L, p_grain => %L)', acme, p_from, p_to, p_grain)), '^\d+ rows$', 'told'
  )
  from story
$$;
grant execute on function pg_temp.summary(text, text, boolean), pg_temp.series(text, text, text) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.summary('2025-06-02', '2025-06-03'), '20 rows', 'a range runs forward');
select is(pg_temp.summary('2025-06-03', '2025-06-02'), 'PT422 range_reversed', 'not backward');
select is(pg_temp.summary('2025-06-02', '2025-06-02'), 'PT422 range_reversed', 'nor does it stand still');
select is(pg_temp.summary(null, '2025-06-02'), 'PT422 range_reversed', 'it has a start');
select is(pg_temp.summary('2025-06-02', null), 'PT422 range_reversed', 'and an end');
select is(pg_temp.summary('-infinity', '2025-06-02'), 'PT422 range_out_of_bounds', 'that can be told');
select is(pg_temp.summary('2025-06-02', 'infinity'), 'PT422 range_out_of_bounds', 'both of them');
select is(pg_temp.summary('2025-06-02', '2025-06-03', true), 'PT422 business_hours_missing', 'there are no business hours yet');
select is(pg_temp.summary('2025-06-02', '2025-06-03', false), 'PT422 business_hours_missing', 'nor others');
select is(pg_temp.series('2025-06-03', '2025-06-02', 'day'), 'PT422 range_reversed', 'a series runs forward too');
select is(pg_temp.series('2025-06-02', 'infinity', 'month'), 'PT422 range_out_of_bounds', 'and ends');

select is(pg_temp.series('2025-06-02', '2025-08-03', 'hour'), 'told', 'hours of 62 days are told');
select is(pg_temp.series('2025-06-02', '2025-08-03 01:00', 'hour'), 'PT422 grain_unfit', 'not of more');
select is(pg_temp.series('2020-06-02', '2025-06-02', 'day'), 'told', 'days of five years');
select is(pg_temp.series('2020-06-02', '2025-06-10', 'day'), 'PT422 grain_unfit', 'not of more');
select is(pg_temp.series('2000-06-02', '2030-06-02', 'week'), 'told', 'weeks of thirty');
select is(pg_temp.series('1990-06-02', '2030-06-02', 'week'), 'PT422 grain_unfit', 'not of more');
select is(pg_temp.series('1950-06-02', '2050-06-02', 'month'), 'told', 'months of a hundred');
select is(pg_temp.series('1901-06-02', '2199-06-02', 'month'), 'PT422 grain_unfit', 'not of more');
select is(pg_temp.series('2025-06-02', '2025-06-03', 'minute'), 'PT422 grain_unfit', 'minutes are not told');
select is(pg_temp.series('2025-06-02', '2025-06-03', ''), 'PT422 grain_unfit', 'nor nothing');
select is(pg_temp.series('2025-06-02', '2025-06-03', null), 'PT422 grain_unfit', 'nor null');
select is(pg_temp.series('2025-06-02', '2025-06-03', 'month'), 'told', 'a month may be cut');

select throws_like(
  format('select public.kpi_series(%L, ''2020-01-01'', ''2025-01-01'', p_grain => ''hour'')', acme), '%hour does not fit%',
  'the refusal says so'
) from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.series('2025-06-02', '2025-06-03', 'day'), 'PT404 organization_not_found', 'of an organization that is there');

select * from finish();
rollback;
