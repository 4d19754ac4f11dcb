begin;
select plan(19);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.give(p_org uuid, p_member uuid, p_account uuid, p_extension text, p_period text default '(,)') returns text
language sql as $$
  select tests.attempt(format(
    'insert into public.member_extensions (org_id, member_id, integration_id, extension, period) values (%L, %L, %L, %L, %L)',
    p_org, p_member, p_account, p_extension, p_period
  ))
$$;
grant execute on function pg_temp.give(uuid, uuid, uuid, text, text) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.give(acme, agent_member, acme_account, '101'), '1 row', 'an admin gives an extension of the own account') from story;
select is(
  pg_temp.give(acme, agent_member, platform_account, '101'), '42501', 'not one of a platform-wide account, which others share'
) from story;
select is(pg_temp.give(acme, agent_member, globex_account, '101'), '42501', 'nor of another organization''s') from story;
select is(pg_temp.give(globex, agent_member, globex_account, '101'), '42501', 'nor elsewhere') from story;
select is(pg_temp.give(acme, agent_member, acme_account, '  '), '23514', 'an extension is not blank') from story;
select is(pg_temp.give(acme, agent_member, acme_account, '101', 'empty'), '23514', 'nor held for no time') from story;
select is(pg_temp.give(acme, gen_random_uuid(), acme_account, '101'), '23503', 'nor by somebody unknown') from story;

select tests.act_as(manager) from story;
select is(pg_temp.give(acme, agent_member, acme_account, '101'), '42501', 'a manager gives none') from story;
select tests.act_as(agent) from story;
select is(pg_temp.give(acme, agent_member, acme_account, '101'), '42501', 'an agent gives none') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.give(acme, agent_member, acme_account, '101'), '42501', 'a viewer gives none') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.give(acme, agent_member, acme_account, '101'), '42501', 'another organization''s admin gives none') from story;

select tests.act_as(platform_admin) from story;
select is(pg_temp.give(acme, agent_member, platform_account, '101'), '1 row', 'the operator gives those that are shared') from story;
insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
select acme, agent_member, platform_account, '101', '[2026-01-01,2026-02-01)' from story;
select is(
  pg_temp.give(acme, manager_member, platform_account, '101', '[2026-01-31,2026-03-01)'), '23P01', 'one extension has one holder at a time'
) from story;
select is(
  pg_temp.give(acme, manager_member, platform_account, '101', '[2026-02-01,2026-03-01)'), '1 row', 'and may have another afterwards'
) from story;
select is(tests.attempt('delete from public.member_extensions'), '42501', 'who held what is not undone');

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
