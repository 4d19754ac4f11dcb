begin;
select plan(11);

create temporary table story on commit drop as select * from tests.two_organizations();
create function pg_temp.page(variadic p_items text[]) returns int[]
language sql as $$
  select array[p.new_items, p.changed_items, p.unchanged_items, p.rejected_items]
  from story, tests.pull(platform_account, 'calls', p_items, now()) p
$$;
create function pg_temp.one(p_call text, p_said jsonb default '{}') returns text
language sql as $$select tests.listed(p_call, '2025-06-02 09:00Z', p_said)$$;

select is(pg_temp.page(pg_temp.one('a'), pg_temp.one('b')), array[2, 0, 0, 0], 'calls are new');
select is(pg_temp.page(pg_temp.one('a'), pg_temp.one('b')), array[0, 0, 2, 0], 'the same again is unchanged');
select is(
  pg_temp.page(pg_temp.one('a'), pg_temp.one('b', '{"callStatus": "Missed", "duration": 1}'), pg_temp.one('c')), array[1, 1, 1, 0],
  'what is said otherwise is changed'
);
select is(pg_temp.page(pg_temp.one('a', '{"unheard": "of"}')), array[0, 0, 1, 0], 'unless it makes no difference');
select is(
  pg_temp.page('{}', 'x', '[]', '{"id": "d"}', pg_temp.one('e', '{"dateTimeUtc": null}'), pg_temp.one('f')), array[1, 0, 0, 5],
  'what cannot be a call is set aside, the rest goes on'
);
select results_eq(
  'select reason, count(*)::int from private.rejected_items group by 1 order by 1',
  $$values
    ('The call has no id.', 1), ('The call has no readable dateTimeUtc.', 2), ('The item is not JSON that Postgres can hold.', 1),
    ('The item is not a JSON object.', 1)
  $$, 'each with its reason'
);
select is(pg_temp.page(variadic '{}'), array[0, 0, 0, 0], 'an empty page is a page');
select is(
  pg_temp.page(pg_temp.one('g'), pg_temp.one('g')), array[1, 0, 1, 0], 'a call listed twice is one'
);
select results_eq(
  'select count(*)::int from public.sync_jobs where state = ''done''', 'values (7)', 'every job is done'
);

-- Numbers that no list named are met in calls.
select is(pg_temp.page(pg_temp.one('h', '{"businessNumber": "+1 212 555 0177"}')), array[1, 0, 0, 0], 'a call names a number');
select results_eq(
  $$select is_enabled, label from public.phone_numbers where e164 = '+12125550177'$$, 'select null::boolean, null::text',
  'which is in the inventory from then on'
);

select * from finish();
rollback;
