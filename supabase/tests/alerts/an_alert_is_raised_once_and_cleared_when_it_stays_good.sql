begin;
select plan(46);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update public.platform_settings set app_url = 'https://app.example.com';
update public.organizations set time_zone = 'Europe/London' where id = (select acme from story);

create function pg_temp.look(p_at timestamptz) returns int
language sql as $$
  select (tests.rows_as('sync', format('select private.evaluate_alerts(%L, 100) as count', p_at)) #>> '{0, count}')::int
$$;
create function pg_temp.told() returns text
language sql as $$
  select string_agg(concat_ws(': ', n.title, n.body, case when n.resolved_at is not null then 'over' end), '; ' order by n.created_at, n.title)
  from public.notifications n
$$;
create function pg_temp.rule(p_said jsonb) returns uuid
language plpgsql as $$
declare
  v_id uuid;
begin
  delete from public.alert_rules;
  delete from public.notifications;
  delete from private.outbox_mails;
  insert into public.alert_rules
  select (jsonb_populate_record(null::public.alert_rules, jsonb_build_object(
    'id', gen_random_uuid(), 'org_id', s.acme, 'owner_id', s.manager, 'name', 'Rule', 'window_minutes', 60, 'min_calls', 5,
    'clear_after_minutes', 5, 'audience', 'owner', 'enabled', true, 'created_at', now(), 'updated_at', now()
  ) || p_said)).* from story s
  returning id into v_id;
  return v_id;
end
$$;
create function pg_temp.waited(p_line_id uuid, p_seconds int, p_count int, p_at timestamptz) returns void
language sql as $$
  select tests.calls(p_line_id, p_count, jsonb_build_object('started_at', p_at, 'wait_seconds', p_seconds, 'talk_seconds', 60))
$$;
create function pg_temp.missed(p_line_id uuid, p_count int, p_at timestamptz) returns void
language sql as $$
  select tests.calls(p_line_id, p_count, jsonb_build_object('started_at', p_at, 'outcome', 'missed', 'wait_seconds', 50))
$$;

-- A service level that falls, as the owner sees it.
select pg_temp.rule('{"kind": "sla", "threshold": 0.8, "clear_threshold": 0.85}');
select pg_temp.waited(given, 5, 3, '2025-06-02 09:00Z') from story;
select pg_temp.waited(given, 60, 1, '2025-06-02 09:05Z') from story;
select is(pg_temp.look('2025-06-02 09:10Z'), 0, 'four calls are too few to judge by');
select pg_temp.waited(other, 60, 50, '2025-06-02 09:05Z') from story;
select is(pg_temp.look('2025-06-02 09:11Z'), 0, 'those of lines that the owner does not see are no calls of theirs');
select pg_temp.waited(given, 60, 1, '2025-06-02 09:11Z') from story;
select is(pg_temp.look('2025-06-02 09:12Z'), 1, 'with the fifth it is bad');
select is(
  pg_temp.told(),
  'Service level at 60 %: Of the calls of the last 60 minutes on the lines of Manager, 60 % were answered in time; 80 % is the aim. (Rule)',
  'of which the owner is told'
);
select is(pg_temp.look('2025-06-02 09:12:10Z'), 0, 'a rule has its turn every twenty seconds');
select is(pg_temp.look('2025-06-02 09:13Z'), 0, 'what lasts is one episode');
select pg_temp.waited(given, 60, 1, '2025-06-02 09:13Z') from story;
select pg_temp.look('2025-06-02 09:14Z');
select results_eq(
  'select value, worst_value, threshold, cleared_at from public.alerts', 'values (0.6, 0.5, 0.8, null::timestamptz)',
  'the worst of it is kept'
);
select pg_temp.waited(given, 5, 9, '2025-06-02 09:14Z') from story;
select is(pg_temp.look('2025-06-02 09:15Z'), 0, '80 % again');
select is(good_since, null, 'is not good enough for an end') from public.alerts;
select pg_temp.waited(given, 5, 10, '2025-06-02 09:15Z') from story;
select pg_temp.look('2025-06-02 09:16Z');
select is(good_since, '2025-06-02 09:16Z', '88 % are') from public.alerts;
select pg_temp.waited(given, 60, 3, '2025-06-02 09:17Z') from story;
select pg_temp.look('2025-06-02 09:18Z');
select is(good_since, null, 'if they last') from public.alerts;
select pg_temp.waited(given, 5, 30, '2025-06-02 09:19Z') from story;
select pg_temp.look('2025-06-02 09:20Z'), pg_temp.look('2025-06-02 09:24:50Z');
select is(cleared_at, null, 'for five minutes') from public.alerts;
select is(pg_temp.look('2025-06-02 09:25:10Z'), 1, 'then it is over');
select is(count(*) filter (where resolved_at = '2025-06-02 09:25:10Z'), 1::bigint, 'which the notification says') from public.notifications;
select is(count(*), 1::bigint, 'there was one of each') from public.alerts;
select is(count(*), 1::bigint, 'one letter too') from private.outbox_mails;
select is(
  tests.rows_as('sync', $$select details ->> 'over_since' as o from private.claim_outbox_mail('one', '2025-06-02 10:00Z')$$) #>> '{0, o}',
  '10:25 on 2 June 2025', 'which says so, if it leaves later'
);
select pg_temp.missed(given, 99, '2025-06-02 09:26Z') from story;
select is(pg_temp.look('2025-06-02 09:27Z'), 1, 'the next episode is another');
select is(pg_temp.look('2025-06-02 12:00Z'), 0, 'what cannot be measured any more');
select is(pg_temp.look('2025-06-02 12:06Z'), 1, 'does not last');

-- The organization's target, and nothing to measure.
select pg_temp.rule('{"kind": "sla"}');
select is(pg_temp.look('2025-06-02 09:27Z'), 1, 'without a threshold the organization''s target counts');
select is(threshold, 0.8, 'which the episode keeps') from public.alerts;

-- Missed calls, by an admin's rule with chosen lines.
select pg_temp.rule(jsonb_build_object(
  'kind', 'missed_burst', 'threshold', 3, 'window_minutes', 10, 'owner_id', org_admin, 'line_ids', array[other], 'clear_after_minutes', 0
)) from story;
update public.lines set label = 'Sales' where id = (select other from story);
select pg_temp.missed(given, 5, '2025-06-03 09:00Z'), pg_temp.missed(other, 2, '2025-06-03 09:00Z') from story;
select is(pg_temp.look('2025-06-03 09:01Z'), 0, 'two missed calls on the line are too few');
select pg_temp.missed(other, 1, '2025-06-03 09:09Z') from story;
select is(pg_temp.look('2025-06-03 09:10Z'), 1, 'three within ten minutes are not');
select is(pg_temp.told(), '3 missed calls within 10 minutes: On Sales; you asked to be told from 3. (Rule)', 'and told of');
select is(pg_temp.look('2025-06-03 09:11Z'), 1, 'once the first two are older it is over');

-- Calls that wait now. The live view knows but the clock of the database.
select pg_temp.rule('{"kind": "queue", "threshold": 2}');
select tests.calls(l, 1, jsonb_build_object('started_at', now() - interval '3 minutes 20 seconds', 'outcome', null))
from story, unnest(array[given, other]) l;
select is(pg_temp.look(now()), 0, 'one waits on the lines of the manager');
select tests.calls(given, 1, jsonb_build_object('started_at', now() - interval '1 minute', 'outcome', null)) from story;
select is(pg_temp.look(now() + interval '1 minute'), 1, 'with the second there is a queue');
select is(pg_temp.told(), '2 callers are waiting: On the lines of Manager; you asked to be told from 2. (Rule)', 'of two');
select pg_temp.rule('{"kind": "longest_wait", "threshold": 201}');
select is(pg_temp.look(now()), 0, 'nobody has waited that long');
select pg_temp.rule('{"kind": "longest_wait", "threshold": 200}');
select is(pg_temp.look(now()), 1, 'but this long');
select is(
  pg_temp.told(), 'A caller has been waiting for 3 min 20 s: On the lines of Manager; you asked to be told from 3 min 20 s. (Rule)',
  'as is told'
);

-- Pulls and deliveries.
update private.sync_cursors set last_success_at = now() - interval '44 minutes' where resource = 'calls';
select pg_temp.rule('{"kind": "sync_stale", "threshold": 45}');
select is(pg_temp.look(now()), 0, 'after 44 minutes it is well');
select is(pg_temp.look(now() + interval '1 minute'), 1, 'after 45 it is not');
select is(split_part(pg_temp.told(), ':', 1), 'Calls have not been pulled for 45 min', 'as is told');
update public.integrations set disabled_at = now() where id in (select platform_account from story union select acme_account from story);
select pg_temp.look(now() + interval '2 minutes');
select is(pg_temp.look(now() + interval '8 minutes'), 1, 'an account that is switched off is not waited for');
update public.integrations set disabled_at = null;
insert into private.webhook_events (org_id, integration_id, dedupe_key, received_at, status, error)
select o.org_id, s.platform_account, n || o.org_id::text, now(), 'failed', 'x'
from story s, lateral (values (s.acme, 2), (s.globex, 9)) o (org_id, count), generate_series(1, o.count) n;
select pg_temp.rule('{"kind": "failed_events", "threshold": 3}');
select is(pg_temp.look(now()), 0, 'others'' failed deliveries are others''');
select pg_temp.rule('{"kind": "failed_events", "threshold": 2}');
select is(pg_temp.look(now()), 1, 'two of its own are told of');
select is(split_part(pg_temp.told(), ':', 1), '2 deliveries failed', 'as such');

-- Ends that nothing measured.
update public.alert_rules set enabled = false;
select is(pg_temp.look(now() + interval '1 second'), 1, 'switching a rule off ends its episode');
select pg_temp.rule('{"kind": "failed_events", "threshold": 2}');
update public.organizations set archived_at = now() where id = (select acme from story);
select is(pg_temp.look(now()), 0, 'for an archived organization nothing is watched');
update public.organizations set archived_at = null;

-- One that cannot be looked at.
alter table public.alerts add constraint there_is_none check (kind <> 'failed_events') not valid;
insert into public.alert_rules (org_id, owner_id, name, kind, threshold) select acme, manager, 'Other', 'queue', 1 from story;
select is(pg_temp.look(now()), 1, 'a rule that cannot be looked at does not stop the others');
select isnt(error, null, 'and waits') from private.alert_checks order by next_check_at desc limit 1;
select is(pg_temp.look(now() + interval '4 minutes'), 0, 'for five minutes');
select is(auth.uid(), null, 'who looks at rules is nobody afterwards');
select is(tests.rows_as('sync', 'select private.evaluate_alerts(now(), 1) as c') #>> '{0, c}', '0', 'it may do a part');

select * from finish();
rollback;
