begin;
select plan(29);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
-- So many hours ago, on the line given to the agent unless said otherwise.
create function pg_temp.call(p_hours numeric, p_number text, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, 1, jsonb_build_object(
    'external_number', p_number, 'started_at', now() - p_hours * interval '1 hour', 'outcome', 'missed'
  ) || p_said) from story
$$;
create function pg_temp.callers() returns text
language sql as $$
  select string_agg(format('%s×%s/%s', right(m.external_number, 2), m.misses, m.attempts), ' ' order by m.external_number)
  from public.missed_callers m
$$;
create function pg_temp.of(p_number text) returns public.missed_callers
language sql as $$
  select m.* from public.missed_callers m where m.external_number = p_number
$$;
grant execute on function pg_temp.callers(), pg_temp.of(text) to public;

select pg_temp.call(30, '+12125550110'), pg_temp.call(5, '+12125550110'), pg_temp.call(4, '+12125550111');
select tests.act_as(agent) from story;
select is(pg_temp.callers(), '10×2/0 11×1/0', 'who was missed is there, however often, once');
select results_eq(
  'select state, first_missed_at, last_missed_at, age_seconds, line_ids, last_line_id, work_id is null from pg_temp.of(''+12125550110'')',
  $$
    select 'open', now() - interval '30 hours', now() - interval '5 hours', 108000::bigint, array[given], given, true from story
  $$,
  'with when, for how long, and where'
);

select tests.act_as_role('postgres');
select
  pg_temp.call(3, '+12125550110', '{"direction": "outbound"}'), pg_temp.call(2, '+12125550110', '{"direction": "callback"}'),
  pg_temp.call(31, '+12125550110', '{"direction": "outbound"}');
select tests.act_as(agent) from story;
select is(pg_temp.callers(), '10×2/2 11×1/0', 'calling in vain is an attempt, and before the miss it was none');
select is((pg_temp.of('+12125550110')).last_attempt_at, now() - interval '2 hours', 'the last of which is told');

select tests.act_as_role('postgres');
select pg_temp.call(1, '+12125550110', '{"direction": "callback", "outcome": "answered"}');
select tests.act_as(agent) from story;
select is(pg_temp.callers(), '11×1/0', 'whom we called back is there no more');
select tests.act_as_role('postgres');
select pg_temp.call(1, '+12125550111', '{"outcome": "answered"}');
select tests.act_as(agent) from story;
select is(pg_temp.callers(), null, 'nor who got through');
select tests.act_as_role('postgres');
select pg_temp.call(0.5, '+12125550111');
select tests.act_as(agent) from story;
select is(pg_temp.callers(), '11×1/0', 'until they are missed again');
select is((pg_temp.of('+12125550111')).first_missed_at, now() - interval '30 minutes', 'which begins anew');
select is((pg_temp.of('+12125550111')).last_contact_at, now() - interval '1 hour', 'after the contact there was');

-- What counts as no contact, and whom there is none to have with.
select tests.act_as_role('postgres');
delete from public.calls;
select
  pg_temp.call(5, '+12125550112'), pg_temp.call(4, '+12125550112', '{"outcome": "voicemail"}'),
  pg_temp.call(3, '+12125550112', '{"outcome": null}'),
  pg_temp.call(2, '+12125550112', '{"outcome": "answered", "direction": "internal"}'),
  pg_temp.call(1, '+12125550112', '{"outcome": "answered", "deleted_at": "2025-01-01"}'),
  pg_temp.call(6, '+12125550112', '{"outcome": "answered"}');
select tests.act_as(agent) from story;
select is(pg_temp.callers(), '12×1/0', 'a voicemail is no contact, nor is a call in progress, one among us, a deleted one or one before');
select tests.act_as_role('postgres');
delete from public.calls;
select
  pg_temp.call(5, null), pg_temp.call(5, 'anonymous'), pg_temp.call(5, ''),
  pg_temp.call(5, '+12125550113', '{"outcome": "voicemail"}'), pg_temp.call(5, '+12125550114', '{"outcome": "answered"}'),
  pg_temp.call(5, '+12125550115', '{"direction": "outbound"}'), pg_temp.call(5, '+12125550116', '{"outcome": null}'),
  pg_temp.call(5, '+12125550117', '{"deleted_at": "2025-01-01"}'), pg_temp.call(720.1, '+12125550118');
