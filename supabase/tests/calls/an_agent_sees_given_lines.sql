begin;
select plan(4);

create temporary table story on commit drop as
with things as (
  select tests.organization('Acme') as acme, tests.integration() as integration
),
lines as (
  select
    acme,
    tests.line(acme, tests.phone_number(integration, '+12125550101')) as given,
    tests.line(acme, tests.phone_number(integration, '+12125550102')) as other
  from things
)
select acme, given, other, tests.member(acme, 'agent', array[given]) as agent, tests.member(acme, 'viewer') as viewer
from lines;
grant select on story to public;

select tests.call(given), tests.call(other) from story;

select tests.act_as(agent) from story;
select results_eq(
  'select line_id from public.calls', 'select given from story', 'an agent sees the calls of the lines given to them'
);
select results_eq('select id from public.lines', 'select given from story', 'and those lines alone');

select tests.act_as(viewer) from story;
select is((select count(*)::int from public.calls), 2, 'a viewer sees the whole organization');

select tests.act_as_role('anon');
select throws_ok('select * from public.calls', '42501', null, 'anonymous callers see nothing');

select * from finish();
rollback;
