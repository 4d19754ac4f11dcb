begin;
select plan(23);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.tell(p_account uuid, p_type text, p_call text, p_to text, p_body jsonb default '{}') returns bigint
language sql as $$
  select d.event_id from tests.deliver(
    p_account, tests.event(p_type, p_call, now(), jsonb_build_object('From', '+12125550199', 'To', p_to) || p_body)
  ) d
$$;
-- To Acme's number and to Globex's of the platform-wide account, to nobody's, and to each one's own account.
select
  pg_temp.tell(platform_account, 'IncomingCall', 'for Acme', '+12125550101'),
  pg_temp.tell(platform_account, 'IncomingCall', 'for Globex', '+12125550103'),
  pg_temp.tell(platform_account, 'IncomingCall', 'for nobody', '+12125550109'),
  pg_temp.tell(acme_account, 'IncomingCallRinging', 'own', '+12125550105', '{"Extension": "101"}'),
  pg_temp.tell(globex_account, 'AgentStatusChanged', 'own', '+12125550106')
from story;
create function pg_temp.seen() returns text
language sql as $$
  select string_agg(e.event_type || ' ' || coalesce(e.provider_call_id, '-'), ', ' order by e.id) from public.webhook_events e
$$;
grant execute on function pg_temp.seen() to public;

select tests.act_as(viewer) from story;
select is(pg_temp.seen(), null, 'a viewer sees no delivery');
select tests.act_as(agent) from story;
select is(pg_temp.seen(), null, 'nor does an agent');
select tests.act_as(manager) from story;
select is(pg_temp.seen(), null, 'nor a manager');
select tests.act_as(org_admin) from story;
select is(
  pg_temp.seen(), 'IncomingCall for Acme, IncomingCallRinging own',
  'an admin sees those that tell of the organization''s calls, of whichever account'
);
select tests.act_as(their_admin) from story;
select is(pg_temp.seen(), 'IncomingCall for Globex, AgentStatusChanged -', 'each their own, also what is not used');
select tests.act_as(platform_admin) from story;
select is(
  pg_temp.seen(),
  'IncomingCall for Acme, IncomingCall for Globex, IncomingCall for nobody, IncomingCallRinging own, AgentStatusChanged -',
  'the operator all'
);
select tests.act_as_role('anon');
select is(tests.attempt('select from public.webhook_events'), '42501', 'and nobody none');

-- They are found by what they tell.
select tests.act_as(org_admin) from story;
select results_eq(
  $$
    select
      e.kind, e.direction, e.extension, e.from_number collate "default", e.to_number collate "default", e.occurred_at = now(),
      e.received_at = now(), e.status, e.error, e.integration_id
    from public.webhook_events e where e.provider_call_id = 'own'
  $$,
  $$
    select 'ringing', 'inbound', '101', '+12125550199', '+12125550105', true, true, 'applied', null::text, acme_account
    from story
  $$, 'with what was read from them'
);
select results_eq(
  $$select e.payload -> 'Body' ->> 'Extension', e.payload ->> 'ApiKey' from public.webhook_events e where e.provider_call_id = 'own'$$,
  $$values ('101', '[redacted]')$$, 'and what was sent, but for the account''s key'
);
select is(tests.attempt('delete from public.webhook_events'), '42501', 'nobody removes one');
select is(tests.attempt('update public.webhook_events set status = ''ignored'''), '42501', 'or changes one');
select is(
  tests.attempt('insert into public.webhook_events (status) values (''applied'')'), '42501', 'or makes one up'
);
select is(tests.attempt('update private.webhook_events set status = ''ignored'''), '42501', 'in whatever way');
select is(tests.attempt('select dedupe_key from private.webhook_events'), '42501', 'nor reads more than that');
select is(tests.attempt('select recording_url from private.webhook_events'), '42501', 'above all no link');

-- A link opens the audio to whoever has it.
select tests.act_as_role('postgres');
select pg_temp.tell(
  acme_account, 'IncomingCallCompleted', 'recorded', '+12125550105',
  '{"RecordingLink": "HTTPS://audio.example.com/1?a=\"b", "Note": "see https:"}'
) from story;
select tests.act_as(org_admin) from story;
select results_eq(
  $$
    select e.payload -> 'Body' ->> 'RecordingLink', e.payload -> 'Body' ->> 'Note', e.has_recording
    from public.webhook_events e where e.provider_call_id = 'recorded'
  $$,
  $$values ('[link]', 'see https:', true)$$, 'links are left out, wherever they stand'
);
select is_empty(
  $$select from public.webhook_events e where e.payload::text like '%audio.example%'$$, 'all of them'
);

-- What Postgres cannot hold as JSON.
select tests.act_as_role('postgres');
select tests.deliver(
  acme_account, '{"EventType":"IncomingCall","ApiKey":"secret","Link":"https://audio.example.com/2","Body":{"Id":"c","n":1e200000}}'
) from story;
select tests.deliver(acme_account, E'{"EventType":"IncomingCall","Body":{"Id":"with\\u0000nul"}}') from story;
select tests.act_as(org_admin) from story;
select results_eq(
  $$select e.status, e.error, e.payload, e.unreadable_body from public.webhook_events e where e.unreadable_body is not null$$,
  $$
    values (
      'failed', 'The body is nested too deep, or holds what Postgres cannot.', null::jsonb,
      '{"EventType":"IncomingCall","ApiKey":"[redacted]","Link":"[link]","Body":{"Id":"c","n":1e200000}}'
    )
  $$, 'is shown as text, as carefully'
);
select results_eq(
  'select e.provider_call_id collate "default" from public.webhook_events e where e.had_nul', $$values (U&'with\FFFDnul')$$,
  'NUL characters are shown as what they were replaced by'
);

-- An event goes where its call goes.
select tests.act_as_role('postgres');
update public.lines l set period = tstzrange(null, now() - interval '1 minute') from story s where l.id = s.given;
select tests.line(s.globex, l.phone_number_id, tstzrange(now() - interval '1 minute', null))
from story s join public.lines l on l.id = s.given;
select private.write_calls(platform_account, array['for Acme']) from story;
select tests.act_as(org_admin) from story;
select is_empty(
  $$select from public.webhook_events e where e.provider_call_id = 'for Acme'$$, 'whose call has left does not see its events'
);
select tests.act_as(their_admin) from story;
select isnt_empty($$select from public.webhook_events e where e.provider_call_id = 'for Acme'$$, 'who has it does');

-- Deactivated, one sees none.
select tests.act_as_role('postgres');
select tests.member(globex, 'org_admin') from story;
update public.org_members m set deactivated_at = now() from story s where m.id = s.their_member;
select tests.act_as(their_admin) from story;
select is(pg_temp.seen(), null, 'who was deactivated sees none');
select tests.act_as_role('postgres');
select is(
  has_table_privilege('api_reader', 'public.webhook_events', 'select'), false, 'keys read no deliveries'
);

select * from finish();
rollback;
