begin;
select plan(8);

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
create function pg_temp.row(p_call text) returns text
language sql as $$
  select format('%s: ours %s, theirs %s, %s', direction, business_number, external_number, outcome)
  from public.calls where provider_call_id = p_call
$$;

select pg_temp.tell('OutgoingCall', 0, '{"From": "+12125550101", "To": "+12125550198", "Extension": "101"}', 'out');
select pg_temp.tell('OutgoingCallConnected', 5, '{"From": "+12125550101", "To": "+12125550198", "Extension": "101"}', 'out');
select pg_temp.tell('OutgoingCallCompleted', 65, '{"From": "+12125550101", "To": "+12125550198"}', 'out');
select is(pg_temp.row('out'), 'outbound: ours +12125550101, theirs +12125550198, answered', 'a call placed goes out from our number');
select results_eq(
  'select wait_seconds, talk_seconds, c.transfer_count::int from public.calls c where provider_call_id = ''out''',
  'values (null::int, 60, 0)', 'nobody waited for us'
);
select results_eq(
  'select l.extension, l.is_connected from public.legs l join public.calls c on c.id = l.call_id and c.provider_call_id = ''out''',
  $$values ('101', true)$$, 'who placed it has a leg'
);

select pg_temp.tell('CallbackCall', 0, '{"From": "+12125550101", "To": "+12125550198"}', 'back');
select pg_temp.tell('CallbackCallCompleted', 20, '{"From": "+12125550101", "To": "+12125550198"}', 'back');
select is(pg_temp.row('back'), 'callback: ours +12125550101, theirs +12125550198, missed', 'a callback is a call we made in return');

select
  pg_temp.tell('IncomingCall', 0, '{"From": "Anonymous"}', 'withheld'),
  pg_temp.tell('IncomingCallCompleted', 9, '{"From": "Anonymous"}', 'withheld');
select is(pg_temp.row('withheld'), 'inbound: ours +12125550101, theirs , missed', 'a withheld number is nobody''s');

-- Both numbers are ours.
select pg_temp.tell('IncomingCall', 0, '{"From": "+12125550102", "To": "+12125550101"}', 'between us');
select is(
  pg_temp.row('between us'), 'inbound: ours +12125550101, theirs +12125550102, ', 'between our own numbers, the called one is ours'
);
select tests.pull(
  platform_account, 'calls', array[tests.listed('between us', start, '{
    "direction": "Internal", "businessNumber": null, "caller": {"extension": "101", "phone": "+12125550102"}, "called": [{"extension": "102", "isConnected": true}]
  }')]
) from story;
select is(pg_temp.row('between us'), 'internal: ours +12125550101, theirs , answered', 'an internal call has no outside');
select results_eq(
  'select l.extension from public.legs l join public.calls c on c.id = l.call_id and c.provider_call_id = ''between us'' order by 1',
  $$values ('101'), ('102')$$, 'and two legs'
);

select * from finish();
rollback;
