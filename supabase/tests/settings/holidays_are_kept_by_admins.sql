begin;
select plan(34);

create temporary table story on commit drop as select *, current_date + 100 as day from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(
  p_org_id uuid, p_day date, p_name text default 'Founding day', p_opens text default null, p_closes text default null
)
returns text
language sql as $$
  select tests.attempt(format(
    'insert into public.holidays (org_id, day, name, opens, closes) values (%L, %L, %L, %L, %L)', p_org_id, p_day, p_name, p_opens, p_closes
  ))
$$;
grant execute on function pg_temp.add(uuid, date, text, text, text) to public;
insert into public.holidays (org_id, day, name) select globex, day, 'Theirs' from story;

select tests.act_as(org_admin) from story;
select is(pg_temp.add(acme, day), '1 row', 'an admin adds a holiday') from story;
select is(pg_temp.add(globex, day + 1), '42501', 'but not to another organization') from story;
insert into public.holidays (org_id, day, name) select acme, day, 'Founding day' from story;
select is(pg_temp.add(acme, day), '23505', 'a day is a holiday once') from story;
select is(tests.attempt($$update public.holidays set name = 'Renamed'$$), '1 row', 'an admin renames it');
select is(tests.attempt($$update public.holidays set opens = '10:00', closes = '24:00'$$), '1 row', 'gives it hours');
select is(tests.attempt('update public.holidays set day = day + 1'), '42501', 'but does not move it');
select is(tests.attempt('update public.holidays set org_id = (select globex from story)'), '42501', 'or give it away');
select is(tests.attempt('delete from public.holidays'), '1 row', 'and takes it back');

-- A name, and either no hours or a pair of them.
select is(pg_temp.add(s.acme, s.day + 1, h.name, h.opens, h.closes), '1 row', format('open from %s to %s', h.opens, h.closes))
from story s
cross join (values ('Half day', '09:00', '13:00'), ('Whole day', '00:00', '24:00')) h (name, opens, closes);
select is(
  pg_temp.add(s.acme, s.day + 1, h.name, h.opens, h.closes), '23514',
  format('"%s" from %s to %s is refused', left(h.name, 10), coalesce(h.opens, 'never'), coalesce(h.closes, 'never'))
)
from story s
cross join (
  values
  ('', null, null), ('  ', null, null), (repeat('x', 201), null, null), ('Half', '09:00', null), ('Half', null, '13:00'),
  ('Half', '13:00', '09:00'), ('Half', '09:00', '09:00'), ('Half', '9:00', '13:00'), ('Half', '09:00', '24:01'),
  ('Half', '24:00', '24:00'), ('Half', 'noon', 'night')
) h (name, opens, closes);
select is(pg_temp.add(acme, null), '23502', 'a holiday has a day') from story;

-- Everybody reads, nobody else writes.
select tests.act_as(manager) from story;
select results_eq('select name from public.holidays', $$values ('Founding day')$$, 'a manager reads it');
select is(pg_temp.add(acme, day + 1), '42501', 'adds none') from story;
select is(tests.attempt($$update public.holidays set name = 'x'$$), '0 rows', 'changes none');
select is(tests.attempt('delete from public.holidays'), '0 rows', 'and takes none back');
select tests.act_as(viewer) from story;
select results_eq('select name from public.holidays', $$values ('Founding day')$$, 'a viewer reads it');
select is(pg_temp.add(acme, day + 1), '42501', 'adds none') from story;
select tests.act_as(agent) from story;
select results_eq('select name from public.holidays', $$values ('Founding day')$$, 'an agent reads it');
select is(tests.attempt('delete from public.holidays'), '0 rows', 'and takes none back');
select tests.act_as(their_admin) from story;
select results_eq('select name from public.holidays', $$values ('Theirs')$$, 'another organization has its own');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.holidays'), '42501', 'who is not signed in has none');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.holidays), 2, 'the operator reads all');
select is(pg_temp.add(acme, day + 1), '1 row', 'and adds where asked to') from story;

select * from finish();
rollback;
