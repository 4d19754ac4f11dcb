begin;
select plan(11);

create temporary table story on commit drop as select * from tests.two_organizations();
create function pg_temp.hand_in(p_call text, p_type text default 'IncomingCall') returns text
language sql as $$
  select d.status || case when d.is_duplicate then ' before' else '' end
  from story s, tests.deliver(
    s.platform_account, tests.event(p_type, p_call, now(), '{"From": "+12125550199", "To": "+12125550101"}', p_call || p_type)
  ) d
$$;

-- For a while one call cannot be written.
alter table public.calls add constraint is_not_cursed check (provider_call_id <> 'cursed');
select is(pg_temp.hand_in('cursed'), 'failed', 'an event whose call cannot be written fails');
select matches((select error from private.webhook_events), 'is_not_cursed', 'with the reason');
select is_empty('select from public.calls', 'and leaves nothing behind');
select is(pg_temp.hand_in('cursed'), 'failed before', 'delivered again, it is tried again');
select results_eq(
  $$
    select i.status
    from story s, private.ingest_webhook_events(array[
      jsonb_build_object('integration_id', s.platform_account, 'received_at', now(), 'body', tests.event('IncomingCall', 'blessed')),
      jsonb_build_object('integration_id', s.platform_account, 'received_at', now(), 'body', tests.event('IncomingCall', 'cursed'))
    ]) i
  $$, $$values ('applied'), ('failed')$$, 'the others of its batch are not held up'
);

alter table public.calls drop constraint is_not_cursed;
select is(pg_temp.hand_in('cursed'), 'applied before', 'once it can be written, a further delivery applies it');
select is((select error from private.webhook_events where dedupe_key = 'guid:cursedincomingcall'), null, 'and the failure is forgotten');
select is((select count(*)::int from public.calls), 2, 'the call is there');
select is((select count(*)::int from public.calls where arrived_at is not null), 2 - 1, 'with what it told');
select is(pg_temp.hand_in('cursed'), 'applied before', 'after that it is a duplicate like any other');
select is(
  (select count(*)::int from private.webhook_events where status = 'failed'), 1, 'what was not delivered again stays failed'
);

select * from finish();
rollback;
