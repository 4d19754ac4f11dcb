begin;
select plan(21);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme) as key, tests.api_key(w.acme, array['messages:read']) as messages_key from tests.two_organizations() w;
grant select on story to public;
update public.org_members set created_at = now() - interval '40 days';
create function pg_temp.ago(p_hours int) returns timestamptz
language sql as $$ select now() - make_interval(hours => p_hours) $$;
-- What calls are told, and which are not.
select
  tests.calls(given, 1, jsonb_build_object('started_at', pg_temp.ago(20), 'outcome', 'missed', 'external_number', '+12125550199')),
  tests.calls(other, 1, jsonb_build_object(
    'started_at', pg_temp.ago(19), 'is_dropped', true, 'transfer_count', 1, 'member_ids', array[agent_member]
  )),
  tests.calls(other, 1, jsonb_build_object('started_at', pg_temp.ago(18), 'transfer_count', 2)),
  tests.calls(given, 1, jsonb_build_object('started_at', pg_temp.ago(17))),
  tests.calls(given, 1, jsonb_build_object('started_at', pg_temp.ago(16), 'outcome', 'missed', 'direction', 'outbound')),
  tests.calls(given, 1, jsonb_build_object('started_at', pg_temp.ago(15), 'outcome', 'missed', 'direction', 'internal')),
  tests.calls(given, 1, jsonb_build_object('started_at', pg_temp.ago(14), 'outcome', null, 'transfer_count', 1)),
  tests.calls(given, 1, jsonb_build_object('started_at', pg_temp.ago(13), 'outcome', 'missed', 'deleted_at', now())),
  tests.calls(given, 1, jsonb_build_object('started_at', pg_temp.ago(24 * 31), 'outcome', 'missed')),
  tests.calls(theirs, 1, jsonb_build_object('started_at', pg_temp.ago(12), 'outcome', 'missed'))
from story;
insert into public.messages (
  id, org_id, integration_id, line_id, direction, business_number, external_number, body, state, sent_at, sent_by
)
select
  gen_random_uuid(), acme, acme_account, other, 'outbound', '+12125550102', '+12125550199', 'We call back', 'sent', pg_temp.ago(11),
  manager
from story;
insert into public.voicemails (
  id, org_id, integration_id, provider_voicemail_id, line_id, external_number, received_at, transcription, unlisted_at
)
select
  gen_random_uuid(), v.org_id, s.platform_account, gen_random_uuid(), v.line_id, '+12125550198', pg_temp.ago(v.hours), v.words,
  v.unlisted_at
from story s
cross join lateral (
  values (s.acme, s.given, 10, 'Please call', null::timestamptz), (s.acme, s.other, 9, 'And me', null), (s.acme, s.given, 8, 'Gone', now())
) v (org_id, line_id, hours, words, unlisted_at);
insert into public.call_notes (org_id, call_id, body, author, created_at)
select c.org_id, c.id, 'Angry', s.org_admin, pg_temp.ago(7)
from story s
join public.calls c on c.org_id = s.acme and c.outcome = 'missed' and c.started_at = pg_temp.ago(20);
update public.org_members m set created_at = pg_temp.ago(6), deactivated_at = pg_temp.ago(5)
from story s where m.id = s.viewer_member;
select tests.join(their_admin, acme, 'agent') from story;
update public.org_members m set created_at = pg_temp.ago(4) from story s where m.user_id = s.their_admin and m.org_id = s.acme;
insert into public.sync_jobs (org_id, integration_id, resource, kind, state, error, finished_at)
select v.org_id, v.account, v.resource, v.kind, v.state, v.error, now() - v.ago::interval
from story s
cross join lateral (
  values
    (s.acme, s.acme_account, 'calls', 'scheduled', 'failed', 'It rains.', '3 hours'),
    -- It goes on, and is told again when it comes back after more than an hour.
    (s.acme, s.acme_account, 'calls', 'scheduled', 'failed', 'It rains.', '2 hours 10 minutes'),
    (s.acme, s.acme_account, 'messages', 'scheduled', 'failed', 'It snows.', '2 hours'),
    (s.acme, s.acme_account, 'calls', 'scheduled', 'failed', 'It pours.', '1 hour'),
    (s.acme, s.acme_account, 'calls', 'test', 'failed', 'Wrong key.', '30 minutes'),
    (s.acme, s.acme_account, 'contacts', 'scheduled', 'done', null, '20 minutes'),
    (private.holding_org_id(), s.platform_account, 'calls', 'scheduled', 'failed', 'The gate is shut.', '10 minutes')
) v (org_id, account, resource, kind, state, error, ago);

-- The manager's rule raised an alert that is over, the admin's one that is not, each before anything else here.
insert into public.alert_rules (id, org_id, owner_id, name, kind, threshold)
select r.id, s.acme, r.owner_id, r.name, 'queue', 5
from story s cross join lateral (values (s.given, s.manager, 'Mine'), (s.other, s.org_admin, 'All')) r (id, owner_id, name);
insert into public.alerts (org_id, rule_id, kind, raised_at, cleared_at, value, worst_value, threshold, title)
select s.acme, a.rule_id, 'queue', a.raised_at, a.cleared_at, 5, 5, 5, a.title
from story s
cross join lateral (
  values (s.given, pg_temp.ago(30), pg_temp.ago(29), 'Many wait'), (s.other, pg_temp.ago(28), null, 'Too many wait')
) a (rule_id, raised_at, cleared_at, title);

