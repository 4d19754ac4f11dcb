begin;
select plan(8);

create temporary table story on commit drop as
select w.*, tests.phone_number(w.platform_account, '+12125550110') as number from tests.two_organizations() w;
grant select on story to public;
update public.phone_numbers set label = 'Sales' where id = (select number from story);
create temporary table made (line uuid) on commit drop;
grant select, insert on made to public;

select tests.act_as(platform_admin) from story;
insert into made select public.assign_phone_number(number, acme) from story;
select results_eq(
  'select l.org_id, l.e164, l.period, l.label from public.lines l join made on made.line = l.id',
  $$select acme, '+12125550110' collate "C", tstzrange(now(), null), 'Sales' from story$$,
  'the line begins now, without end, named as the number is'
);

select tests.act_as(org_admin) from story;
select isnt_empty('select from public.lines join made on made.line = lines.id', 'the organization''s admin has it');
select tests.act_as(their_admin) from story;
select is_empty('select from public.lines join made on made.line = lines.id', 'another''s does not');

select tests.act_as(platform_admin) from story;
select public.assign_phone_number(number, globex, now() + interval '1 day', 'Their sales') from story;
select results_eq(
  'select l.org_id, l.period, l.label from public.lines l where l.phone_number_id = (select number from story) order by l.period',
  $$
    select acme, tstzrange(now(), now() + interval '1 day'), 'Sales' from story
    union all
    select globex, tstzrange(now() + interval '1 day', null), 'Their sales' from story
  $$, 'given on, it ends here and begins there at the same instant'
);
select is(
  tests.attempt(format('select public.assign_phone_number(%L, %L, now() + interval ''2 days'')', number, acme)), '1 row',
  'it may come back later'
) from story;

select tests.act_as_role('postgres');
select is(
  tests.attempt(format('select tests.line(%L, %L, tstzrange(now(), now() + interval ''1 hour''))', globex, number)), '23P01',
  'a number is in one organization at a time'
) from story;
select is(
  tests.attempt(format('select tests.line(%L, %L, ''empty'')', globex, number)), '23514', 'for some time'
) from story;
select is(
  tests.attempt(format('select tests.line(%L, %L, ''(2019-01-01,2019-02-01]'')', globex, number)), '23514',
  'that includes its start and not its end'
) from story;

select * from finish();
rollback;
