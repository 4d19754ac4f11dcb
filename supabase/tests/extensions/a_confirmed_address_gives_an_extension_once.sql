begin;
select plan(22);

create temporary table story on commit drop as
select
  w.*, tests.user_at('ann@example.com') as ann, tests.user_at('bob@example.com', false) as bob, tests.user_at('cid@example.com') as cid,
  tests.user_at('dan@example.com') as dan, tests.user_at('eve@example.com') as eve, tests.user_at('fay@example.com') as fay
from tests.two_organizations() w;
-- Bob has not confirmed the address, Cid was deactivated, Dan is Globex's, Eve has two extensions, Fay one already.
alter table story add ann_member uuid, add fay_member uuid;
update story set ann_member = tests.join(ann, acme, 'agent'), fay_member = tests.join(fay, acme, 'agent');
select tests.join(bob, acme, 'agent'), tests.join(cid, acme, 'agent'), tests.join(dan, globex, 'agent'), tests.join(eve, acme, 'agent')
from story;
update public.org_members set deactivated_at = now() where user_id = (select cid from story);
insert into public.member_extensions (org_id, member_id, integration_id, extension)
select acme, fay_member, acme_account, '199' from story;
grant select on story to public;
create function pg_temp.team(p_minute int, variadic p_said text[]) returns void
language sql as $$
  select private.apply_team(s.acme_account, array(
    select jsonb_build_object('extension', split_part(t, ' ', 1), 'name', 'Ann', 'email', nullif(split_part(t, ' ', 2), ''))
    from unnest(p_said) t
  ), now() + make_interval(mins => p_minute))
  from story s
$$;
-- Who holds what now, as an admin sees it.
create function pg_temp.held() returns text
language plpgsql as $$
declare
  v_held text;
begin
  perform tests.act_as(org_admin) from story;
  select string_agg(concat_ws(' ', e.extension, split_part(p.email, '@', 1)), ', ' order by e.extension) into v_held
  from public.member_extensions e
  join public.org_members m on m.id = e.member_id
  join public.profiles p on p.user_id = m.user_id
  where e.period @> now();
  perform tests.act_as_role('postgres');
  return v_held;
end
$$;
select pg_temp.held();

select pg_temp.team(
  0, '101 ANN@example.com', '102 bob@example.com', '103 cid@example.com', '104 dan@example.com', '105 eve@example.com',
  '106 eve@example.com',
  '107 fay@example.com', '108', '109 stranger@example.com'
);
select is(
  pg_temp.held(), '101 ann, 199 fay',
  'a confirmed address of one active member gives the one extension that names it; nothing else gives anything'
);
select is(
  (select lower(e.period) from public.member_extensions e where e.extension = '101'), now(), 'from now on, not for what was before'
);
select results_eq(
  $$select e.actor_kind, e.details -> 'after' ->> 'extension' from public.audit_entries e where e.resource = 'member_extensions'
  and e.details -> 'after' ->> 'extension' = '101'$$,
  $$values ('process', '101')$$, 'it stands in the trail'
);

-- Admins have the last word.
select tests.act_as(org_admin) from story;
select is(public.set_member_extension(ann_member, acme_account), null, 'an admin takes it away') from story;
select tests.act_as_role('postgres');
select pg_temp.team(1, '101 ann@example.com');
select is(pg_temp.held(), '199 fay', 'the next list does not give it back');
select pg_temp.team(2, '101 new@example.com');
select pg_temp.team(3, '101 ann@example.com');
select is(pg_temp.held(), '101 ann, 199 fay', 'a list that named somebody else in between does');
select tests.act_as(org_admin) from story;
select public.set_member_extension(ann_member, acme_account, '150') from story;
select tests.act_as_role('postgres');
select pg_temp.team(4, '101 new@example.com');
select pg_temp.team(5, '101 ann@example.com');
select is(pg_temp.held(), '150 ann, 199 fay', 'whom an admin gave another extension keeps that one');