select tests.act_as(org_admin) from story;
select is(
  pg_temp.callers(), null, 'who withheld the number, spoke to the machine, was answered, was called, or was missed a month ago is not there'
);
select tests.act_as_role('postgres');
select pg_temp.call(719.9, '+12125550118');
select tests.act_as(org_admin) from story;
select is(pg_temp.callers(), '18×1/0', 'thirty days are');

-- Lines: whoever reaches a caller, reaches them for all.
select tests.act_as_role('postgres');
delete from public.calls;
select
  pg_temp.call(9, '+12125550120'), pg_temp.call(8, '+12125550120', jsonb_build_object('line_id', other)),
  pg_temp.call(7, '+12125550121', jsonb_build_object('line_id', other)),
  pg_temp.call(6, '+12125550122', jsonb_build_object('line_id', other, 'member_ids', array[agent_member])),
  pg_temp.call(5, '+12125550120', jsonb_build_object('line_id', other, 'direction', 'outbound'))
from story;
select tests.act_as(agent) from story;
select is(pg_temp.callers(), '20×1/1', 'an agent has those missed on given lines, with what was tried from any');
select tests.act_as(org_admin) from story;
select is(pg_temp.callers(), '20×2/1 21×1/0 22×1/0', 'an admin all');
select is(
  (pg_temp.of('+12125550120')).line_ids, (select array_agg(l order by l) from unnest(array[given, other]) l), 'on which lines is told'
) from story;
select is((pg_temp.of('+12125550120')).last_line_id, other, 'and on which last') from story;
select tests.act_as_role('postgres');
select pg_temp.call(4, '+12125550120', jsonb_build_object('line_id', other, 'direction', 'outbound', 'outcome', 'answered')) from story;
select tests.act_as(agent) from story;
select is(pg_temp.callers(), null, 'contact on a line that the agent does not have is contact');
select tests.act_as(org_admin) from story;
select is(pg_temp.callers(), '21×1/0 22×1/0', 'for everybody');

-- Organizations: the same number is somebody else there.
select tests.act_as_role('postgres');
delete from public.calls;
select
  pg_temp.call(9, '+12125550120'),
  tests.calls(theirs, 1, jsonb_build_object(
    'external_number', '+12125550120', 'started_at', now() - interval '1 hour'
  ))
from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.callers(), '20×1/0', 'who reached another organization has not reached this');
select tests.act_as(their_admin) from story;
select is(pg_temp.callers(), null, 'where nobody was missed');
select is(
  (select count(*) from story s cross join lateral private.missed_callers_of(s.acme, null)), 0::bigint,
  'and who asks about another organization is told nothing'
);

-- What is learned late, or corrected, is as if it had been known.
select tests.act_as_role('postgres');
update public.calls set outcome = 'answered' where outcome = 'missed';
select tests.act_as(org_admin) from story;
select is(pg_temp.callers(), null, 'a call that turns out to have been answered was not missed');
select tests.act_as_role('postgres');
select pg_temp.call(8, '+12125550120'), pg_temp.call(7, '+12125550120', '{"outcome": "answered"}'), pg_temp.call(6, '+12125550120');
select tests.act_as(org_admin) from story;
select is((pg_temp.of('+12125550120')).misses, 1::bigint, 'a contact learned late ends what was before it');
select tests.act_as_role('postgres');
update public.calls set deleted_at = now() where started_at = now() - interval '7 hours';
select tests.act_as(org_admin) from story;
select is((pg_temp.of('+12125550120')).misses, 2::bigint, 'and one that never was ends nothing');

-- A name beside the number, and nothing to write.
select is(public.contact_name(pg_temp.of('+12125550120')), null, 'nobody is known of this number');
select is(tests.attempt('delete from public.missed_callers'), '42501', 'the list itself is not written');
select tests.act_as(viewer) from story;
select is(pg_temp.callers(), null, 'a viewer works on nobody');
select tests.act_as(platform_admin) from story;
select is(pg_temp.callers(), '20×2/0', 'the operator reads all');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.missed_callers'), '42501', 'and nobody without signing in');

select * from finish();
rollback;
