begin;
select plan(34);

create temporary table story on commit drop as
select acme_account as account, globex_account as other_account from tests.two_organizations();
grant select on story to public;
create function pg_temp.ask(p_purpose text, p_at timestamptz, p_key text default 'key', p_account uuid default null) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  select concat_ws(' ', case when c.allowed then 'yes' else 'no' end, c.used, c.reason) into v_said
  from private.count_provider_request(sha256(p_key::bytea), coalesce(p_account, (select s.account from story s)), p_purpose, p_at) c;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.used(p_used int) returns void
language sql as $$update private.provider_quota set used = p_used where api_key_hash = sha256('key')$$;

-- The shares of a day.
select results_eq(
  $$
    select private.requests_for(purpose, 2500, '2026-06-01Z'::timestamptz + part * interval '1 day')
    from unnest(array[0, 0.5, 0.999999]) with ordinality p (part, n)
    cross join unnest(array['send', 'requested', 'scheduled', 'recording', 'backfill']) with ordinality q (purpose, m)
    order by q.m, p.n
  $$,
  array[2500, 2500, 2500, 2500, 2500, 2500, 2400, 2400, 2400, 850, 1600, 2349, 750, 1500, 2249],
  'people may use all of a day; what is due by itself leaves some of it, what has time the more the earlier it is'
);
select is(private.requests_for('scheduled', 0, now()), 0, 'of nothing there is no share');
select is(private.requests_for('scheduled', 1, now()), 0, 'the one request of a day is for people');

select is(pg_temp.ask('backfill', '2026-06-01 00:00Z'), 'yes 1', 'in an unused day all may ask');
select pg_temp.used(749);
select is(pg_temp.ask('backfill', '2026-06-01 00:00Z'), 'yes 750', 'a backfill the first 750 times');
select is(pg_temp.ask('backfill', '2026-06-01 00:00Z'), 'no 750 kept_back', 'then what is left is kept back');
select is(pg_temp.ask('backfill', '2026-06-01 00:01Z'), 'yes 751', 'until a minute later');
select is(pg_temp.ask('backfill', '2026-06-01 00:01Z'), 'no 751 kept_back', 'one more may be used');
select is(pg_temp.ask('recording', '2026-06-01 00:01Z'), 'yes 752', 'audio comes before it');
select pg_temp.used(851);
select is(pg_temp.ask('recording', '2026-06-01 00:01Z'), 'no 851 kept_back', 'and waits before what is due');
select is(pg_temp.ask('scheduled', '2026-06-01 00:01Z'), 'yes 852', 'which goes on');
select pg_temp.used(2399);
select is(pg_temp.ask('scheduled', '2026-06-01 12:00Z'), 'yes 2400', 'until a hundred are left');
select is(pg_temp.ask('scheduled', '2026-06-01 12:00Z'), 'no 2400 kept_back', 'for people');
select is(pg_temp.ask('recording', '2026-06-01 23:59Z'), 'no 2400 kept_back', 'however late it is');
select is(pg_temp.ask('requested', '2026-06-01 12:00Z'), 'yes 2401', 'who ask');
select is(pg_temp.ask('send', '2026-06-01 12:00Z'), 'yes 2402', 'or send');
select pg_temp.used(2500);
select is(pg_temp.ask('send', '2026-06-01 12:00Z'), 'no 2500 used_up', 'as long as there are any');
select is(pg_temp.ask('backfill', '2026-06-01 12:00Z'), 'no 2500 used_up', 'nobody has any then');
select tests.act_as_role('sync');
select private.note_provider_refusal(sha256('key'), '2026-06-02 10:00Z');
select tests.act_as_role('postgres');
select is(pg_temp.ask('send', '2026-06-02 10:30Z'), 'no 0 refused', 'a refusal is for everybody');
update private.provider_quota set used = 2400 where day = '2026-06-02';
select is(pg_temp.ask('scheduled', '2026-06-02 10:30Z'), 'no 2400 refused', 'and is told first');
select is(pg_temp.ask('scheduled', '2026-06-02 11:00Z'), 'no 2400 kept_back', 'a probe is for who may ask');
select is(pg_temp.ask('send', '2026-06-02 11:00Z'), 'yes 2401', 'which it is');

-- Who used how many, of which key.
select is(pg_temp.ask('send', '2026-06-03Z', 'shared'), 'yes 1', 'two accounts');
select is(pg_temp.ask('send', '2026-06-03Z', 'shared', (select s.other_account from story s)), 'yes 2', 'may share a key');
select is(pg_temp.ask('send', '2026-06-03Z', 'shared'), 'yes 3', 'and its requests');
select results_eq(
  $$
    select r.integration_id, r.api_key_hash = sha256('shared'), r.used from private.integration_requests r, story s
    where r.day = '2026-06-03' order by r.integration_id = s.account
  $$, 'select other_account, true, 1 from story union all select account, true, 2 from story', 'each account''s are known'
);
select is(pg_temp.ask('send', '2026-06-03Z', 'another key'), 'yes 1', 'with a new key the day begins anew');
select results_eq(
  $$
    select r.api_key_hash = sha256('another key'), r.used from private.integration_requests r, story s
    where r.day = '2026-06-03' and r.integration_id = s.account
  $$, 'values (true, 3)', 'for the account it is one day'
);
update private.provider_quota set used = 2500 where api_key_hash = sha256('another key');
select is(pg_temp.ask('send', '2026-06-03Z', 'another key'), 'no 2500 used_up', 'what is refused');
select is(
  (select r.used from private.integration_requests r, story s where r.day = '2026-06-03' and r.integration_id = s.account), 3,
  'is not counted'
);

-- How much of a day is left.
select results_eq(
  $$
    select round(private.part_of_day_left(at::timestamptz), 4)
    from unnest(array['2026-06-01 00:00Z', '2026-06-01 06:00Z', '2026-06-01 18:00-06', '2026-06-01 23:59:59.999Z']) at
  $$, array[1, 0.75, 1, 0], 'a day is one in UTC'
);
set local timezone = 'Pacific/Auckland';
select is(round(private.part_of_day_left('2026-06-01 12:00Z'), 4), 0.5, 'wherever one is');
set local timezone = 'UTC';
select is(round(private.part_of_day_left('2026-03-29 12:00Z'), 4), 0.5, 'and has 24 hours always');

select tests.act_as(gen_random_uuid());
select is(
  tests.attempt('select * from private.count_provider_request(sha256(''key''), gen_random_uuid(), ''send'', now())'), '42501',
  'nobody but the sync counts'
);

select * from finish();
rollback;
