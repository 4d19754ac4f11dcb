begin;
select plan(9);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
select tests.call(given) from story;
update public.organizations set archived_at = now() where id = (select acme from story);

select tests.act_as(viewer) from story;
select is_empty('select from public.organizations', 'a viewer of an archived organization does not see it');
select is_empty('select from public.calls', 'nor its calls');

select tests.act_as(agent) from story;
select is_empty('select from public.calls', 'nor does an agent');

select tests.act_as(org_admin) from story;
select is_empty('select from public.calls', 'nor an admin');
select is(tests.attempt($$update public.lines set label = 'x'$$), '0 rows', 'who writes nothing either');

select tests.act_as(platform_admin) from story;
select isnt_empty('select from public.organizations where id = (select acme from story)', 'the operator reads it');
select isnt_empty('select from public.calls', 'and its calls');

select tests.act_as_role('postgres');
update public.organizations set archived_at = null where id = (select acme from story);
select tests.act_as(viewer) from story;
select isnt_empty('select from public.calls', 'unarchiving gives everything back');

select tests.act_as(their_admin) from story;
select results_eq('select id from public.organizations', 'select globex from story', 'another organization never noticed');

select * from finish();
rollback;
