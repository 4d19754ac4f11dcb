begin;
select plan(21);

select tests.realtime();
create temporary table story on commit drop as
select
  w.*, tests.user() as outsider, tests.member(w.acme, 'agent') as deactivated, tests.member(w.acme, 'agent') as removed,
  tests.organization('Gone') as gone
from tests.two_organizations() w;
alter table story add gone_admin uuid;
update story set gone_admin = tests.member(gone, 'org_admin');
update public.organizations set archived_at = now() where id = (select gone from story);
update public.org_members set deactivated_at = now() where user_id = (select deactivated from story);
update public.org_members set deactivated_at = now(), removed_at = now() where user_id = (select removed from story);
grant select on story to public;
delete from realtime.messages;
insert into realtime.messages (topic, extension, event, payload)
values ('any', 'broadcast', 'changed', '{}'), ('any', 'presence', 'sync', '{}');

-- Realtime asks as the user whether they may read messages of a topic.
create function pg_temp.listens(p_topic text) returns text
language plpgsql as $$
begin
  perform set_config('realtime.topic', p_topic, true);
  return (select coalesce(string_agg(m.extension, ', '), 'no') from realtime.messages m);
end
$$;
grant execute on function pg_temp.listens(text) to public;

select results_eq(
  'select p.polname, p.polcmd, p.polpermissive, p.polroles from pg_catalog.pg_policy p where p.polrelid = ''realtime.messages''::regclass',
  $$values ('messages_select_members'::name, 'r'::"char", true, array['authenticated'::regrole::oid])$$,
  'one policy opens Realtime, to signed-in users, to listen'
);
select lives_ok('select private.open_realtime()', 'opening it again does nothing');
select is((select count(*)::int from pg_catalog.pg_policy p where p.polrelid = 'realtime.messages'::regclass), 1, 'there is one still');

select tests.act_as(viewer) from story;
select is(pg_temp.listens('org:' || acme), 'broadcast', 'a viewer listens to what is broadcast about the organization') from story;
select is(pg_temp.listens('org:' || globex), 'no', 'and to no other') from story;
select is(pg_temp.listens('org:' || private.holding_org_id()), 'no', 'not to nobody''s');
select is(pg_temp.listens('org:'), 'no', 'nor to all');
select is(pg_temp.listens(acme::text), 'no', 'nor by another name') from story;
select is(pg_temp.listens(null), 'no', 'nor to nothing');
select is(
  tests.attempt('insert into realtime.messages (topic, extension) select ''org:'' || acme, ''broadcast'' from story'), '42501',
  'and says nothing there'
);
select tests.act_as(agent) from story;
select is(pg_temp.listens('org:' || acme), 'broadcast', 'an agent listens') from story;
select tests.act_as(manager) from story;
select is(pg_temp.listens('org:' || acme), 'broadcast', 'and a manager') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.listens('org:' || acme), 'broadcast', 'and an admin') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.listens('org:' || acme), 'no', 'but not another organization''s') from story;
select tests.act_as(deactivated) from story;
select is(pg_temp.listens('org:' || acme), 'no', 'nor who was deactivated') from story;
select tests.act_as(removed) from story;
select is(pg_temp.listens('org:' || acme), 'no', 'or removed') from story;
select tests.act_as(gone_admin) from story;
select is(pg_temp.listens('org:' || gone), 'no', 'nor a member of an archived organization') from story;
select tests.act_as(outsider) from story;
select is(pg_temp.listens('org:' || acme), 'no', 'nor who belongs to none') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.listens('org:' || acme), 'broadcast', 'the operator listens to any') from story;

select tests.act_as_role('postgres');
update public.organizations set requires_second_factor = true where id = (select acme from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.listens('org:' || acme), 'no', 'where a second factor is required nobody listens without') from story;
select tests.act_as(org_admin, '{"aal": "aal2"}') from story;
select is(pg_temp.listens('org:' || acme), 'broadcast', 'and who has it does') from story;

select * from finish();
rollback;