create function pg_temp.told(p_org_id uuid, p_kinds text[] default null) returns text
language sql as $$
  select string_agg(concat_ws(' ', a.kind, a.state, a.body), ', ') from public.activity(p_org_id, p_kinds) a
$$;
grant execute on function pg_temp.told(uuid, text[]), pg_temp.ago(int) to public;
grant select on story to api_reader;

select tests.act_as(org_admin) from story;
select is(
  pg_temp.told(acme),
  'sync failed calls: It pours., sync failed messages: It snows., sync failed calls: It rains., member joined agent, '
  'member deactivated viewer, member joined viewer, note Angry, voicemail unheard And me, voicemail unheard Please call, '
  'message sent We call back, call transferred, call dropped, call missed, alert raised Too many wait, alert cleared Many wait, '
  'alert raised Many wait',
  'an admin is told everything, the newest first'
) from story;
select is(
  pg_temp.told(acme, array['note', 'call']), 'note Angry, call transferred, call dropped, call missed', 'or some kinds of it'
) from story;
select is(pg_temp.told(acme, '{}'), null, 'of no kind nothing') from story;
select is(pg_temp.told(acme, array['weather']), null, 'nor of one that there is not') from story;
select results_eq(
  $$
    select a.kind, a.at, a.external_number collate "default", a.line_id, a.person, a.person_name
    from story s cross join lateral public.activity(s.acme, array['note', 'message', 'member']) a
  $$,
  $$
    select v.* from story s
    cross join lateral (values
      ('member', pg_temp.ago(4), null, null::uuid, s.their_admin, 'Org_Admin'),
      ('member', pg_temp.ago(5), null, null, s.viewer, 'Viewer'), ('member', pg_temp.ago(6), null, null, s.viewer, 'Viewer'),
      ('note', pg_temp.ago(7), '+12125550199', s.given, s.org_admin, 'Org_Admin'),
      ('message', pg_temp.ago(11), '+12125550199', s.other, s.manager, 'Manager')
    ) v (kind, at, external_number, line_id, person, person_name)
  $$, 'each with who it was and on which line'
);
select results_eq(
  $$
    select a.kind, a.call_id = c.id, a.id = c.id
    from story s
    cross join lateral public.activity(s.acme, array['call', 'note']) a
    join public.calls c on c.id = a.call_id
    where c.started_at = pg_temp.ago(20)
  $$, $$values ('note', true, false), ('call', true, true)$$, 'and of which call it is'
);
select is(pg_temp.told(null), pg_temp.told(acme), 'all organizations are one''s own') from story;
select is(
  tests.attempt(format('select from public.activity(%L)', globex)), 'PT404 organization_not_found', 'another''s is nobody''s'
) from story;

select tests.act_as(manager) from story;
select is(
  pg_temp.told(acme),
  'sync failed calls: It pours., sync failed messages: It snows., sync failed calls: It rains., member joined agent, '
  'member deactivated viewer, member joined viewer, note Angry, voicemail unheard Please call, message sent We call back, call missed, '
  'alert cleared Many wait, alert raised Many wait',
  'a manager of given lines and of the people'
) from story;
select tests.act_as(agent) from story;
select is(
  pg_temp.told(acme),
  'member joined agent, member deactivated viewer, member joined viewer, note Angry, voicemail unheard Please call, '
  'message sent We call back, call dropped, call missed',
  'an agent of what they handled too, and of no account'
) from story;
select tests.act_as(viewer) from story;
select is(pg_temp.told(null), null, 'who is gone is told nothing');
select is(tests.attempt(format('select from public.activity(%L)', acme)), 'PT404 organization_not_found', 'of what was theirs') from story;
select tests.act_as_role('postgres');
update public.org_members m set deactivated_at = null from story s where m.id = s.viewer_member;
select tests.act_as(viewer) from story;
select is(
  pg_temp.told(acme), 'member joined viewer, note Angry, call transferred, call dropped, call missed',
  'a viewer of calls and of coming themselves, not of what was said'
) from story;

select tests.act_as(their_admin) from story;
select is(pg_temp.told(globex), 'call missed', 'another organization of its own') from story;
select is(
  pg_temp.told(null, array['call', 'message', 'member']),
  'member joined agent, member joined viewer, message sent We call back, call missed', 'who is in two of both at once'
);
select tests.act_as(platform_admin) from story;
select is(pg_temp.told(private.holding_org_id()), 'sync failed calls: The gate is shut.', 'the operator of what is nobody''s');
select is((select count(*)::int from public.activity(null, array['call'])), 4, 'and of all');

select tests.act_as_role('postgres');
create function pg_temp.told_with(p_key uuid, p_org_id uuid) returns text
language plpgsql as $$
declare
  v_told text;
begin
  perform tests.act_as_key(p_key);
  v_told := pg_temp.told(p_org_id);
  perform tests.act_as_role('postgres');
  return v_told;
end
$$;
select is(pg_temp.told_with(messages_key, acme), 'message sent We call back', 'a key what its scopes show') from story;
select alike(
  pg_temp.told_with(key, acme), 'sync failed calls: It pours.%member joined agent%note Angry%call missed',
  'one that reads everything everything'
) from story;
select throws_ok(
  format('select pg_temp.told_with(%L, %L)', key, globex), 'PT404', 'There is no such organization.', 'of its own organization'
) from story;
select tests.act_as_role('anon');
select is(tests.attempt('select from public.activity(null)'), '42501', 'nobody is told without signing in');

select * from finish();
rollback;
