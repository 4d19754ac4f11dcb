begin;
select plan(23);

create temporary table story on commit drop as
select w.*, w.acme_account as account, '2026-06-01 12:00Z'::timestamptz as noon from tests.two_organizations() w;
grant select on story to public;
delete from private.sync_cursors;
create function pg_temp.at(p_minute numeric) returns timestamptz
language sql as $$select '2026-06-01 12:00Z'::timestamptz + make_interval(secs => p_minute::double precision * 60)$$;
grant execute on function pg_temp.at(numeric) to public;
create function pg_temp.job(p_kind text, p_resource text default 'calls', p_minute numeric default 0) returns uuid
language sql as $$
  insert into public.sync_jobs (org_id, integration_id, resource, kind, provider_id, run_after, created_at)
  select s.acme, s.account, p_resource, p_kind, case p_kind when 'one' then 'c' end, pg_temp.at(p_minute), pg_temp.at(p_minute) from story s
  returning id
$$;
create function pg_temp.claim(p_worker text, p_minute numeric) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('sync');
  select concat_ws(' ', c.kind, c.resource, c.attempt, 'from ' || to_char(c.range_from at time zone 'UTC', 'HH24')) into v_said
  from private.claim_sync_job(p_worker, pg_temp.at(p_minute)) c;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.postpone(p_worker text, p_until numeric, p_note text, p_minute numeric) returns void
language plpgsql as $$
declare
  v_job_id uuid := (select j.id from public.sync_jobs j where j.state = 'running');
begin
  perform tests.act_as_role('sync');
  perform private.postpone_sync_job(v_job_id, p_worker, pg_temp.at(p_until), p_note, pg_temp.at(p_minute));
  perform tests.act_as_role('postgres');
end
$$;
create function pg_temp.has_due(p_minute numeric) returns text
language sql as $$
  select tests.rows_as('sync', format('select private.has_due_work(%L) as due', pg_temp.at(p_minute))) -> 0 ->> 'due'
$$;

select is(pg_temp.has_due(0), 'false', 'nothing is due where nothing is');
select pg_temp.job('backfill'), pg_temp.job('replay');
select is(pg_temp.has_due(0), 'false', 'a backfill or a replay is nothing that another backfill should wait for');
update public.sync_jobs set state = 'done' where kind = 'replay';
select is(pg_temp.claim('me', 0), 'backfill calls 1', 'a backfill begins');
update public.sync_jobs set range_from = pg_temp.at(-720), range_to = pg_temp.at(-60), read_through = pg_temp.at(-240)
where kind = 'backfill';
select pg_temp.postpone('another', 30, 'The day''s requests are kept for more urgent work.', 1);
select is((select worker from public.sync_jobs where state = 'running'), 'me', 'nobody else postpones it');
select pg_temp.postpone('me', 30, 'The day''s requests are kept for more urgent work.', 1);
select tests.act_as(org_admin) from story;
select results_eq(
  $$select state, note, run_after - noon, worker, attempt, error from public.sync_jobs, story where kind = 'backfill'$$,
  $$values ('queued', 'The day''s requests are kept for more urgent work.', interval '30 minutes', null::text, 0, null::text)$$,
  'postponed, it says why to who follows it, and did not try'
);
select tests.act_as_role('postgres');
select is(
  (
    select tests.rows_as('sync', format(
      'select o.state, o.note, extract(hour from o.run_after - %L) as hours from private.sync_job_outcome(%L) o', pg_temp.at(-570), j.id
    )) -> 0
    from public.sync_jobs j where j.kind = 'backfill'
  ),
  '{"state": "queued", "note": "The day''s requests are kept for more urgent work.", "hours": 10}', 'and to who waits for its end'
);
select is(pg_temp.claim('me', 29.9), null, 'until then it waits');
select is(pg_temp.claim('me', 30), 'backfill calls 1 from 08', 'then it goes on where it stopped, as if it had not tried');
select is((select note from public.sync_jobs where kind = 'backfill'), null, 'and waits for nothing any more');
select pg_temp.postpone('me', -100, repeat('x', 5000), 31);
select results_eq(
  $$select run_after - noon, length(note) from public.sync_jobs, story where kind = 'backfill'$$, $$values (interval '31 minutes', 2000)$$,
  'until a time that has passed is not at all, an endless reason is cut'
);
select pg_temp.claim('me', 31);

-- It gives way to what is more urgent.
select pg_temp.job('requested', 'calls', 32);
select is(pg_temp.has_due(31.9), 'false', 'what is asked for later is not due yet');
select is(pg_temp.has_due(32), 'true', 'then somebody waits');
select is(pg_temp.claim('two', 32), 'requested calls 1 from 12', 'whom another worker serves');
select is(pg_temp.has_due(32), 'false', 'and nobody waits any more');
insert into private.sync_cursors (integration_id, resource, next_run_at) select s.account, 'calls', pg_temp.at(33) from story s;
select is(pg_temp.has_due(33), 'true', 'what is due by itself is more urgent too');
update public.organizations o set archived_at = now() from story s where o.id = s.acme;
select is(pg_temp.has_due(33), 'false', 'but for what is archived');
update public.organizations o set archived_at = null from story s where o.id = s.acme;
update public.integrations i set disabled_at = now() from story s where i.id = s.account;
select is(pg_temp.has_due(33), 'false', 'or disabled');
update public.integrations i set disabled_at = null from story s where i.id = s.account;
delete from public.sync_jobs;
select is(pg_temp.claim('two', 33), 'scheduled calls 1 from 12', 'it is taken');
update private.sync_cursors set next_run_at = pg_temp.at(34);
select is(pg_temp.has_due(34), 'false', 'and while one goes on the next is not due');

-- What comes before what.
delete from public.sync_jobs;
delete from private.sync_cursors;
select pg_temp.job(kind, 'calls', -60) from unnest(array['backfill', 'replay', 'one', 'requested', 'test_delivery', 'test']) kind;
insert into private.sync_cursors (integration_id, resource, next_run_at)
select s.account, r.resource, '-infinity'::timestamptz as due from story s, private.sync_resources r;
create temporary table came (n int generated always as identity, what text) on commit drop;
insert into came (what) select pg_temp.claim('me', 0) from generate_series(1, 14);
select results_eq(
  $$select coalesce(split_part(what, ' ', 1), 'nothing') from came order by n$$,
  array['test', 'test_delivery', 'requested', 'one']
  || array_fill('scheduled'::text, array[7]) || array['replay', 'backfill', 'nothing'],
  'first what somebody looks at, then what somebody asked for, what is due, and what has time'
);
select results_eq(
  $$select split_part(what, ' ', 2) from came where what like 'scheduled%' order by n$$,
  array['phone_numbers', 'team', 'calls', 'messages', 'voicemails', 'agent_status', 'contacts'],
  'of what is due the numbers and people first, so that calls find them'
);

-- Queued in one go: what was asked for first comes first.
delete from public.sync_jobs;
delete from private.sync_cursors;
select pg_temp.job('backfill', 'voicemails', -10), pg_temp.job('backfill', 'voicemails', -20);
update public.sync_jobs set note = 'older' where created_at = pg_temp.at(-20);
select is(pg_temp.claim('me', 0), 'backfill voicemails 1', 'of two backfills');
select is((select note from public.sync_jobs where state = 'queued'), null, 'the older one');

select * from finish();
rollback;
