begin;
select plan(14);

-- Acme is where the day begins last, Globex where it begins first: 26 hours apart, never on the same date.
create temporary table story on commit drop as
select
  *, (now() at time zone 'Etc/GMT+12')::date as late_today, (now() at time zone 'Pacific/Kiritimati')::date as early_today
from tests.two_organizations();
grant select on story to public;
update public.organizations set time_zone = 'Etc/GMT+12' where id = (select acme from story);
update public.organizations set time_zone = 'Pacific/Kiritimati' where id = (select globex from story);
create function pg_temp.add(p_org_id uuid, p_day date) returns text
language sql as $$
  select tests.attempt(format('insert into public.holidays (org_id, day, name) values (%L, %L, ''Storm'')', p_org_id, p_day))
$$;
grant execute on function pg_temp.add(uuid, date) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.add(acme, late_today), '1 row', 'today can still become a holiday') from story;
select is(pg_temp.add(acme, late_today - 1), 'PT422 holiday_in_the_past', 'yesterday cannot') from story;
select is(pg_temp.add(acme, early_today - 1), '1 row', 'which day it is, the organization''s clock says') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.add(globex, early_today), '1 row', 'where the day begins first, another day is today') from story;
select is(pg_temp.add(globex, early_today - 1), 'PT422 holiday_in_the_past', 'and another is over') from story;
select is(pg_temp.add(globex, late_today), 'PT422 holiday_in_the_past', 'which elsewhere still is today') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.add(globex, early_today - 1), 'PT422 holiday_in_the_past', 'even for the operator') from story;

-- The day passes: Acme's clock is set ahead.
select tests.act_as(org_admin) from story;
insert into public.holidays (org_id, day, name) select acme, late_today, 'Storm' from story;
insert into public.holidays (org_id, day, name) select acme, late_today + 30, 'Founding day' from story;
select is(tests.attempt($$update public.holidays set closes = '12:00', opens = '09:00'$$), '2 rows', 'until it is over a holiday changes');
update public.organizations set time_zone = 'Pacific/Kiritimati';
select is(
  tests.attempt('delete from public.holidays where name = ''Storm'''), 'PT422 holiday_in_the_past', 'once over it is not taken back'
);
select is(
  tests.attempt('update public.holidays set name = ''Calm'' where name = ''Storm'''), 'PT422 holiday_in_the_past', 'or renamed'
);
select is(
  tests.attempt('update public.holidays set opens = ''09:00'', closes = ''12:00'' where name = ''Storm'''),
  'PT422 holiday_in_the_past', 'or given hours'
);
select is(tests.attempt('delete from public.holidays where name = ''Founding day'''), '1 row', 'one to come is taken back');
select results_eq(
  'select name from public.holidays order by day', $$values ('Storm'), ('Founding day')$$, 'both are still there'
);

-- Whoever may not write learns nothing by it.
select tests.act_as(viewer) from story;
select is(pg_temp.add(globex, early_today - 1), '42501', 'elsewhere every day is refused alike') from story;

select * from finish();
rollback;
