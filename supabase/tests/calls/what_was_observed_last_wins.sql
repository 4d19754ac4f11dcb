begin;
select plan(10);

create temporary table story on commit drop as select *, '2025-06-02 09:00:00Z'::timestamptz as start from tests.two_organizations();
create function pg_temp.tell(p_type text, p_second numeric, p_body jsonb default '{}', p_call text default 'call') returns void
language sql as $$
  select tests.deliver(
    platform_account,
    tests.event(
      p_type, p_call, start + make_interval(secs => p_second::double precision),
      jsonb_build_object('From', '+12125550199', 'To', '+12125550101') || p_body
    ), start + interval '1 hour'
  )
  from story
$$;
create function pg_temp.hear(p_at int, p_said jsonb) returns void
language sql as $$
  select tests.pull(
    platform_account, 'calls', array[tests.listed('call', start, p_said)], start + make_interval(mins => p_at)
  ) from story
$$;

select pg_temp.hear(1, '{"callStatus": "Missed", "caller": {"name": "Jo", "phone": "+12125550199"}}');
select pg_temp.hear(3, '{"callStatus": "Connected", "caller": {"name": null, "phone": "+12125550198"}}');
select results_eq(
  'select outcome, external_number, external_name from public.calls', $$values ('answered', '+12125550198' collate "C", 'Jo')$$,
  'the statement observed last wins, field by field'
);
select pg_temp.hear(2, '{"callStatus": "VoiceMail"}');
select results_eq('select outcome from public.calls', $$values ('answered')$$, 'an older one that arrives late does not');
select pg_temp.hear(4, '{"callStatus": "Missed", "caller": {"name": "Jo", "phone": "+12125550199"}}');
select results_eq(
  'select outcome, external_number from public.calls', $$values ('missed', '+12125550199' collate "C")$$,
  'one heard again counts from when it was heard last'
);
select is(
  (select count(*)::int from private.call_snapshots where provider_call_id = 'call'), 3, 'each distinct statement is kept once'
);

-- Heard twice, and then told something else that was observed in between.
create function pg_temp.recall(p_at int, p_status text) returns void
language sql as $$
  select tests.pull(
    platform_account, 'calls', array[tests.listed('recalled', start, jsonb_build_object('callStatus', p_status))],
    start + make_interval(mins => p_at)
  ) from story
$$;
select pg_temp.recall(1, 'Missed'), pg_temp.recall(3, 'Missed'), pg_temp.recall(2, 'Connected');
select results_eq(
  'select outcome from public.calls where provider_call_id = ''recalled''', $$values ('missed')$$,
  'a statement counts from its last hearing even if nothing else was known then'
);

-- Corrected agents.
select pg_temp.hear(5, '{"called": [{"extension": "101", "isConnected": true}]}');
select pg_temp.hear(6, '{"called": [{"extension": "102", "isConnected": true}]}');
select results_eq(
  'select extension, transfer_count::int from public.legs l join public.calls c on c.id = l.call_id and provider_call_id = ''call''',
  $$values ('102', 0)$$,
  'an agent who was corrected away has no leg, and the call was not transferred'
);

-- The same call in a page twice, observed at the same time.
select tests.pull(
  platform_account, 'calls',
  array[tests.listed('twice', start, '{"callStatus": "Missed"}'), tests.listed('twice', start, '{"callStatus": "Connected"}')], start
) from story;
create temporary table first on commit drop as select outcome from public.calls where provider_call_id = 'twice';
select tests.pull(
  platform_account, 'calls',
  array[tests.listed('twice', start, '{"callStatus": "Connected"}'), tests.listed('twice', start, '{"callStatus": "Missed"}')], start
) from story;
select results_eq(
  'select outcome from public.calls where provider_call_id = ''twice''', 'select outcome from first', 'a tie is not decided by the order'
);

-- Listed no more, and again.
insert into private.call_snapshots (integration_id, provider_call_id, payload_hash, payload, is_tombstone, observed_at)
select platform_account, 'call', sha256('gone'), '{}', true, start + interval '7 minutes' from story;
select private.write_calls(platform_account, array['call']) from story;
select results_eq(
  'select deleted_at - start, outcome from public.calls, story where provider_call_id = ''call''',
  $$values (interval '7 minutes', 'answered')$$, 'a call that is listed no more keeps what was known of it'
);
select pg_temp.hear(8, '{"called": [{"extension": "102", "isConnected": true}]}');
select results_eq(
  'select deleted_at from public.calls where provider_call_id = ''call''', 'select null::timestamptz',
  'and is there again when it is listed again'
);
select pg_temp.tell('IncomingCall', 0);
select is((select count(*)::int from public.calls where provider_call_id = 'call'), 1, 'all of it one call');

select * from finish();
rollback;
