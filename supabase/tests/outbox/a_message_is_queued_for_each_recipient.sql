begin;
select plan(22);

create temporary table story on commit drop as
select
  w.*, tests.api_key(w.acme) as key, tests.api_key(w.acme, array['messages:read', 'calls:read']) as reader,
  tests.api_key(w.globex) as their_key,
  tests.api_key(null) as platform_key
from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.send(p_line_id uuid, variadic p_to text[]) returns text
language sql as $$
  select tests.attempt(format('select * from public.send_message(%L, %L, ''Hello'', %L)', p_line_id, p_to, gen_random_uuid()))
$$;
grant execute on function pg_temp.send(uuid, text[]) to public;

-- Who may.
select tests.act_as(agent) from story;
select is(pg_temp.send(given, '+12125550199'), '1 row', 'an agent sends from a line given to them') from story;
select is(pg_temp.send(other, '+12125550199'), 'PT404 line_not_found', 'and from no other') from story;
select is(pg_temp.send(theirs, '+12125550199'), 'PT404 line_not_found', 'nor from another organization''s') from story;
select tests.act_as(manager) from story;
select is(pg_temp.send(given, '+12125550199'), '1 row', 'so does a manager') from story;
select is(pg_temp.send(other, '+12125550199'), 'PT404 line_not_found', 'as far as lines are given to them') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.send(other, '+12125550199'), '1 row', 'an admin sends from any of theirs') from story;
select is(pg_temp.send(theirs, '+12125550199'), 'PT404 line_not_found', 'and from nobody else''s') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.send(theirs, '+12125550199'), '1 row', 'the operator from all') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.send(given, '+12125550199'), 'PT403 role_not_sufficient', 'a viewer sends nothing') from story;
select is(
  tests.told_to_key(
    v.who, format('select state, failure_reason from public.send_message(%L, ''{+12125550100}'', ''Hello'')', v.line), 'first'
  ),
  v.came, v.what
)
from story s, lateral (values
  (s.key, s.given, '[{"state": "queued", "failure_reason": null}]', 'an API key sends with its scope'),
  (s.key, s.theirs, 'PT404 line_not_found', 'for its own organization'),
  (s.platform_key, s.theirs, '[{"state": "queued", "failure_reason": null}]', 'a platform-wide one for all'),
  (s.reader, s.given, 'PT403 scope_missing', 'and none without the scope')
) v (who, line, came, what);
delete from public.messages;
delete from public.conversations;
select tests.act_as_role('anon');
select is(tests.attempt('select public.send_message(null, null, null)'), '42501', 'a stranger cannot ask');

-- What comes of it.
select tests.act_as(agent) from story;
select results_eq(
  $$
    select recipient collate "default", state, failure_reason from story, public.send_message(
      given, array['+12125550199', '+1 (212) 555-0198', ' +12125550199 ', '12125550197'], 'Hello'
    )
  $$,
  $$values ('+12125550199', 'queued', null), ('+12125550198', 'queued', null), ('+12125550197', 'queued', null)$$,
  'each recipient is told of once, in the order given'
);
select results_eq(
  $$
    select direction, business_number, external_number, body, state, sent_by, api_key_id, sent_at
    from tests.messages order by external_number desc
  $$,
  $$
  select 'outbound', '+12125550101', '+1212555019' || n, 'Hello', 'queued', agent, null::uuid, now() from story,
  generate_series(9, 7, -1) n
  $$,
  'each is a message that waits'
);
select results_eq(
  'select line_id, external_number, last_message_at, last_inbound_at, unread_count from tests.conversations order by external_number desc',
  'select given, ''+1212555019'' || n, now(), null::timestamptz, 0 from story, generate_series(9, 7, -1) n',
  'in a conversation of its own'
);
select tests.told_to_key(
  key, format('select * from public.send_message(%L, ''{+12125550196}'', ''From a program'')', given), 'k'
) from story;
select tests.act_as(agent) from story;
select results_eq(
  'select sent_by, api_key_id from tests.messages where body = ''From a program''', 'select null::uuid, key from story',
  'one that a program sends names its key'
);
select results_eq(
  'select distinct external_number from tests.messages where body = ''From a program''', $$values ('+12125550196')$$,
  'and is seen by people'
);
select tests.act_as(viewer) from story;
select is_empty('select * from tests.messages', 'viewers read no messages');
select tests.act_as(their_admin) from story;
select is_empty('select * from tests.messages', 'nor do others');
select is(tests.told_to_key(their_key, 'select * from public.messages'), '[]', 'nor their keys') from story;

select * from finish();
rollback;
