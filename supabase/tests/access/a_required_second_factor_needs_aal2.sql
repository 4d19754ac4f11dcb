begin;
select plan(10);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
select tests.call(given) from story;
update public.organizations set requires_second_factor = true where id = (select acme from story);

select tests.act_as(org_admin) from story;
select is_empty('select from public.calls', 'without a word about it, a session has no second factor');
select is_empty('select from public.organizations', 'and does not see the organization');

select tests.act_as(org_admin, '{"aal": "aal1"}') from story;
select is_empty('select from public.calls', 'one factor is not enough to read');
select is(tests.attempt($$update public.lines set label = 'x'$$), '0 rows', 'nor to write');

select tests.act_as(org_admin, '{"aal": "aal2"}') from story;
select isnt_empty('select from public.calls', 'two are enough to read');
select is(tests.attempt($$update public.lines set label = 'x'$$), '2 rows', 'and to write');

select tests.act_as(agent, '{"aal": "aal1"}') from story;
select is_empty('select from public.calls', 'the same holds for an agent');
select tests.act_as(agent, '{"aal": "aal2"}') from story;
select isnt_empty('select from public.calls', 'who signs in with two');

select tests.act_as(their_admin, '{"aal": "aal1"}') from story;
select isnt_empty('select from public.organizations', 'another organization asks for none');
select tests.act_as(platform_admin, '{"aal": "aal1"}') from story;
select isnt_empty('select from public.calls', 'an organization''s setting does not bind the operator');

select * from finish();
rollback;
