begin;
select plan(18);

create temporary table story on commit drop as select acme_account as account from tests.two_organizations();
grant select on story to public;
create function pg_temp.ask(p_at timestamptz, p_key text default 'key') returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  select format('%s %s of %s', case when c.allowed then 'yes' else 'no' end, c.used, c.quota) into v_said
  from private.count_provider_request(sha256(p_key::bytea), (select account from story), 'requested', p_at) c;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.refuse(p_at timestamptz) returns void
language plpgsql as $$
begin
  perform tests.act_as_role('sync');
  perform private.note_provider_refusal(sha256('key'), p_at);
  perform tests.act_as_role('postgres');
end
$$;

select is(pg_temp.ask('2026-06-01 10:00Z'), 'yes 1 of 2500', 'a request is counted before it is made');
select is(pg_temp.ask('2026-06-01 10:00Z'), 'yes 2 of 2500', 'one by one');
select is(pg_temp.ask('2026-06-01 10:00Z', 'another key'), 'yes 1 of 2500', 'each key has its own');
select is(pg_temp.ask('2026-06-01 23:59:59.999Z'), 'yes 3 of 2500', 'until the day ends');
select is(pg_temp.ask('2026-06-02 00:00Z'), 'yes 1 of 2500', 'in UTC');
set local timezone = 'America/New_York';
select is(pg_temp.ask('2026-06-01 23:30Z'), 'yes 4 of 2500', 'wherever the worker is');
select is(pg_temp.ask('2026-06-02 00:30Z'), 'yes 2 of 2500', 'the day is the same for all');
set local timezone = 'UTC';

update private.provider_quota set used = 2498 where api_key_hash = sha256('key') and day = '2026-06-01';
select is(pg_temp.ask('2026-06-01 11:00Z'), 'yes 2499 of 2500', 'near the end');
select is(pg_temp.ask('2026-06-01 11:00Z'), 'yes 2500 of 2500', 'the last one');
select is(pg_temp.ask('2026-06-01 11:00Z'), 'no 2500 of 2500', 'is the last');
select is(pg_temp.ask('2026-06-01 23:59Z'), 'no 2500 of 2500', 'for the day');
select is(pg_temp.ask('2026-06-02 01:00Z'), 'yes 3 of 2500', 'not for the next');

-- The provider refuses before that.
select pg_temp.refuse('2026-06-02 02:00Z');
select is(pg_temp.ask('2026-06-02 02:00Z'), 'no 3 of 2500', 'after a refusal nothing is asked');
select is(pg_temp.ask('2026-06-02 02:59:59Z'), 'no 3 of 2500', 'for an hour');
select is(pg_temp.ask('2026-06-02 03:00Z'), 'yes 4 of 2500', 'then one request tries again');
select pg_temp.refuse('2026-06-02 03:00:01Z');
select is(pg_temp.ask('2026-06-02 03:30Z'), 'no 4 of 2500', 'refused again, it rests again');
select is(pg_temp.ask('2026-06-03 00:00Z'), 'yes 1 of 2500', 'a new day is a new quota');
select pg_temp.refuse('2026-06-04 00:00Z');
select is(pg_temp.ask('2026-06-04 00:30Z'), 'no 0 of 2500', 'a refusal may be the first that is heard of a day');

select * from finish();
rollback;
