begin;
select plan(12);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.listed(p_id text, p_more jsonb default '{}') returns text
language sql as $$
  select (jsonb_build_object(
    'id', p_id, 'dateTimeUtc', '2026-06-01T09:00:00Z', 'duration', 12000, 'businessNumber', '+12125550101',
    'caller', jsonb_build_object('phone', '+12125550199')
  ) || p_more)::text
$$;
create function pg_temp.pulled(p_items text[]) returns text
language sql as $$
  select concat_ws(' ', p.new_items, p.changed_items, p.unchanged_items, p.rejected_items)
  from story s cross join tests.pull(s.platform_account, 'voicemails', p_items) p
$$;

select is(
  pg_temp.pulled(array[pg_temp.listed('a'), pg_temp.listed('b'), '{"id": "c"}', '17']), '2 0 0 2',
  'two are new, and what is none is set aside'
);
select is(pg_temp.pulled(array[pg_temp.listed('a'), pg_temp.listed('b')]), '0 0 2 0', 'read again they are unchanged');
select is(
  pg_temp.pulled(array[pg_temp.listed('a', '{"text": "Hi"}'), pg_temp.listed('a', '{"text": "Hi"}')]), '0 1 1 0',
  'one that says more has changed, once'
);
select is(pg_temp.pulled('{}'), '0 0 0 0', 'an empty page is nothing');
-- An answer that was overtaken by a later one.
select is(
  (
    select p.changed_items
    from private.apply_voicemails(story.platform_account, array[pg_temp.listed('a')::jsonb], now() - interval '1 hour') p
  ), 0,
  'what was observed before is overtaken'
) from story;
-- A number that nobody knew, of an organization's own account.
select is(
  (select p.new_items from private.apply_voicemails(
    story.globex_account, array[pg_temp.listed('a', '{"businessNumber": "+12125550177"}')::jsonb], now()
  ) p), 1, 'the same id of another account is another voicemail'
) from story;

select tests.act_as(agent) from story;
select results_eq(
  'select provider_voicemail_id, external_number, duration_seconds, transcription, line_id from public.voicemails order by 1',
  $$
    select v.id collate "C", '+12125550199' collate "C", 12, v.said, given
    from story cross join (values ('a', 'Hi'), ('b', null)) v (id, said)
  $$, 'they are read as they were stated last'
);
select results_eq(
  'select v.id, extensions.uuid_generate_v5(s.platform_account, ''voicemail:a'') from public.voicemails v, story s
  where v.provider_voicemail_id = ''a''',
  'select v.id, v.id from public.voicemails v where v.provider_voicemail_id = ''a''', 'under ids that are the same at every reading'
);
select tests.act_as(their_admin) from story;
select results_eq(
  'select v.business_number, l.e164 from public.voicemails v join public.lines l on l.id = v.line_id',
  $$values ('+12125550177' collate "C", '+12125550177' collate "C")$$, 'an account''s own organization has its numbers'
);

-- Audio: known from the first link on.
select tests.act_as(agent) from story;
select is_empty('select from public.recordings', 'without a link there is no recording yet');
select tests.act_as_role('postgres');
select pg_temp.pulled(array[pg_temp.listed('a', '{"text": "Hi", "uri": "https://example.com/a"}')]);
select pg_temp.pulled(array[pg_temp.listed('a', '{"text": "Hi", "duration": 15000}')]);
select tests.act_as(agent) from story;
select results_eq(
  'select r.kind, r.external_number, r.duration_seconds, r.state, r.line_id = v.line_id
  from public.recordings r join public.voicemails v on v.id = r.voicemail_id',
  $$values ('voicemail', '+12125550199' collate "C", 15, 'waiting', true)$$, 'with one there is, and it is kept as the voicemail is'
);
select tests.act_as_role('postgres');
select is((select s.url from private.recording_sources s), 'https://example.com/a', 'and a link that is left out later was no mistake');

select * from finish();
rollback;
