begin;
select plan(30);

create temporary table people on commit drop as
select w.*, tests.member(w.acme, 'agent') as handler, tests.user() as outsider, tests.api_key(w.acme) as key
from tests.two_organizations() w;
create temporary table story on commit drop as
select
  p.*, tests.call(p.given) as given_call, tests.call(p.other) as other_call, tests.call(p.theirs) as their_call,
  (select m.id from public.org_members m where m.user_id = p.handler) as handler_member
from people p;
update public.calls c set member_ids = array[handler_member] from story where c.id = other_call;
insert into public.outcome_codes (org_id, code, label, retired_at)
select acme, 'sale', 'Sale', null from story
union all select acme, 'old', 'Retired', now() from story
union all select globex, 'theirs', 'Theirs', null from story;
grant select on story to public;
create function pg_temp.annotate(p_call_id uuid, p_code text default null, p_tags text[] default null) returns text
language sql as $$select tests.attempt(format('select public.annotate_call(%L, %L, %L)', p_call_id, p_code, p_tags))$$;
create function pg_temp.annotate_with(p_key uuid, p_call_id uuid) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_key(p_key);
  v_said := pg_temp.annotate(p_call_id, 'sale');
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
grant execute on function pg_temp.annotate(uuid, text, text[]) to public;

select tests.act_as_role('postgres');
select is(pg_temp.annotate_with(key, given_call), '42501', 'an API key says nothing about a call') from story;
select tests.act_as_role('anon');
select is(pg_temp.annotate(given_call, 'sale'), '42501', 'nor does who has not signed in') from story;
select tests.act_as(outsider) from story;
select is(pg_temp.annotate(given_call, 'sale'), 'PT404 call_not_found', 'for an outsider there is no such call') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.annotate(given_call, 'sale'), 'PT403 role_not_sufficient', 'a viewer, who reads it, may not') from story;
select tests.act_as(agent) from story;
select is(pg_temp.annotate(given_call, 'sale'), '1 row', 'an agent says what came of a call on a given line') from story;
select is(pg_temp.annotate(other_call, 'sale'), 'PT404 call_not_found', 'not on another') from story;
select is(pg_temp.annotate(their_call, 'sale'), 'PT404 call_not_found', 'nor of another organization') from story;
select is(pg_temp.annotate(gen_random_uuid(), 'sale'), 'PT404 call_not_found', 'as little as where there is none');
select tests.act_as(handler) from story;
select is(pg_temp.annotate(other_call, 'sale'), '1 row', 'who handled a call does') from story;
select tests.act_as(manager) from story;
select is(pg_temp.annotate(given_call, 'sale'), '1 row', 'a manager on given lines') from story;
select is(pg_temp.annotate(other_call, 'sale'), 'PT404 call_not_found', 'and on no other') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.annotate(other_call, 'sale'), '1 row', 'an admin on any of the organization') from story;
select is(pg_temp.annotate(their_call, 'theirs'), 'PT404 call_not_found', 'and of no other') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.annotate(their_call, 'theirs'), '1 row', 'the operator on all') from story;
select is(pg_temp.annotate(their_call, 'sale'), 'PT422 outcome_code_unknown', 'with the codes of its organization') from story;

select tests.act_as(agent) from story;
select is(pg_temp.annotate(given_call, 'theirs'), 'PT422 outcome_code_unknown', 'another organization''s code is unknown') from story;
select is(pg_temp.annotate(given_call, 'old'), 'PT422 outcome_code_unknown', 'a retired one is chosen no more') from story;
select is(pg_temp.annotate(given_call, null, array['x', null]), 'PT422 tag_invalid', 'a tag is a word') from story;
select is(pg_temp.annotate(given_call, null, array[' ']), 'PT422 tag_invalid', 'that can be seen') from story;
select is(pg_temp.annotate(given_call, null, array[repeat('x', 41)]), 'PT422 tag_invalid', 'and is short') from story;
select is(
  pg_temp.annotate(given_call, null, array(select 'tag' || n from generate_series(1, 21) n)), 'PT422 tag_invalid', 'twenty at most'
) from story;
select results_eq(
  'select a.outcome_code, a.tags, a.updated_by
  from story, public.annotate_call(given_call, ''sale'', array['' VIP'', ''urgent'', ''vip'']) a',
  'select ''sale'', array[''urgent'', ''vip''], agent from story', 'tags are kept once, in lower case'
);
select tests.act_as(manager) from story;
select results_eq(
  'select a.outcome_code, a.tags, a.updated_by from story, public.annotate_call(given_call, p_tags => array[''vip'']) a',
  'select ''sale'', array[''vip''], manager from story', 'what is left out stays'
);
select tests.act_as_role('postgres');
update public.outcome_codes set retired_at = now() where code = 'sale';
select tests.act_as(manager) from story;
select is(
  pg_temp.annotate(given_call, 'sale', array['vip', 'again']), '1 row', 'a code that was retired may be sent with the call that has it'
) from story;
select is(
  (select string_agg(c.id::text, ', ') from public.calls c join public.call_annotations a on a.call_id = c.id where a.tags @> array['vip']),
  (select given_call::text from story), 'calls are found by their tags'
);
select tests.act_as(viewer) from story;
select results_eq('select a.outcome_code from public.call_annotations a', $$values ('sale')$$, 'a viewer reads what was said');
select is(tests.attempt('update public.call_annotations set outcome_code = null'), '42501', 'nobody writes the table itself');
select tests.act_as(handler) from story;
select is_empty('select from public.call_annotations', 'who does not read the call does not read that either');
select tests.act_as(agent) from story;
select results_eq(
  'select a.outcome_code, a.tags from story, public.annotate_call(given_call, '''', ''{}'') a',
  $$values (null::text, '{}'::text[])$$, 'all of it can be taken back'
);
select tests.act_as(org_admin) from story;
select results_eq(
  $$select e.action, e.actor_id from public.audit_entries e where e.resource = 'call_annotations' order by e.id$$,
  $$
    select 'insert', agent from story union all select 'update', manager from story union all select 'update', agent from story
  $$, 'the trail tells who said what'
);

select * from finish();
rollback;
