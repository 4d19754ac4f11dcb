begin;
select plan(6);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
select tests.call(given) from story;

select tests.act_as(null);
select is_empty('select from public.calls', 'a token without a subject sees no call');
select is_empty('select from public.organizations', 'no organization');
select is_empty('select from public.profiles', 'and no profile');

select tests.act_as(gen_random_uuid());
select is_empty('select from public.organizations', 'nor does the token of somebody who is no longer there');

select set_config('request.jwt.claims', '', true);
select is_empty('select from public.organizations', 'nor a request with empty claims');
select ok(not private.is_platform_admin(), 'and nobody is not the operator');

select * from finish();
rollback;
