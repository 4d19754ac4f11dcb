begin;
select plan(9);

create temporary table story on commit drop as select *, tests.user() as outsider from tests.two_organizations();
alter table story add key uuid;
update story set key = tests.api_key(acme);
grant select on story to public;
create function pg_temp.last() returns text
language sql as $$
  select format('%s %s %s', e.actor_kind, e.actor_id, e.actor) from public.audit_entries e order by e.id desc limit 1
$$;

select tests.act_as(org_admin) from story;
update public.organizations set name = 'Acme Ltd';
select tests.act_as_role('postgres');
select is(pg_temp.last(), format('user %s %s@example.com', org_admin, org_admin), 'a user is named by their address') from story;
select tests.act_as(platform_admin) from story;
select public.archive_organization(globex) from story;
select tests.act_as_role('postgres');
select is(pg_temp.last(), format('user %s %s@example.com', platform_admin, platform_admin), 'also the operator''s people') from story;
select tests.act_as(org_admin, '{"email": "liar@example.com", "role": "authenticated"}') from story;
update public.organizations set name = 'Acme';
select tests.act_as_role('postgres');
select is(pg_temp.last(), format('user %s %s@example.com', org_admin, org_admin), 'whatever their token says') from story;

update auth.users set email = 'new@example.com' where id = (select org_admin from story);
select is(
  (select count(distinct e.actor)::int from public.audit_entries e join story s on e.actor_id = s.org_admin), 1, 'as it was then'
);
select tests.act_as(org_admin) from story;
update public.organizations set name = 'Acme Ltd';
select tests.act_as_role('postgres');
select is(pg_temp.last(), format('user %s new@example.com', org_admin), 'and as it is now') from story;

-- Whatever a key will come to change is told as its own doing.
select set_config('victorysync.api_key_id', key::text, true) from story;
update public.organizations set name = 'Acme' where id = (select acme from story);
select is(pg_temp.last(), format('api_key %s vsk_%s', key, left(key::text, 8)), 'a key is named by how it begins') from story;

select tests.act_as_role('postgres');
update public.organizations set name = 'Acme Ltd' where id = (select acme from story);
select is(pg_temp.last(), 'process  ' || session_user, 'a program, or who works on the database, by its role');
select tests.act_as_role('service_role');
select is(tests.attempt('update public.organizations set name = ''x'''), '42501', 'the service key changes nothing that could be told');

-- Once somebody has gone, what they did is still theirs.
select tests.act_as_role('postgres');
select tests.act_as(manager) from story;
update public.lines set label = 'Sales';
select tests.act_as_role('postgres');
delete from auth.users where id = (select manager from story);
select is(
  (select count(*)::int from public.audit_entries e join story s on e.actor_id = s.manager where e.actor is not null), 1,
  'what somebody did stays theirs when they are gone'
);

select * from finish();
rollback;
