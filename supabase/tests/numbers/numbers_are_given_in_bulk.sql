begin;
select plan(6);

create temporary table story on commit drop as
select
  w.*, tests.phone_number(w.platform_account, '+12125550110') as one, tests.phone_number(w.platform_account, '+12125550111') as two,
  tests.phone_number(w.platform_account, '+12125550112') as three, tests.phone_number(w.platform_account, '+12125550113') as four
from tests.two_organizations() w;
grant select on story to public;
update public.phone_numbers set label = 'Number ' || right(e164, 1);
create temporary table made (number uuid, line uuid) on commit drop;
grant select, insert on made to public;

select tests.act_as(platform_admin) from story;
insert into made select a.* from story s, public.assign_phone_numbers(array[s.two, s.one, s.two], s.acme) a;
select results_eq(
  $$
    select l.e164, l.org_id, l.period, l.label
    from made
    join public.lines l on l.id = made.line and l.phone_number_id = made.number
    order by 1
  $$,
  $$
    select '+12125550110' collate "C", acme, tstzrange(now(), null), 'Number 0' from story
    union all
    select '+12125550111', acme, tstzrange(now(), null), 'Number 1' from story
  $$, 'many are given at once: a line for each, from now on, named as its number'
);
select is((select count(*)::int from made), 2, 'one that is named twice is given once');

select public.assign_phone_numbers(array[three, four], globex, p_label => 'Sales') from story;
select results_eq(
  'select e164, period, label from public.lines join story on org_id = globex where e164 >= ''+12125550110'' order by 1',
  $$values ('+12125550112' collate "C", tstzrange(now(), null), 'Sales'), ('+12125550113', tstzrange(now(), null), 'Sales')$$,
  'or as the operator names them all'
);

select tests.act_as(org_admin) from story;
select is((select count(*)::int from public.lines where e164 = '+12125550111'), 1, 'an organization has those it was given');
select tests.act_as(platform_admin) from story;
select is(public.withdraw_phone_numbers(array[one, two, one, three, four]), 4, 'many are taken back at once, each once') from story;
select is_empty('select from public.lines where e164 >= ''+12125550110'' and (upper_inf(period) or upper(period) > now())', 'all of them');

select * from finish();
rollback;