-- Later.
update auth.users set email_confirmed_at = now() where id = (select bob from story);
update public.org_members set deactivated_at = null where user_id = (select cid from story);
select pg_temp.team(6, '101 ann@example.com');
select is(pg_temp.held(), '102 bob, 103 cid, 150 ann, 199 fay', 'who confirms, or comes back, gets theirs with the next list');
update public.member_extensions set period = tstzrange(null, now() - interval '1 day') where extension = '199';
insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
select acme, fay_member, acme_account, '198', tstzrange(now() + interval '1 day', null) from story;
select pg_temp.team(7, '107 fay@example.com');
select is(pg_temp.held(), '102 bob, 103 cid, 150 ann', 'who is promised one is not given another until then');
delete from public.member_extensions where extension = '198';
select pg_temp.team(7, '107 fay@example.com');
select is(pg_temp.held(), '102 bob, 103 cid, 107 fay, 150 ann', 'who holds none any more gets the one that was named all along');
delete from public.member_extensions where extension = '107';
select private.unlist_missing(acme_account, 'team', now() + interval '1 day') from story;
select pg_temp.team(8, '108');
select is(pg_temp.held(), '102 bob, 103 cid, 150 ann', 'what is listed no more gives nothing');

-- What Ann's extension does not take from somebody: it had a holder when it was named.
insert into public.member_extensions (org_id, member_id, integration_id, extension) select acme, agent_member, acme_account, '120'
from story;
select pg_temp.team(1500, '120 fay@example.com');
select is((select count(*)::int from public.member_extensions e where e.extension = '120'), 1, 'what somebody holds goes to nobody else');

-- A platform-wide account names nobody: its organization has no members.
select private.apply_team(platform_account, array['{"extension": "101", "email": "ann@example.com"}'::jsonb], now()) from story;
select is_empty(
  'select from public.member_extensions e where e.integration_id = (select platform_account from story)',
  'on a platform-wide account the operator says who has which extension'
);

-- Suggestions, for admins: by name, and by an address that proves nothing yet.
update public.profiles set full_name = ' gus ' where user_id = (select eve from story);
select private.apply_team(acme_account, array[
  '{"extension": "130", "name": "Gus"}'::jsonb, '{"extension": "131", "name": "Nobody"}'::jsonb,
  '{"extension": "102", "name": "Gus"}'::jsonb
], now() + interval '2 days') from story;
select tests.act_as(org_admin) from story;
select results_eq(
  'select s.extension, s.matched_by, s.member_id = (select m.id from public.org_members m where m.user_id = eve)
  from public.extension_suggestions s, story',
  $$values ('130' collate "C", 'name', true)$$, 'an admin is told who may be meant by an extension that nobody holds'
);
select is(
  tests.attempt('insert into public.extension_suggestions (extension) values (''1'')'), '42501', 'and writes nothing there'
);
select tests.act_as(manager) from story;
select is_empty('select from public.extension_suggestions', 'a manager is not told');
select tests.act_as(agent) from story;
select is_empty('select from public.extension_suggestions', 'nor an agent');
select tests.act_as(viewer) from story;
select is_empty('select from public.extension_suggestions', 'nor a viewer');
select tests.act_as(their_admin) from story;
select is_empty('select from public.extension_suggestions', 'nor another organization');
select tests.act_as(org_admin) from story;
select isnt(
  public.set_member_extension(s.member_id, s.integration_id, s.extension), null, 'an admin confirms it'
) from public.extension_suggestions s;
select is_empty('select from public.extension_suggestions', 'then nothing is left to suggest');

-- Calls that began since are the new holder's, though they came in before it was known.
select tests.act_as_role('postgres');
select private.unlist_missing(acme_account, 'team', now() + interval '3 days') from story;
select private.apply_calls(acme_account, array[
  tests.listed('c', now() + interval '1 minute', '{"called": [{"extension": "140", "isConnected": true}]}')::jsonb
], now()) from story;
select private.apply_team(acme_account, array['{"extension": "140", "email": "fay@example.com"}'::jsonb], now() + interval '3 days')
from story;
select tests.act_as(fay) from story;
select results_eq(
  'select c.provider_call_id from public.calls c', $$values ('c' collate "C")$$, 'a call that began just now is attributed'
);

select * from finish();
rollback;
