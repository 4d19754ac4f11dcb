begin;
select plan(32);

create temporary table story on commit drop as
select *, '2026-06-01 12:00Z'::timestamptz as noon from tests.two_organizations();
grant select on story to public;
delete from private.sync_cursors;
create function pg_temp.at(p_minute numeric) returns timestamptz
language sql as $$select '2026-06-01 12:00Z'::timestamptz + make_interval(secs => p_minute::double precision * 60)$$;
-- A call that began then was listed at that time.
create function pg_temp.list(p_call text, p_began numeric, p_observed numeric, p_said jsonb default '{}') returns void
language sql as $$
  select tests.pull(s.platform_account,
  'calls', array[tests.listed(p_call, pg_temp.at(p_began), p_said)], pg_temp.at(p_observed)) from story s
$$;
create function pg_temp.start(p_account uuid) returns uuid
language sql as $$
  insert into public.sync_jobs (org_id, integration_id, resource, kind, state, worker, lease_until)
  select org_id, id, 'calls', 'backfill', 'running', 'me', 'infinity' from public.integrations where id = p_account
  returning id
$$;
create function pg_temp.unlisted(
  p_from numeric, p_to numeric, p_since numeric, p_limit int default 20, p_worker text default 'me'
) returns text
language plpgsql as $$
declare
  v_job_id uuid := (select j.id from public.sync_jobs j, story s where j.state = 'running' and j.integration_id = s.platform_account);
  v_said text;
begin
  perform tests.act_as_role('sync');
  select string_agg(u, ' ') into v_said
  from private.unlisted_calls(v_job_id, p_worker, pg_temp.at(p_from), pg_temp.at(p_to), pg_temp.at(p_since), p_limit) u;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.missing(p_calls text[], p_observed numeric, p_worker text default 'me') returns text
language plpgsql as $$
declare
  v_job_id uuid := (select j.id from public.sync_jobs j, story s where j.state = 'running' and j.integration_id = s.platform_account);
  v_said text;
begin
  perform tests.act_as_role('sync');
  begin
    v_said := private.apply_missing_calls(v_job_id, p_worker, p_calls, pg_temp.at(p_observed), pg_temp.at(p_observed));
  exception when sqlstate 'PT409' then
    get stacked diagnostics v_said = pg_exception_detail;
  end;
  perform tests.act_as_role('postgres');
  update public.sync_jobs set lease_until = 'infinity' where id = v_job_id;
  return v_said;
end
$$;
create function pg_temp.call(p_call text) returns text
language sql as $$
  select concat_ws(', ', c.outcome, c.duration_seconds, 'deleted ' || extract(epoch from c.deleted_at - s.noon)::int / 60)
  from public.calls c, story s where c.provider_call_id = p_call
$$;
grant execute on function pg_temp.at(numeric) to public;

-- Which were not in a range that was read again.
select
  pg_temp.list('early', -61, 0), pg_temp.list('a', -60, 0),
  pg_temp.list('b', -30, 0), pg_temp.list('c', -10, 0), pg_temp.list('late', 0, 0);
select pg_temp.list('nobodys', -20, 0, '{"businessNumber": "+12125550177"}');
select pg_temp.list('numberless', -15, 0, '{"businessNumber": null}');
select tests.pull(acme_account, 'calls', array[tests.listed('elsewhere', pg_temp.at(-30))], pg_temp.at(0)) from story;
select tests.deliver(
  platform_account, tests.event('IncomingCall', 'told', pg_temp.at(-5), '{"From": "+12125550199", "To": "+12125550101"}'), pg_temp.at(-5)
) from story;
select pg_temp.start(platform_account), pg_temp.start(acme_account) from story;
select pg_temp.list('b', -30, 120);
select is(
  pg_temp.unlisted(-60, 0, 120), 'a nobodys numberless c', 'what was listed earlier and is not now is asked for, the oldest first'
);
select is(pg_temp.unlisted(-60, 0, 120, 2), 'a nobodys', 'some at a time');
select is(pg_temp.unlisted(-60, 0.01, 120), 'a nobodys numberless c late', 'from the start of the range until before its end');
select is(pg_temp.unlisted(-60, 0, 0), null, 'what was listed since is not asked for');
select is(pg_temp.unlisted(-60, 0, 120, 20, 'another'), null, 'and nothing by who has not got the job');

