begin;
select plan(22);

create temporary table story on commit drop as
select w.*, '2026-06-01 09:00:00Z'::timestamptz as nine from tests.two_organizations() w;
grant select on story to public;
-- A call of this caller to the given line that went to voicemail, as the history lists it.
create function pg_temp.call(p_id text, p_minute numeric, p_more jsonb default '{}') returns void
language sql as $$
  select private.apply_calls(
    s.platform_account,
    array[tests.listed(
      p_id, s.nine + make_interval(secs => p_minute::float * 60), '{"callStatus": "VoiceMail", "called": []}' || p_more
    )::jsonb],
    clock_timestamp()
  )
  from story s
$$;
create function pg_temp.voicemail(p_id text, p_minute numeric, p_more jsonb default '{}') returns void
language sql as $$
  select private.apply_voicemails(s.platform_account, array[jsonb_build_object(
    'id', p_id, 'dateTimeUtc', to_char(s.nine + make_interval(secs => p_minute::float * 60), 'YYYY-MM-DD"T"HH24:MI:SSOF'),
    'businessNumber', '+12125550101', 'caller', jsonb_build_object('phone', '+12125550199')
  ) || p_more], clock_timestamp())
  from story s
$$;
-- In which call an admin sees it left.
create function pg_temp.of(p_id text) returns text
language plpgsql as $$
declare
  v_call text;
begin
  perform tests.act_as(org_admin) from story;
  select c.provider_call_id into v_call
  from public.voicemails v join public.calls c on c.id = v.call_id
  where v.provider_voicemail_id = p_id;
  perform tests.act_as_role('postgres');
  return v_call;
end
$$;

-- The provider names it.
select pg_temp.call('named', 0, '{"callStatus": "Missed"}');
select pg_temp.voicemail('a', 25, '{"callId": "named"}');
select is(pg_temp.of('a'), 'named', 'a voicemail is of the call that the provider names');
select pg_temp.voicemail('b', 25, '{"callId": "nobody knows"}');
select is(pg_temp.of('b'), null, 'of one that nobody knows it is not');

-- It names none.
select pg_temp.voicemail('c', 60.5);
select is(pg_temp.of('c'), null, 'before its call is known it stands alone');
select pg_temp.call('c60', 60);
select is(pg_temp.of('c'), 'c60', 'once it is, they belong together');
select pg_temp.voicemail('d', 100.5);
select pg_temp.call('c98', 98);
select is(pg_temp.of('d'), 'c98', 'the nearest call before it');
select pg_temp.call('c100', 100);
select is(pg_temp.of('d'), 'c100', 'a nearer one that is listed later takes its place');
select pg_temp.call('c101', 101);
select is(pg_temp.of('d'), 'c100', 'one that began after it does not');

select pg_temp.voicemail('e', 200.5);
select pg_temp.call('other caller', 200, '{"caller": {"phone": "+12125550198"}}');
select pg_temp.call('other number', 200, '{"businessNumber": "+12125550102"}');
select pg_temp.call('outgoing', 200, '{"direction": "Outgoing"}');
select pg_temp.call('answered', 200, '{"callStatus": "Connected"}');
select pg_temp.call('long before', 160);
select is(pg_temp.of('e'), null, 'no call of another caller, number, direction or outcome, and none long before');
select pg_temp.call('answered', 200, '{"callStatus": "VoiceMail"}');
select is(pg_temp.of('e'), 'answered', 'until a correction says that it went to voicemail');
select pg_temp.call('answered', 200, '{"callStatus": "Connected"}');
select is(pg_temp.of('e'), null, 'or that it did not');
select pg_temp.voicemail('over', 300);
select pg_temp.call('over', 290, '{"duration": 60000}');
select is(pg_temp.of('over'), null, 'nor one that was over for minutes');

select pg_temp.voicemail('withheld', 400.5, '{"caller": {"phone": null}}');
select pg_temp.call('of somebody', 400);
select is(pg_temp.of('withheld'), null, 'a caller who withholds the number is nobody who gives it');
select pg_temp.call('withheld', 400, '{"caller": {"phone": "Anonymous"}}');
select is(pg_temp.of('withheld'), 'withheld', 'but one who withholds it too');

-- Who handled the call reads it.
select pg_temp.voicemail('handled', 500.5, '{"businessNumber": "+12125550102"}');
select pg_temp.call('handled', 500, '{"businessNumber": "+12125550102", "called": [{"extension": "101", "isConnected": false}]}');
select tests.act_as(agent) from story;
select is_empty(
  'select from public.voicemails where provider_voicemail_id = ''handled''', 'who has neither line nor extension does not read it'
);
select tests.act_as(platform_admin) from story;
select isnt(public.set_member_extension(agent_member, platform_account, '101', nine), null, 'who gets the extension that rang') from story;
select tests.act_as(agent) from story;
select isnt_empty('select from public.voicemails where provider_voicemail_id = ''handled''', 'reads it');

-- The call says whose it is: the number changed hands while it was on.
select tests.act_as_role('postgres');
update public.lines set period = tstzrange(lower(period), (select nine + interval '600 minutes' from story))
where id = (select given from story);
insert into public.lines (org_id, phone_number_id, e164, period)
select story.globex, l.phone_number_id, l.e164, tstzrange(story.nine + interval '600 minutes', null)
from story join public.lines l on l.id = story.given;
select pg_temp.voicemail('moving', 600.1);
select tests.act_as(their_admin) from story;
select results_eq('select provider_voicemail_id from public.voicemails', $$values ('moving' collate "C")$$, 'by its own time it is theirs');
select tests.act_as_role('postgres');
select pg_temp.call('moving', 599.8);
select is(pg_temp.of('moving'), 'moving', 'by its call it is of who had the number when the call began');
select tests.act_as(their_admin) from story;
select is_empty('select from public.voicemails', 'and theirs no more');

-- A correction moves a call to another organization's number. Who left the voicemail said nothing of that.
select tests.act_as_role('postgres');
select pg_temp.voicemail('stays', 500);
select pg_temp.call('corrected', 499.9);
select pg_temp.voicemail('goes', 500.2, '{"callId": "corrected"}');
select is(pg_temp.of('stays') || ', ' || pg_temp.of('goes'), 'corrected, corrected', 'two voicemails of a call');
select pg_temp.call('corrected', 499.9, '{"businessNumber": "+12125550103"}');
select is(pg_temp.of('stays'), null, 'the one that was matched stays without the call');
select tests.act_as(their_admin) from story;
select results_eq(
  'select v.provider_voicemail_id, v.line_id from public.voicemails v', 'select ''goes'' collate "C", theirs from story',
  'the one of which the provider says so goes with it'
);

select * from finish();
rollback;
