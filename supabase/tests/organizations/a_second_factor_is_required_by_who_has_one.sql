begin;
select plan(13);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.require(p_is_required boolean default true) returns text
language sql as $$
  select tests.attempt(format('update public.organizations set requires_second_factor = %L where id = %L', p_is_required, acme))
  from story
$$;
grant execute on function pg_temp.require(boolean) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.require(), 'PT403 second_factor_needed', 'who signed in without a second factor does not require one of others');
select tests.act_as(org_admin, '{"aal": "aal1"}') from story;
select is(pg_temp.require(), 'PT403 second_factor_needed', 'nor with one factor');
select is(pg_temp.require(false), '1 row', 'to say that none is required needs none');
select is(tests.attempt($$update public.organizations set name = 'x'$$), '1 row', 'nor does a name');
select tests.act_as(org_admin, '{"aal": "aal3"}') from story;
select is(pg_temp.require(), 'PT403 second_factor_needed', 'a level that there is not is not a second factor');
select tests.act_as(manager, '{"aal": "aal2"}') from story;
select is(pg_temp.require(), '0 rows', 'a manager requires none, whatever they signed in with');
select tests.act_as(their_admin, '{"aal": "aal2"}') from story;
select is(pg_temp.require(), '0 rows', 'nor does another organization''s admin');

select tests.act_as(org_admin, '{"aal": "aal2"}') from story;
select is(pg_temp.require(), '1 row', 'who signed in with two requires two');
update public.organizations set requires_second_factor = true;
select is(tests.attempt($$update public.organizations set name = 'x'$$), '1 row', 'and goes on');
select tests.act_as(org_admin, '{"aal": "aal1"}') from story;
select is(pg_temp.require(false), '0 rows', 'with one factor nobody takes it back');
select tests.act_as(org_admin, '{"aal": "aal2"}') from story;
select is(pg_temp.require(false), '1 row', 'with two they do');

select tests.act_as(platform_admin, '{"aal": "aal1"}') from story;
select is(pg_temp.require(false), '1 row', 'the operator takes it back for those who lost theirs');
update public.organizations set requires_second_factor = false where id = (select acme from story);
select is(pg_temp.require(), '1 row', 'and requires it for an organization that asks for it');

select * from finish();
rollback;
