begin;
select plan(9);

create temporary table story on commit drop as select *, tests.integration() as account from tests.two_organizations();
grant select on story to public;
create function pg_temp.page(variadic p_items text[]) returns int[]
language sql as $$
  select array[p.new_items, p.changed_items, p.unchanged_items, p.rejected_items]
  from story, tests.pull(account, 'phone_numbers', p_items) p
$$;

select is(
  pg_temp.page('{"id": "1", "number": "+1 212 555 0130", "label": "Main"}', '{"id": 2, "phoneNumber": "12125550131", "isEnabled": false}'),
  array[2, 0, 0, 0], 'numbers are read however they are written'
);
select results_eq(
  'select e164, provider_number_id, label, is_enabled from public.phone_numbers n join story on n.integration_id = account order by 1',
  $$values ('+12125550130' collate "C", '1', 'Main', true), ('+12125550131', '2', null, false)$$, 'and kept in one form'
);
select is_empty('select from public.lines where e164 = ''+12125550130''', 'a platform-wide account''s numbers are nobody''s yet');
select is(
  pg_temp.page('{"id": "1", "number": "+12125550130", "label": "Main"}', '{"id": "2", "number": "+12125550131", "isEnabled": "False"}'),
  array[0, 0, 2, 0], 'the same again changes nothing'
);
select is(pg_temp.page('{"id": "1", "number": "+12125550130", "label": "Sales"}'), array[0, 1, 0, 0], 'a label changes');
select is(
  pg_temp.page('{"number": "oops"}', '{}', '[]', '"+12125550132"', 'not json', 'null', '{"number": "+12125550133"}'), array[1, 0, 0, 6],
  'what has no readable number is set aside, the rest goes on'
);
select results_eq(
  'select distinct reason from private.rejected_items where integration_id = (select account from story) order by 1',
  $$values ('The item has no readable number.'), ('The item is not JSON that Postgres can hold.')$$, 'with the reason'
);
select is(pg_temp.page('{"number": "oops"}'), array[0, 0, 0, 1], 'again');
select is(
  (select count(*)::int from private.rejected_items where item = '{"number": "oops"}'), 1, 'and kept once'
);

select * from finish();
rollback;
