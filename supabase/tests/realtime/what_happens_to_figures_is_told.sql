begin;
select plan(13);

select tests.realtime();
create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
-- Whom this statement told something.
create function pg_temp.told(p_sql text, p_user_id uuid default null) returns text
language plpgsql as $$
begin
  delete from realtime.messages;
  if p_user_id is not null then
    perform tests.act_as(p_user_id);
  end if;
  execute p_sql;
  perform tests.act_as_role('postgres');
  return (
    select string_agg(o.name, ', ' order by o.name)
    from realtime.messages m
    join public.organizations o on m.topic = 'org:' || o.id
  );
end
$$;

select is(
  pg_temp.told(
    format('insert into public.report_schedules (org_id, name, report, frequency) values (%L, ''A'', ''days'', ''daily'')', acme),
    manager
  ), 'Acme', 'a schedule is told'
) from story;
select is(pg_temp.told('update public.report_schedules set name = ''Every day''', manager), 'Acme', 'as is what becomes of it') from story;
select is(
  pg_temp.told('select private.start_report_run(s, now() - interval ''1 day'', now(), true, now()) from public.report_schedules s'),
  'Acme, Acme',
  'a run is told, and that it has its documents'
);
select is(
  pg_temp.told('select private.fail_report_run(id, ''x'', now()) from public.report_runs'), 'Acme, Acme', 'how it ends, and a notification'
);
select is(pg_temp.told('update public.notifications set read_at = now()', manager), 'Acme', 'that it is read') from story;
select is(pg_temp.told('delete from public.report_schedules', manager), 'Acme', 'that a schedule is gone') from story;
select is(
  pg_temp.told(format(
    'insert into public.alert_rules (org_id, name, kind, threshold) values (%L, ''Deliveries'', ''failed_events'', 1)', acme
  ), manager), 'Acme', 'an alert rule is told'
) from story;
select is(pg_temp.told('select private.evaluate_alerts(now(), 10)'), null, 'but not that nothing happens');
select is(
  pg_temp.told('update public.alert_rules set name = ''Failed deliveries'', clear_after_minutes = 0', manager), 'Acme', 'that it is changed'
) from story;
insert into private.webhook_events (org_id, integration_id, dedupe_key, received_at, status, error)
select acme, acme_account, 'x', now(), 'failed', 'x' from story;
select is(
  pg_temp.told('select private.evaluate_alerts(now() + interval ''1 minute'', 10)'), 'Acme, Acme', 'an episode is told, and a notification'
);
select is(pg_temp.told('select private.evaluate_alerts(now() + interval ''2 minutes'', 10)'), null, 'but not that it lasts');
select is(pg_temp.told('select private.evaluate_alerts(now() + interval ''2 hours'', 10)'), 'Acme, Acme', 'its end is told, too');
select is(pg_temp.told('delete from public.alert_rules', manager), 'Acme, Acme', 'and that the rule is gone, and its episodes') from story;

select * from finish();
rollback;
