begin;
select plan(8);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
select is(to_regnamespace('realtime'), null, 'there is no Realtime here');
select lives_ok('select private.tell_changed(array[acme, globex]) from story', 'then nobody is told anything');
select lives_ok('select private.open_realtime()', 'and nothing is opened');
select lives_ok('select tests.call(given) from story', 'calls come');
select tests.act_as(org_admin) from story;
select lives_ok('update public.lines set label = ''Sales''', 'lines are labelled');
select lives_ok('select public.set_member_role(agent_member, ''viewer'') from story', 'members change');
select lives_ok('select public.request_sync(acme) from story', 'and pulls are asked for, all the same');

-- Half of it is not enough.
select tests.act_as_role('postgres');
create schema realtime;
create table realtime.messages (topic text);
select lives_ok('select tests.call(given) from story', 'nor is it there when only its table is');

select * from finish();
rollback;
