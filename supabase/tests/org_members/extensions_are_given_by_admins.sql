begin;
select plan(27);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.give(p_member uuid, p_account uuid, p_extension text, p_from timestamptz default now()) returns text
language sql as $$
  select tests.attempt(format('select public.set_member_extension(%L, %L, %L, %L)', p_member, p_account, p_extension, p_from))
$$;
grant execute on function pg_temp.give(uuid, uuid, text, timestamptz) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.give(agent_member, acme_account, '101'), '1 row', 'an admin gives an extension of the own account') from story;
select is(
  pg_temp.give(agent_member, platform_account, '101'), 'PT404 integration_not_found',
  'not one of a platform-wide account, which others share'
) from story;
select is(
  pg_temp.give(agent_member, globex_account, '101'), 'PT404 integration_not_found', 'nor of another organization''s'
) from story;
select is(
  pg_temp.give(agent_member, gen_random_uuid(), '101'), 'PT404 integration_not_found', 'which is not told from none at all'
) from story;
select is(pg_temp.give(their_member, acme_account, '101'), 'PT404 member_not_found', 'nor to somebody elsewhere') from story;
select is(pg_temp.give(agent_member, acme_account, '  '), 'PT422 extension_invalid', 'an extension is not blank') from story;
select is(pg_temp.give(agent_member, acme_account, ''), 'PT422 extension_invalid', 'nor empty') from story;
select is(pg_temp.give(agent_member, acme_account, repeat('1', 41)), 'PT422 extension_invalid', 'nor endless') from story;
select is(pg_temp.give(agent_member, acme_account, repeat('1', 40)), '1 row', 'though it may be long') from story;
select is(
  tests.attempt(format(
    'insert into public.member_extensions (org_id, member_id, integration_id, extension) values (%L, %L, %L, ''101'')',
    acme, agent_member, acme_account
  )), '42501', 'there is no other way to give one'
) from story;
select is(tests.attempt('update public.member_extensions set extension = ''102'''), '42501', 'nor to change one');
select is(tests.attempt('delete from public.member_extensions'), '42501', 'who held what is not undone');


select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where id in (select unnest(array[viewer_member, manager_member]) from story);
update public.org_members set removed_at = now() where id = (select viewer_member from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.give(manager_member, acme_account, '101'), '1 row', 'who was deactivated is given one for later') from story;
select is(pg_temp.give(viewer_member, acme_account, '101'), 'PT404 member_not_found', 'who was removed is not') from story;
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = null, removed_at = null;

select tests.act_as(manager) from story;
select is(pg_temp.give(agent_member, acme_account, '101'), 'PT404 member_not_found', 'a manager gives none') from story;
select tests.act_as(agent) from story;
select is(pg_temp.give(agent_member, acme_account, '101'), 'PT404 member_not_found', 'an agent gives none') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.give(agent_member, acme_account, '101'), 'PT404 member_not_found', 'a viewer gives none') from story;
select tests.act_as(their_admin) from story;
select is(
  pg_temp.give(agent_member, acme_account, '101'), 'PT404 member_not_found', 'another organization''s admin gives none'
) from story;
select is(
  pg_temp.give(agent_member, globex_account, '101'), 'PT404 member_not_found', 'not even of their own account'
) from story;
select tests.act_as_role('anon');
select is(pg_temp.give(agent_member, acme_account, '101'), '42501', 'nor does anybody who is not signed in') from story;

select tests.act_as(platform_admin) from story;
select is(pg_temp.give(agent_member, platform_account, '101'), '1 row', 'the operator gives those that are shared') from story;
select is(pg_temp.give(agent_member, acme_account, '101'), '1 row', 'and those of an organization''s own account') from story;
select is(
  pg_temp.give(agent_member, globex_account, '101'), 'PT404 integration_not_found', 'but not of another''s'
) from story;
select public.set_member_extension(agent_member, platform_account, '101') from story;

select tests.act_as(agent) from story;
select isnt_empty('select from public.member_extensions', 'an agent reads the extensions of the organization');
select tests.act_as(viewer) from story;
select is_empty('select from public.member_extensions', 'a viewer only their own');
select tests.act_as(their_admin) from story;
select is_empty('select from public.member_extensions', 'another organization''s admin does not');

select tests.act_as_role('postgres');
insert into public.member_extensions (org_id, member_id, integration_id, extension)
select s.acme, m.id, s.platform_account, '109' from story s join public.org_members m on m.user_id = s.viewer;
select tests.act_as(viewer) from story;
select results_eq('select extension from public.member_extensions', $$values ('109')$$, 'which they do read');

select * from finish();
rollback;
