begin;
select plan(16);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.label(p_line_id uuid) returns text
language sql as $$select tests.attempt(format('update public.lines set label = ''Sales'' where id = %L', p_line_id))$$;
grant execute on function pg_temp.label(uuid) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.label(given), '1 row', 'an admin labels a line') from story;
select is(pg_temp.label(other), '1 row', 'any of the organization') from story;
select is(pg_temp.label(theirs), '0 rows', 'and none of another') from story;
select tests.act_as(manager) from story;
select is(pg_temp.label(given), '1 row', 'a manager labels a given line') from story;
select is(pg_temp.label(other), '0 rows', 'and no other') from story;
select is(tests.attempt($$update public.lines set label = 'x'$$), '1 row', 'even without looking');
select tests.act_as(agent) from story;
select is(pg_temp.label(given), '0 rows', 'an agent labels none') from story;
select is(tests.attempt($$update public.lines set label = 'x'$$), '0 rows', 'at all');
select tests.act_as(viewer) from story;
select is(pg_temp.label(given), '0 rows', 'nor does a viewer') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.label(theirs), '1 row', 'the operator labels any') from story;

select tests.act_as(org_admin) from story;
select is(tests.attempt($$update public.lines set label = repeat('x', 201)$$), '23514', 'a label is short');
select is(tests.attempt('update public.lines set org_id = (select globex from story)'), '42501', 'a line changes hands no other way');
select is(tests.attempt('update public.lines set period = ''(,)'''), '42501', 'nor its period');
select is(tests.attempt('delete from public.lines'), '42501', 'nor is it removed');
select is(
  tests.attempt('insert into public.lines (org_id, phone_number_id, e164) select org_id, phone_number_id, e164 from public.lines'),
  '42501', 'or made'
);

update public.lines set label = 'Support' where id = (select given from story);
select results_eq('select label from public.lines where id = (select given from story)', $$values ('Support')$$, 'the label stays');

select * from finish();
rollback;
