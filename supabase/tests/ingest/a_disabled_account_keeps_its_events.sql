begin;
select plan(10);

create temporary table story on commit drop as select * from tests.two_organizations();
create function pg_temp.hand_in(p_type text, p_second int, p_call text default 'call') returns text
language sql as $$
  select d.status || case when d.is_duplicate then ' before' else '' end
  from story s, tests.deliver(
    s.acme_account, tests.event(
      p_type, p_call, now() + make_interval(secs => p_second), '{"From": "+12125550199", "To": "+12125550101"}', p_call || p_type
    )
  ) d
$$;
update public.integrations set disabled_at = now() where id = (select acme_account from story);

select is(pg_temp.hand_in('IncomingCall', 0), 'kept', 'an event of a disabled account is kept');
select is(pg_temp.hand_in('IncomingCallConnected', 5), 'kept', 'so is the next');
select is(pg_temp.hand_in('IncomingCall', 0), 'kept before', 'delivered again, it stays kept');
select is(pg_temp.hand_in('SomethingElse', 0), 'kept', 'whatever it is');
select is_empty('select from public.calls', 'no call is written');

update public.integrations set disabled_at = null where id = (select acme_account from story);
select is(pg_temp.hand_in('IncomingCall', 0), 'applied before', 'once enabled, an event delivered again is applied');
select private.replay_webhook_events(array_agg(id)) from private.webhook_events;
select results_eq(
  'select event_type, status from private.webhook_events order by 1',
  $$values ('IncomingCall', 'applied'), ('IncomingCallConnected', 'applied'), ('SomethingElse', 'ignored')$$,
  'and a replay applies the others'
);
select results_eq(
  'select org_id, answered_at - arrived_at from public.calls', $$select acme, interval '5 seconds' from story$$, 'as if they had come then'
);

-- Disabled once more: a replay changes nothing.
update public.integrations set disabled_at = now() where id = (select acme_account from story);
select is(pg_temp.hand_in('IncomingCallCompleted', 60), 'kept', 'disabled, it keeps again');
select private.replay_webhook_events(array_agg(id)) from private.webhook_events;
select results_eq('select outcome from public.calls', 'select null::text', 'and what is kept is not applied by a replay');

select * from finish();
rollback;
