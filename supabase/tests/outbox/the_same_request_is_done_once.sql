begin;
select plan(20);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme) as key, tests.api_key(w.acme) as second_key from tests.two_organizations() w;
grant select on story to public;
create temporary table answers (n int, answer jsonb) on commit drop;
grant all on answers to public;
create function pg_temp.send(p_key text, p_to text[] default '{+12125550199,+12125550198}', p_body text default 'Hello') returns jsonb
language sql as $$
  select jsonb_agg(to_jsonb(s) order by s.ordinality)
  from story, lateral public.send_message(given, p_to, p_body, p_key) with ordinality s
$$;
create function pg_temp.came(p_sql text) returns text language sql as $$select tests.attempt(p_sql)$$;
grant execute on function pg_temp.send(text, text[], text), pg_temp.came(text) to public;

select tests.act_as(agent) from story;
insert into answers values (1, pg_temp.send('k')), (2, pg_temp.send('k'));
select is((select answer from answers where n = 2), (select answer from answers where n = 1), 'the same request is answered alike');
select results_eq('select count(*)::int from tests.messages', 'values (2)', 'and done once');
select is(
  pg_temp.came('select pg_temp.send(''k'', ''{+12125550199}'')'), 'PT422 idempotency_key_reused', 'with other recipients it is another'
);
select is(
  pg_temp.came('select pg_temp.send(''k'', ''{+12125550199,+12125550198}'', ''Hello!'')'), 'PT422 idempotency_key_reused',
  'with another text'
);
select is(
  pg_temp.came('select public.send_message(other, ''{+12125550199,+12125550198}'', ''Hello'', ''k'') from story'), 'PT404 line_not_found',
  'and a line that one may not use is still none'
);
select is(
  pg_temp.came('select public.place_call(given, ''+12125550199'', ''k'') from story'), 'PT422 idempotency_key_reused', 'or another deed'
);
select pg_temp.send('k2'), pg_temp.send(null), pg_temp.send(null);
select results_eq('select count(*)::int from tests.messages', 'values (8)', 'with another key, or none, it is done again');

-- As it was answered, whatever came of it.
select tests.act_as_role('postgres');
select tests.send_next('failed');
update public.integrations set disabled_at = now();
select tests.act_as(agent) from story;
select is(pg_temp.send('k'), (select answer from answers where n = 1), 'the answer stays what it was');
select tests.act_as_role('postgres');
update public.integrations set disabled_at = null;

-- Keys are their callers'.
select tests.act_as(manager) from story;
select pg_temp.send('k');
select results_eq('select count(*)::int from tests.messages', 'values (10)', 'another''s key is none of mine');

-- Programs have to send one, in the header.
create function pg_temp.program(p_key uuid, p_header text, p_argument text default null) returns text
language sql as $$
  select tests.told_to_key(p_key, format(
    'select * from public.send_message(%L, ''{+12125550199}'', ''Hello'', %L)', given, p_argument
  ), p_header) from story
$$;
create function pg_temp.answer(p_n int) returns jsonb language sql as $$select answer from answers where n = p_n$$;
select tests.act_as_role('postgres');
select is(pg_temp.program(key, null), 'PT400 idempotency_key_missing', 'a program without a key is refused') from story;
insert into answers select 3, pg_temp.program(key, 'k')::jsonb from story;
select is(pg_temp.program(key, 'k')::jsonb, pg_temp.answer(3), 'with the header it is answered alike') from story;
select is(pg_temp.program(key, null, 'k')::jsonb, pg_temp.answer(3), 'as with the argument') from story;
select isnt(
  pg_temp.program(second_key, 'k')::jsonb, pg_temp.answer(3), 'another key''s requests are its own'
) from story;
select results_eq('select count(*)::int from tests.messages', 'values (12)', 'each is done once');
select is(pg_temp.program(key, bad), 'PT422 idempotency_key_invalid', 'a key of ' || char_length(bad) || ' characters')
from story, unnest(array['', '   ', repeat('k', 201)]) bad;
select isnt(pg_temp.program(key, repeat('k', 200)), 'PT422 idempotency_key_invalid', 'a key of 200 characters may be') from story;

-- A request that was refused is not remembered.
select tests.act_as(agent) from story;
select is(pg_temp.came('select pg_temp.send(''late'', ''{Jo}'')'), 'PT422 recipient_invalid', 'a request that is refused');
select is(pg_temp.came('select pg_temp.send(''late'')'), '1 row', 'may be corrected under its key');

select * from finish();
rollback;
