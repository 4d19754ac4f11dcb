begin;
select plan(7);

-- A viewer at Acme who is an agent at Globex, on its one line.
create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
select tests.join(viewer, globex, 'agent', array[theirs]) from story;
select tests.line(globex, tests.phone_number(platform_account, '+12125550104')) from story;
select tests.call(id) from public.lines;

select tests.act_as(viewer) from story;
select set_eq('select id from public.organizations', 'select unnest(array[acme, globex]) from story', 'they see both organizations');
select set_eq(
  'select line_id from public.calls', 'select unnest(array[given, other, theirs]) from story',
  'all calls where they view, those of the given line where they are an agent'
);
select is(
  (select count(*)::int from public.org_members where org_id = (select story.acme from story)), 1, 'as a viewer they read only themselves'
);
select is(
  (select count(*)::int from public.org_members where org_id = (select story.globex from story)), 2, 'as an agent their colleagues'
);
select is(tests.attempt($$update public.lines set label = 'x'$$), '0 rows', 'neither role labels lines');

-- An agent at Acme who administers Globex.
select tests.act_as_role('postgres');
select tests.join(agent, globex, 'org_admin') from story;
select tests.act_as(agent) from story;
select is(
  tests.attempt($$update public.lines set label = 'x'$$), '2 rows', 'an admin elsewhere labels lines there, not where they are an agent'
);
select results_eq(
  'select org_id, count(*)::int from public.calls group by 1 order by 2, 1',
  'select acme, 1 from story union all select globex, 2 from story order by 2, 1', 'and reads in full there alone'
);

select * from finish();
rollback;
