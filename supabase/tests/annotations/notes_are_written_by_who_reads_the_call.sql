begin;
select plan(31);

create temporary table people on commit drop as
select w.*, tests.member(w.acme, 'agent') as handler, tests.api_key(w.acme, array['calls:read']) as key from tests.two_organizations() w;
create temporary table story on commit drop as
select
  p.*, tests.call(p.given) as given_call, tests.call(p.other) as other_call, tests.call(p.theirs) as their_call,
  (select m.id from public.org_members m where m.user_id = p.handler) as handler_member
from people p;
update public.calls c set member_ids = array[handler_member] from story where c.id = other_call;
grant select on story to public;
create function pg_temp.note(p_org_id uuid, p_call_id uuid, p_body text default 'Will call back') returns text
language sql as $$
  select tests.attempt(format('insert into public.call_notes (org_id, call_id, body) values (%L, %L, %L)', p_org_id, p_call_id, p_body))
$$;
create function pg_temp.read_with(p_key uuid) returns text
language plpgsql as $$
declare
  v_read text;
begin
  perform tests.act_as_key(p_key);
  select string_agg(n.body, ', ' order by n.body) into v_read from public.call_notes n;
  v_read := concat_ws(' ', v_read, tests.attempt('delete from public.call_notes'));
  perform tests.act_as_role('postgres');
  return v_read;
end
$$;
grant execute on function pg_temp.note(uuid, uuid, text) to public;

select tests.act_as_role('anon');
select is(pg_temp.note(acme, given_call), '42501', 'who has not signed in writes no note') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.note(acme, given_call), '42501', 'nor does a viewer, who reads the call') from story;
select tests.act_as(agent) from story;
select is(pg_temp.note(acme, given_call), '1 row', 'an agent writes about a call on a given line') from story;
select is(pg_temp.note(acme, other_call), '42501', 'not about one on another line') from story;
select is(pg_temp.note(globex, their_call), '42501', 'nor another organization''s') from story;
select is(pg_temp.note(acme, their_call), '42501', 'by another name neither') from story;
select is(pg_temp.note(acme, gen_random_uuid()), '42501', 'or one that there is not') from story;
select is(pg_temp.note(acme, given_call, ' '), '23514', 'a note says something') from story;
select is(pg_temp.note(acme, given_call, repeat('x', 4001)), '23514', 'and not too much') from story;
select is(
  tests.attempt(format(
    'insert into public.call_notes (org_id, call_id, body, author) values (%L, %L, ''x'', %L)', acme, given_call, manager
  )), '42501', 'nobody writes in another''s name'
) from story;
select tests.act_as(handler) from story;
select is(pg_temp.note(acme, other_call), '1 row', 'who handled a call writes about it') from story;
select is(pg_temp.note(acme, given_call), '42501', 'and about no other') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.note(acme, other_call), '1 row', 'an admin writes about any call of the organization') from story;
select is(pg_temp.note(acme, their_call), '42501', 'and of no other') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.note(globex, their_call), '1 row', 'the operator about any') from story;
select is(pg_temp.note(acme, their_call), '42501', 'in its organization') from story;

-- What is written.
select tests.act_as(agent) from story;
insert into public.call_notes (org_id, call_id, body) select acme, given_call, 'The agent''s' from story;
select tests.act_as(manager) from story;
insert into public.call_notes (org_id, call_id, body) select acme, given_call, 'The manager''s' from story;
select tests.act_as(their_admin) from story;
insert into public.call_notes (org_id, call_id, body) select globex, their_call, 'Theirs' from story;
select results_eq('select n.body from public.call_notes n', $$values ('Theirs')$$, 'notes are read by who reads the call');
select tests.act_as(viewer) from story;
select results_eq(
  'select n.body, n.author from public.call_notes n order by n.body',
  $$select 'The agent''s', agent from story union all select 'The manager''s', manager from story$$, 'a viewer too'
);
select is(tests.attempt('update public.call_notes set body = ''No'''), '0 rows', 'who changes none');
select is(tests.attempt('delete from public.call_notes'), '0 rows', 'and removes none');
select tests.act_as(handler) from story;
select is_empty('select from public.call_notes', 'who does not read the call reads no note');
select tests.act_as_role('postgres');
select is(pg_temp.read_with(key), 'The agent''s, The manager''s 42501', 'an API key with calls:read reads them and no more') from story;
select tests.act_as(org_admin) from story;
select is(tests.attempt('update public.call_notes set body = ''No'''), '0 rows', 'not even an admin changes what somebody else wrote');
select is(tests.attempt('delete from public.call_notes'), '0 rows', 'or removes it');
select tests.act_as(agent) from story;
select is(tests.attempt('update public.call_notes set body = ''Mine'''), '1 row', 'one changes one''s own');
select is(tests.attempt('delete from public.call_notes'), '1 row', 'and removes it');
select is(tests.attempt('update public.call_notes set call_id = gen_random_uuid()'), '42501', 'where it belongs stays');
select is(tests.attempt('update public.call_notes set author = gen_random_uuid()'), '42501', 'and whose it is');
update public.call_notes set body = 'Mine' where body = 'The agent''s';
select tests.act_as(org_admin) from story;
select results_eq(
  $$
    select e.action, e.actor_id, e.details -> 'after' ->> 'body'
    from public.audit_entries e where e.resource = 'call_notes' order by e.id
  $$,
  $$
    select v.action, case v.who when 1 then agent else manager end, v.body
    from story
    cross join (values (1, 'insert', 'The agent''s'), (2, 'insert', 'The manager''s'), (1, 'update', 'Mine')) v (who, action, body)
  $$, 'the trail tells who wrote what'
);

-- Who may not write about the call any more does not change the own note either.
select tests.act_as_role('postgres');
delete from public.member_lines where member_id = (select agent_member from story);
select tests.act_as(agent) from story;
select is(tests.attempt('update public.call_notes set body = ''Still here'''), '0 rows', 'who lost the line changes nothing on it');
select tests.act_as_role('postgres');
update public.org_members set role = 'viewer' where id = (select manager_member from story);
select tests.act_as(manager) from story;
select is(tests.attempt('delete from public.call_notes'), '0 rows', 'nor does who became a viewer');

select * from finish();
rollback;
