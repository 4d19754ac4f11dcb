begin;
select plan(17);

-- Midnight of a day, an account, another with the same key, and one with its own.
create temporary table story on commit drop as
select acme_account as account, globex_account as other_account, platform_account as third from tests.two_organizations();
create function pg_temp.pause(p_resource text, p_at text default '2026-06-01 00:00Z') returns text
language sql as $$select to_char(private.planned_pause(s.account, p_resource, p_at::timestamptz), 'HH24:MI:SS') from story s$$;
create function pg_temp.use(p_used int, p_key text default 'key', p_account uuid default null, p_day date default '2026-06-01') returns void
language sql as $$
  insert into private.provider_quota as q (api_key_hash, day, used) values (sha256(p_key::bytea), p_day, p_used)
  on conflict (api_key_hash, day) do update set used = excluded.used;
  insert into private.integration_requests (integration_id, day, api_key_hash, used)
  select coalesce(p_account, s.account), p_day, sha256(p_key::bytea), 1 from story s
  on conflict (integration_id, day) do update set api_key_hash = excluded.api_key_hash;
$$;
create function pg_temp.pages(p_resource text, p_pages int, p_account uuid default null) returns void
language sql as $$
  update private.sync_cursors c set pages = p_pages from story s
  where c.integration_id = coalesce(p_account, s.account) and c.resource = p_resource
$$;

select is((select sum(r.share) <= 1 from private.sync_resources r), true, 'the shares of the resources are no more than a day');
select is(pg_temp.pause('calls'), '00:02:00', 'while nothing was used, what is due comes as often as it should');
select pg_temp.use(2000, p_day => '2026-05-31');
select is(pg_temp.pause('calls'), '00:02:00', 'whatever was used yesterday');

-- 2,400 are for what is due; half of them are for calls.
select pg_temp.use(0);
select is(pg_temp.pause('calls'), '00:02:00', 'a day has enough for passes of one page');
select pg_temp.pages('calls', 2);
select is(pg_temp.pause('calls'), '00:02:24', 'for passes of two there are 600, one every 144 seconds');
select pg_temp.pages('calls', 20);
select is(pg_temp.pause('calls'), '00:24:00', 'the longer they are the more seldom');
select pg_temp.use(2160);
select is(pg_temp.pause('calls'), '04:00:00', 'and the less is left');
select is(pg_temp.pause('calls', '2026-06-01 12:00Z'), '02:00:00', 'or sooner, the later it is');
select is(pg_temp.pause('calls', '2026-06-01 23:54Z'), '00:02:00', 'but never sooner than it should');
select pg_temp.use(2450);
select is(pg_temp.pause('contacts', '2026-06-01 18:00Z'), '12:00:00', 'what comes seldom needs no more');
select pg_temp.pages('calls', 1);
select is(pg_temp.pause('calls', '2026-06-01 18:00Z'), '06:00:00', 'when all is used there is one pass left, at midnight');
select is(pg_temp.pause('calls', '2026-06-02 00:00Z'), '00:02:00', 'where it begins anew');

-- Several accounts with one key live from the same requests.
select pg_temp.use(0), pg_temp.pages('calls', 5);
select is(pg_temp.pause('calls'), '00:06:00', 'with passes of five pages alone');
select pg_temp.use(0, p_account => other_account), pg_temp.pages('calls', 15, other_account) from story;
select is(pg_temp.pause('calls'), '00:24:00', 'beside another that uses fifteen');
select pg_temp.use(2400, 'another key', third), pg_temp.pages('calls', 100, third) from story;
select is(pg_temp.pause('calls'), '00:24:00', 'who has a key of their own disturbs nobody');

-- It is what a claim writes.
delete from private.sync_cursors c using story s where c.integration_id <> s.account or c.resource <> 'calls';
update private.sync_cursors set next_run_at = '-infinity', pages = 20;
select tests.act_as_role('sync');
select private.claim_sync_job('me', '2026-06-01 06:00Z');
select tests.act_as_role('postgres');
select is((select c.next_run_at from private.sync_cursors c), '2026-06-01 06:18Z'::timestamptz, 'what was taken is due after that pause');
update public.sync_jobs set pages_read = 7;
select private.finish_sync_job(j.id, 'me', null, null, '2026-06-01 06:01Z') from public.sync_jobs j;
select is((select c.pages from private.sync_cursors c), 7, 'and what a pass cost is what the next is expected to cost');

select * from finish();
rollback;
