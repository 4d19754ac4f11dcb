begin;
select plan(16);

create temporary table story on commit drop as
select
  w.*, tests.recording(tests.call(w.given)) as on_given, tests.recording(tests.call(w.other)) as on_other,
  tests.recording(tests.call(w.other)) as handled, tests.recording(tests.call(w.theirs)) as on_theirs
from tests.two_organizations() w;
alter table story add key uuid, add deaf_key uuid;
update story set key = tests.api_key(acme, array['recordings:read']), deaf_key = tests.api_key(acme, array['calls:read']);
-- The agent and the viewer took part in one on the other line.
update public.recordings r set member_ids = array[s.agent_member, s.viewer_member] from story s where r.id = s.handled;
grant select on story to public;

select tests.act_as(viewer) from story;
select is_empty('select from public.recordings', 'a viewer sees no recording, not even of their own');
select tests.act_as(org_admin) from story;
select set_eq('select id from public.recordings', 'select unnest(array[on_given, on_other, handled]) from story', 'an admin sees all');
select tests.act_as(manager) from story;
select results_eq('select id from public.recordings', 'select on_given from story', 'a manager those of given lines');
select tests.act_as(agent) from story;
select set_eq('select id from public.recordings', 'select unnest(array[on_given, handled]) from story', 'an agent also those they handled');
select tests.act_as(their_admin) from story;
select results_eq('select id from public.recordings', 'select on_theirs from story', 'another organization its own');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.recordings), 4, 'the operator all');
select tests.act_as_role('anon');
select is(tests.attempt('select from public.recordings'), '42501', 'nobody none');

create temporary table told (what text, said text) on commit drop;
grant insert on told to public;
select tests.act_as_key(key) from story;
insert into told select 'reads', r.id from public.recordings r;
insert into told select 'plays', tests.attempt(format('select public.play_recording(%L)', on_given)) from story;
insert into told select 'holds', tests.attempt('update public.recordings set is_held = true');
select tests.act_as_key(deaf_key) from story;
insert into told select 'reads otherwise', count(*) from public.recordings;
select tests.act_as_role('postgres');
select set_eq(
  'select said::uuid from told where what = ''reads''', 'select unnest(array[on_given, on_other, handled]) from story',
  'a key reads what there is'
);
select is((select said from told where what = 'plays'), '42501', 'and plays nothing');
select is((select said from told where what = 'holds'), '42501', 'and holds nothing');
select is((select said from told where what = 'reads otherwise'), '0', 'one for something else reads none');

-- Deactivated, one sees nothing from the next statement on.
select tests.member(acme, 'org_admin') from story;
update public.org_members m set deactivated_at = now() from story s where m.id in (s.agent_member, s.admin_member);
select tests.act_as(agent) from story;
select is_empty('select from public.recordings', 'an agent who was deactivated sees none');
select tests.act_as(org_admin) from story;
select is_empty('select from public.recordings', 'nor does an admin');

-- The link opens the audio to whoever has it.
select tests.act_as(platform_admin) from story;
select is(tests.attempt('select url from private.recording_sources'), '42501', 'nobody reads the provider''s links');
select is(tests.attempt('select from private.play_grants'), '42501', 'or what others play');
select is(
  tests.attempt('update public.recordings set state = ''stored'''), '42501', 'and what became of the audio is not for people to write'
);

select * from finish();
rollback;