-- Gone.
select is(pg_temp.missing(array['a'], 130, 'another'), 'lease_lost', 'nor does such a one bury it');
select is(pg_temp.missing(array['a', 'a', 'unknown', 'told', 'elsewhere'], 130), '1', 'a call that the provider knows no more');
select is(pg_temp.call('a'), 'answered, 60, deleted 130', 'is kept as what it was, as deleted');
select is_empty($$select from public.calls where provider_call_id = 'unknown'$$, 'one that was never listed makes no row');
select is(pg_temp.call('told'), '', 'one of which only deliveries tell cannot be listed no more');
select is((select c.deleted_at from public.calls c where c.provider_call_id = 'elsewhere'), null, 'another account''s is its own');
select is(
  (select j.items_changed from public.sync_jobs j, story s where j.state = 'running' and j.integration_id = s.platform_account), 1,
  'it is counted'
);
select is(pg_temp.unlisted(-60, 0, 120), 'nobodys numberless c', 'and asked for no more');
select is(pg_temp.missing(array['a'], 130), '0', 'said again it changes nothing');
select is(
  (select count(*)::int from private.call_snapshots k where k.provider_call_id = 'a' and k.is_tombstone), 1, 'one statement says so'
);

-- What is said of it afterwards.
select tests.deliver(
  platform_account, tests.event('IncomingCallCompleted', 'a', pg_temp.at(-59), '{"To": "+12125550101"}'), pg_temp.at(150)
) from story;
select alike(pg_temp.call('a'), '%deleted 130', 'a late delivery does not bring it back');
select pg_temp.list('a', -60, 125);
select alike(pg_temp.call('a'), '%deleted 130', 'nor a page that was read before');
select pg_temp.list('a', -60, 131);
select unalike(pg_temp.call('a'), '%deleted%', 'listed again it is there again');
select pg_temp.list('a', -60, 131, '{"duration": "90000"}');
select alike(pg_temp.call('a'), 'answered, 90%', 'with what is said of it now');
select is(pg_temp.missing(array['a'], 128), '0', 'an older answer that it is gone does not count any more');
select unalike(pg_temp.call('a'), '%deleted%', 'it stays');
select is(pg_temp.missing(array['a'], 200), '1', 'a newer one does');
select alike(pg_temp.call('a'), 'answered, 90%deleted 200', 'it is gone again');

-- In whatever order.
select pg_temp.list('x', -5, 300), pg_temp.list('y', -5, 300);
select pg_temp.missing(array['x'], 400);
select pg_temp.list('x', -5, 350, '{"duration": "30000"}');
select pg_temp.list('y', -5, 350, '{"duration": "30000"}');
select pg_temp.missing(array['y'], 400);
select is(pg_temp.call('x'), pg_temp.call('y'), 'the order of arrival decides nothing');
select alike(pg_temp.call('x'), '%deleted 400', 'but what was observed last');

-- The one that is gone keeps what belongs to it; nothing is lost in a rebuild.
select pg_temp.list('r', -4, 300, '{"callRecord": {"fileName": "r.mp3", "uri": "https://audio.example.com/r"}}');
select pg_temp.missing(array['r'], 400);
select is(
  (select r.state from public.recordings r join public.calls c on c.id = r.call_id where c.provider_call_id = 'r'), 'waiting',
  'its recording stays'
);
create temporary table before on commit drop as select to_jsonb(c) - array['created_at', 'updated_at'] as call from public.calls c;
create temporary table recordings_before on commit drop as
select to_jsonb(r) - array['created_at', 'updated_at'] as recording from public.recordings r;
delete from public.calls;
select private.rebuild_calls(i.id) from public.integrations i;
select set_eq(
  $$select to_jsonb(c) - array['created_at', 'updated_at'] from public.calls c$$, 'select call from before', 'a rebuild knows what is gone'
);
select set_eq(
  $$select to_jsonb(r) - array['created_at', 'updated_at'] from public.recordings r$$, 'select recording from recordings_before',
  'with its recordings'
);

-- People still see that there was one.
select tests.act_as(org_admin) from story;
select is(
  (select count(*)::int from public.calls c where c.deleted_at is not null and c.provider_call_id in ('a', 'x', 'y', 'r')), 4,
  'who reads calls sees that there was one'
);
select is(
  tests.attempt('select * from private.apply_missing_calls(gen_random_uuid(), ''me'', ''{a}'', now(), now())'), '42501',
  'nobody but the sync buries any'
);
select is(
  tests.attempt('select * from private.unlisted_calls(gen_random_uuid(), ''me'', now(), now(), now(), 1)'), '42501', 'or asks which'
);
select tests.act_as_role('postgres');
select is((select count(*)::int from public.calls c where c.deleted_at is null), 8, 'all the others are there');

select * from finish();
rollback;
