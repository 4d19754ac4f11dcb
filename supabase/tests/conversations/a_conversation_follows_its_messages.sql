begin;
select plan(27);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.pull(variadic p_items text[]) returns void
language sql as $$select from story, lateral tests.pull(platform_account, 'messages', p_items)$$;
create function pg_temp.read_through(p_at timestamptz) returns text
language sql as $$
  select tests.attempt(format('update public.conversations set read_through = %L where line_id = %L', p_at, given)) from story
$$;
grant execute on function pg_temp.read_through(timestamptz) to public;

select pg_temp.pull(
  tests.journaled('a', '2026-06-01 10:00Z'), tests.journaled('b', '2026-06-01 10:02Z'),
  tests.journaled('c', '2026-06-01 10:01Z', '{"origin": "Outbound"}'),
  tests.journaled('d', '2026-06-01 09:00Z', '{"businessNumber": {"number": "+12125550102"}}'),
  tests.journaled('e', '2026-06-01 09:00Z', '{"client": {"address": "+12125550198"}, "origin": "Outbound"}'),
  tests.journaled('f', '2026-06-01 11:00Z', '{"businessNumber": {"number": "+12125550103"}}'),
  tests.journaled('g', '2026-06-01 11:00Z', '{"businessNumber": {"number": "+12125550177"}}')
);
select tests.act_as(agent) from story;
select results_eq(
  $$
    select line_id, external_number, last_message_at, last_inbound_at, unread_count, owner_id
    from tests.conversations order by last_message_at desc, line_id = (select given from story)
  $$,
  $$
    select given, '+12125550199', '2026-06-01 10:02Z'::timestamptz, '2026-06-01 10:02Z'::timestamptz, 2, null::uuid from story
    union all
    select other, '+12125550199', '2026-06-01 09:00Z', '2026-06-01 09:00Z', 1, null from story
    union all
    select given, '+12125550198', '2026-06-01 09:00Z', null, 0, null from story
  $$,
  'a line has one conversation with each number'
);
select results_eq(
  'select count(*)::int from public.messages m join public.conversations c on c.id = m.conversation_id and c.line_id = m.line_id',
  'values (5)',
  'each message is in one'
);
select tests.act_as(platform_admin) from story;
select results_eq(
  'select line_id from tests.messages where conversation_id is null', 'select null::uuid', 'but those to a number that nobody has'
);

-- Read and unread.
select tests.act_as_role('postgres');
update public.messages set created_at = now() - interval '1 hour' where provider_message_id = 'a';
update public.messages set created_at = now() - interval '1 minute' where provider_message_id = 'b';
select tests.act_as(agent) from story;
select is(pg_temp.read_through(now() - interval '1 hour'), '2 rows', 'an agent says what was read');
update public.conversations set read_through = now() - interval '1 hour';
select results_eq(
  'select unread_count from tests.conversations where external_number = ''+12125550199'' and line_id = (select given from story)',
  'values (1)', 'what came later is unread'
);
update public.conversations set read_through = now() - interval '1 minute';
select results_eq(
  'select sum(unread_count)::int from tests.conversations where line_id = (select given from story)', 'values (0)', 'or nothing is'
);
update public.conversations set read_through = null;
select results_eq(
  'select sum(unread_count)::int from tests.conversations where line_id = (select given from story)', 'values (2)', 'or all of it'
);
update public.conversations set read_through = now() + interval '1 year';
select results_eq('select distinct read_through from tests.conversations', 'values (now())', 'nobody has read what is still to come');
select tests.act_as_role('postgres');
select pg_temp.pull(tests.journaled('h', '2026-05-01 10:00Z', '{"text": "Late"}'));
update public.messages set created_at = now() + interval '1 second' where provider_message_id = 'h';
select private.refresh_conversations(array(select id from public.conversations));
select results_eq(
  'select unread_count, last_message_at from tests.conversations, story where line_id = given and external_number = ''+12125550199''',
  $$values (1, '2026-06-01 10:02Z'::timestamptz)$$, 'a message that comes here late is unread, however old'
);

-- Who cares for it.
create function pg_temp.give(p_member_id uuid) returns text
language sql as $$
  select tests.attempt(format('update public.conversations set owner_id = %L where line_id = %L', p_member_id, given)) from story
$$;
grant execute on function pg_temp.give(uuid) to public;
select tests.act_as(agent) from story;
select is(pg_temp.give(agent_member), '2 rows', 'an agent takes conversations') from story;
select is(pg_temp.give(admin_member), '2 rows', 'or gives them to an admin') from story;
select is(pg_temp.give(null), '2 rows', 'or to nobody');
select is(pg_temp.give(viewer_member), 'PT404 member_not_found', 'a viewer could not read it') from story;
select is(pg_temp.give(their_member), 'PT404 member_not_found', 'nor could others') from story;
select is(pg_temp.give(gen_random_uuid()), 'PT404 member_not_found', 'nor nobody');
select tests.act_as_role('postgres');
update public.conversations set owner_id = agent_member from story where line_id = given;
update public.org_members set deactivated_at = now() where id = (select agent_member from story);
select tests.act_as(manager) from story;
select is(pg_temp.give(agent_member), '2 rows', 'who has it keeps it') from story;
select is(pg_temp.read_through(now()), '2 rows', 'when others read it, too');
select is(pg_temp.give(manager_member), '2 rows', 'until somebody else takes it') from story;
update public.conversations set owner_id = manager_member from story where line_id = given;
select is(pg_temp.give(agent_member), 'PT404 member_not_found', 'and who is not there any more gets none') from story;

-- Nobody else, and nothing else.
select tests.act_as(viewer) from story;
select is_empty('select from tests.conversations', 'viewers read none');
select is(pg_temp.read_through(now()), '0 rows', 'and touch none');
select tests.act_as(their_admin) from story;
select results_eq('select line_id from tests.conversations', 'select theirs from story', 'others read theirs');
select is(pg_temp.give(null), '0 rows', 'and touch no other');
select is(tests.attempt('update public.conversations set opted_out_at = null'), '42501', 'whether one may write is not for them to say');
select is(tests.attempt('insert into public.conversations (id) values (gen_random_uuid())'), '42501', 'nobody makes one');
select is(tests.attempt('delete from public.conversations'), '42501', 'or takes one away');
select is(tests.attempt('update public.messages set body = ''Something else'''), '42501', 'nor puts words into anybody''s mouth');

select * from finish();
rollback;
