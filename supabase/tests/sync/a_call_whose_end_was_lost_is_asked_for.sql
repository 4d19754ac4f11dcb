begin;
select plan(22);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.began(p_call text, p_ago interval, p_answered interval default null) returns void
language sql as $$
  select tests.deliver(acme_account, tests.event('IncomingCall', p_call, now() - p_ago)) from story;
  select tests.deliver(acme_account, tests.event('IncomingCallConnected', p_call, now() - p_answered, '{"Extension": "101"}'))
  from story where p_answered is not null;
$$;
-- A pass over the account's calls, in the hands of a worker.
create temporary table job (id uuid) on commit drop;
grant select on job to public;
create function pg_temp.begin_pass() returns void
language plpgsql as $$
begin
  perform tests.act_as_role('sync');
  perform private.queue_sync_job((select acme_account from story), 'calls', 'requested', null, null, null, '-infinity');
  perform tests.act_as_role('postgres');
  insert into job select (tests.rows_as('sync', 'select * from private.claim_sync_job(''me'', now())') -> 0 ->> 'job_id')::uuid;
end
$$;
create function pg_temp.unfinished(p_in interval default '0', p_limit int default 10, p_worker text default 'me') returns text
language sql as $$
  select string_agg(u.id #>> '{}', ' ')
  from jsonb_path_query(
    tests.rows_as('sync', format('select u from private.unfinished_calls(%L, %L, %L, %s) u', (select id from job), p_worker, now() + p_in, p_limit)),
    '$[*].u'
  ) as u (id)
$$;
create function pg_temp.ask(p_call text, p_is_unknown boolean, p_in interval default '0') returns text
language sql as $$
  select tests.rows_as('sync', format(
    'select private.note_unfinished_call(%L, ''me'', %L, %L, %L, %4$L) as gone', (select id from job), p_call, p_is_unknown, now() + p_in
  )) #>> '{0, gone}'
$$;

select
  pg_temp.began('waits', '4 minutes'), pg_temp.began('waited', '6 minutes'), pg_temp.began('talks', '40 minutes', '14 minutes'),
  pg_temp.began('talked', '20 minutes', '16 minutes'), pg_temp.began('yesterday', '25 hours'), pg_temp.began('long ago', '1 hour'),
  tests.deliver(acme_account, tests.event('IncomingCallCompleted', 'ended', now() - interval '1 hour')),
  tests.deliver(globex_account, tests.event('IncomingCall', 'theirs', now() - interval '1 hour'))
from story;
update public.calls set started_at = now() - interval '31 days' where provider_call_id = 'long ago';
select pg_temp.begin_pass();
select is(
  pg_temp.unfinished(), 'waited talked yesterday',
  'asked for are calls of the account that nobody answered in five minutes, or that began to be spoken for a quarter of an hour ago'
);
select is(pg_temp.unfinished(p_limit => 2), 'waited talked', 'so many at once, the latest first');
select is(pg_temp.unfinished(p_worker => 'another'), null, 'by who has the job');
select is(pg_temp.unfinished('2 minutes'), 'waits waited talked talks yesterday', 'in time the others');

select is(pg_temp.ask('waited', true), 'false', 'one that the provider does not know goes on');
select is(pg_temp.unfinished(), 'talked yesterday', 'and rests');
select is(pg_temp.unfinished('9 minutes'), 'waits talked talks yesterday', 'for ten minutes');
select is(pg_temp.unfinished('10 minutes'), 'waits talked talks yesterday waited', 'then comes after those that nobody asked for yet');
select is(pg_temp.ask('waited', true, '10 minutes'), 'false', 'asked for again');
select is(pg_temp.unfinished('29 minutes') like '%waited%', false, 'it rests for twenty');
select is(pg_temp.unfinished('30 minutes') like '%waited%', true, 'and no more');
do $$ begin perform pg_temp.ask('waited', true, '1 hour') from generate_series(1, 20); end $$;
select is(
  (select k.ask_after from private.call_checks k where k.provider_call_id = 'waited'), now() + interval '7 hours', 'for six hours at most'
);

select is(pg_temp.ask('yesterday', false), 'false', 'one that could not be asked for is not unknown');
select is((select c.deleted_at from public.calls c where c.provider_call_id = 'yesterday'), null, 'whatever its age');
select is(pg_temp.ask('yesterday', true), 'true', 'one that nobody knows a day after its start');
select is((select c.deleted_at from public.calls c where c.provider_call_id = 'yesterday'), now(), 'is over');
select is((select c.outcome from public.calls c where c.provider_call_id = 'yesterday'), null, 'and nobody knows how it ended');
select is(pg_temp.ask('ended', true), 'false', 'one that ended stays as it is');
select is((select c.deleted_at from public.calls c where c.provider_call_id = 'ended'), null, 'whatever the provider knows');
select is(pg_temp.ask('never heard of', true), 'false', 'nor does one come about');
select tests.act_as_role('postgres');
update public.sync_jobs set worker = 'another' where id = (select j.id from job j);
select is(
  tests.attempt(format('select private.note_unfinished_call(%L, ''me'', ''waited'', true, now(), now())', (select j.id from job j))),
  'PT409 lease_lost', 'who lost the job notes nothing'
);
select tests.act_as(org_admin) from story;
select is(
  tests.attempt(format('select private.unfinished_calls(%L, ''me'', now(), 1)', gen_random_uuid())), '42501', 'and people ask for none'
);

select * from finish();
rollback;
