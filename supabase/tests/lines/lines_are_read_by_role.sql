begin;
select plan(6);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;

select tests.act_as(viewer) from story;
select set_eq('select id from public.lines', 'select unnest(array[given, other]) from story', 'a viewer reads the organization''s lines');
select tests.act_as(agent) from story;
select results_eq('select id from public.lines', 'select given from story', 'an agent those given to them');
select tests.act_as(manager) from story;
select results_eq('select id from public.lines', 'select given from story', 'a manager too');
select tests.act_as(org_admin) from story;
select set_eq('select id from public.lines', 'select unnest(array[given, other]) from story', 'an admin all of the organization');
select tests.act_as(their_admin) from story;
select results_eq('select id from public.lines', 'select theirs from story', 'each organization its own');
select tests.act_as(platform_admin) from story;
select set_eq('select id from public.lines', 'select unnest(array[given, other, theirs]) from story', 'the operator all');

select * from finish();
rollback;
