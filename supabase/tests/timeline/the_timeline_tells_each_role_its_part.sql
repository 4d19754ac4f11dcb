begin;
select plan(13);

create temporary table people on commit drop as
select w.*, tests.api_key(w.acme) as key, tests.api_key(w.acme, array['messages:read']) as messages_key from tests.two_organizations() w;
create temporary table story on commit drop as
select
  p.*, tests.call(p.given, '2026-06-01 09:00Z') as given_call, tests.call(p.other, '2026-06-01 10:00Z', 'missed') as other_call,
  tests.call(p.theirs, '2026-06-01 09:30Z') as their_call
from people p;
grant select on story to public;
select tests.call(given, '2026-06-01 12:00Z') from story;
update public.calls set deleted_at = now() where started_at = '2026-06-01 12:00Z';
insert into public.messages (id, org_id, integration_id, line_id, direction, business_number, external_number, body, state, sent_at)
select gen_random_uuid(), v.org_id, s.platform_account, v.line_id, 'inbound', '+12125550101', v.external_number, v.body, 'received',
'2026-06-01 11:00Z'
from story s
cross join lateral (
  values (s.acme, s.given, '+12125550199', 'Hi'), (s.globex, s.theirs, '+12125550199', 'Theirs'),
    (s.acme, s.given, '+12125550198', 'Somebody else')
) v (org_id, line_id, external_number, body);
select private.apply_voicemails(platform_account, array(
  select jsonb_build_object('id', n, 'dateTimeUtc', '2026-06-01T10:01:00Z', 'businessNumber', n, 'from', '+12125550199', 'text', 'Call me')
  from unnest(array['+12125550101', '+12125550102', '+12125550103']) n
), now()) from story;
select tests.act_as(agent) from story;
insert into public.call_notes (org_id, call_id, body) select acme, given_call, 'Nice' from story;
select tests.act_as(org_admin) from story;
insert into public.call_notes (org_id, call_id, body) select acme, other_call, 'Angry' from story;
select tests.act_as_role('postgres');
update public.call_notes set created_at = '2026-06-01 13:00Z' where body = 'Nice';
update public.call_notes set created_at = '2026-06-01 14:00Z' where body = 'Angry';

-- What there was with the number ending in 199, in order.
create function pg_temp.told() returns text
language sql as $$
  select string_agg(concat_ws(' ', t.kind, t.state, t.body), ', ' order by t.at, t.kind, t.line_id::text)
  from public.timeline t
  where t.external_number = '+12125550199'
$$;
create function pg_temp.told_with(p_key uuid) returns text
language plpgsql as $$
declare
  v_told text;
begin
  perform tests.act_as_key(p_key);
  v_told := pg_temp.told();
  perform tests.act_as_role('postgres');
  return v_told;
end
$$;
grant execute on function pg_temp.told() to public;

select is(
  pg_temp.told_with(key),
  'call answered, call missed, voicemail unheard Call me, voicemail unheard Call me, message received Hi, note Nice, note Angry',
  'an API key that may read everything is told everything'
) from story;
select is(pg_temp.told_with(messages_key), 'message received Hi', 'another what its scopes show') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.told(), 'call answered, call missed, note Nice, note Angry', 'a viewer is told of calls, not of what was said');
select tests.act_as(agent) from story;
select is(
  pg_temp.told(), 'call answered, voicemail unheard Call me, message received Hi, note Nice', 'an agent of what came on given lines'
);
select tests.act_as(manager) from story;
select is(pg_temp.told(), 'call answered, voicemail unheard Call me, message received Hi, note Nice', 'and so is a manager');
select tests.act_as(org_admin) from story;
select is(
  pg_temp.told(),
  'call answered, call missed, voicemail unheard Call me, voicemail unheard Call me, message received Hi, note Nice, note Angry',
  'an admin of everything'
);
select results_eq(
  $$
    select t.kind, t.direction, t.at, t.call_id = case t.kind when 'call' then t.id else t.call_id end, t.person
    from public.timeline t, story s
    where t.org_id = s.acme and t.external_number = '+12125550199' and t.line_id = s.given
    order by t.at
  $$,
  $$
    select v.kind, v.direction, v.at::timestamptz, v.of_call, case v.kind when 'note' then agent end
    from story
    cross join (
      values ('call', 'inbound', '2026-06-01 09:00Z', true), ('voicemail', 'inbound', '2026-06-01 10:01Z', null),
        ('message', 'inbound', '2026-06-01 11:00Z', null), ('note', null, '2026-06-01 13:00Z', true)
    ) v (kind, direction, at, of_call)
  $$, 'each with what is known of it'
);
select tests.act_as(their_admin) from story;
select is(pg_temp.told(), 'call answered, voicemail unheard Call me, message received Theirs', 'another organization of its own');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.timeline), 11, 'the operator of all');
select is((select count(*)::int from public.timeline t, story s where t.org_id = s.acme), 8, 'or of one organization');
select tests.act_as(org_admin) from story;
select is(tests.attempt('update public.timeline set body = null'), '42501', 'it is only read');
select is(tests.attempt('delete from public.timeline'), '42501', 'and nothing goes from it');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.timeline'), '42501', 'nor read without signing in');

select * from finish();
rollback;
