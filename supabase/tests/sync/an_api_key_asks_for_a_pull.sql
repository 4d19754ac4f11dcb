begin;
select plan(15);

create temporary table story on commit drop as
select
  w.*, tests.api_key(w.acme, array['sync:request']) as key,
  tests.api_key(w.acme, array['audit:read', 'calls:read', 'members:read', 'sync:read']) as reader, tests.api_key(null) as platform_key,
  tests.api_key(null, array['sync:read']) as platform_reader
from tests.two_organizations() w;
grant select on story to public;
create temporary table asked (who text, what text, came text) on commit drop;
grant insert on asked to public;
create function pg_temp.ask(p_who text, p_what text, p_org_id uuid) returns void
language sql as $$
  insert into asked values (p_who, p_what, tests.attempt(format('select public.request_sync(%L)', p_org_id)))
$$;
grant execute on function pg_temp.ask(text, text, uuid) to public;

select tests.act_as_key(key) from story;
select pg_temp.ask('key', 'acme', acme), pg_temp.ask('key', 'globex', globex), pg_temp.ask('key', 'unknown', gen_random_uuid()) from story;
select pg_temp.ask('key', 'holding', '00000000-0000-0000-0000-000000000000'), pg_temp.ask('key', 'none', null);
insert into asked select 'key', 'done', r.state from story s, public.request_sync(s.acme) r;
insert into asked select 'key', 'jobs', tests.attempt('select * from public.sync_jobs');
select tests.act_as_key(reader) from story;
select pg_temp.ask('reader', 'acme', acme), pg_temp.ask('reader', 'globex', globex), pg_temp.ask('reader', 'none', null) from story;
select tests.act_as_key(platform_key) from story;
select pg_temp.ask('platform_key', 'globex', globex), pg_temp.ask('platform_key', 'none', null) from story;
select tests.act_as_role('postgres');
update public.organizations set archived_at = now() where id = (select globex from story);
select tests.act_as_key(platform_key) from story;
select pg_temp.ask('platform_key', 'archived', globex) from story;
select tests.act_as_key(platform_reader) from story;
select pg_temp.ask('platform_reader', 'globex', globex) from story;
select tests.act_as_role('api_reader');
select pg_temp.ask('nobody', 'acme', acme) from story;

select tests.act_as_role('postgres');
select is(a.came, t.came, t.test)
from (
  values
    ('key', 'acme', '2 rows', 'a key that may asks for a pull'),
    ('key', 'globex', 'PT404 organization_not_found', 'not for another organization'),
    ('key', 'unknown', 'PT404 organization_not_found', 'nor for one that is not there'),
    ('key', 'holding', 'PT404 organization_not_found', 'nor for nobody'),
    ('key', 'none', 'PT404 organization_not_found', 'nor for none'),
    ('key', 'jobs', '0 rows', 'what became of it it reads with another scope'),
    ('reader', 'acme', 'PT403 scope_missing', 'a key that only reads does not'),
    ('reader', 'globex', 'PT404 organization_not_found', 'and does not learn what else there is'),
    ('platform_key', 'globex', '2 rows', 'a platform-wide key asks for any'),
    ('platform_key', 'none', 'PT404 organization_not_found', 'that there is'),
    ('platform_key', 'archived', 'PT409 organization_archived', 'and that is not archived'),
    ('platform_reader', 'globex', 'PT403 scope_missing', 'if it may'),
    ('nobody', 'acme', 'PT404 organization_not_found', 'without a key there is nothing')
) t (who, what, came, test)
join asked a using (who, what);
select results_eq(
  'select came from asked where what = ''done''', $$values ('queued'), ('queued')$$, 'it is told what was queued'
);
select results_eq(
  'select distinct kind, requested_by from public.sync_jobs', $$values ('requested', null::uuid)$$, 'in nobody''s name'
);

select * from finish();
rollback;
