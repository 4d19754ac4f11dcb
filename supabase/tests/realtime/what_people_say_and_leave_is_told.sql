begin;
select plan(17);

select tests.realtime();
create temporary table story on commit drop as select w.*, tests.call(w.given) as call from tests.two_organizations() w;
grant select on story to public;
-- Whom this statement told something.
create function pg_temp.told(p_sql text, p_user_id uuid default null) returns text
language plpgsql as $$
begin
  delete from realtime.messages;
  if p_user_id is not null then
    perform tests.act_as(p_user_id);
  end if;
  execute p_sql;
  perform tests.act_as_role('postgres');
  return (
    select string_agg(o.name, ', ' order by o.name)
    from realtime.messages m
    join public.organizations o on m.topic = 'org:' || o.id
  );
end
$$;
create function pg_temp.applied(p_resource text, p_account uuid, p_item jsonb) returns text
language sql as $$
  select pg_temp.told(format('select private.apply_%s(%L, %L, %L)', p_resource, p_account, array[p_item], clock_timestamp()))
$$;

select is(
  pg_temp.applied('voicemails', platform_account, '{"id": "a", "created": "2026-06-01T09:00:00Z", "to": "+12125550103"}'), 'Globex',
  'a voicemail is told whose it is'
) from story;
select is(
  pg_temp.applied('voicemails', platform_account, '{"id": "a", "created": "2026-06-01T09:00:00Z", "to": "+12125550103", "text": "Hi"}'),
  'Globex',
  'and what is said of it later'
) from story;
select is(
  pg_temp.applied('voicemails', platform_account, '{"id": "a", "created": "2026-06-01T09:00:00Z", "to": "+12125550103", "text": "Hi"}'),
  null,
  'but not that nothing is new'
) from story;
select is(pg_temp.told('update public.voicemails set heard_at = now()', their_admin), 'Globex', 'who hears it, is told') from story;

select is(
  pg_temp.told(format('insert into public.call_notes (org_id, call_id, body) values (%L, %L, ''Nice'')', acme, call), agent), 'Acme',
  'a note is told'
) from story;
select is(pg_temp.told('update public.call_notes set body = ''Nicer''', agent), 'Acme', 'as is another wording') from story;
select is(pg_temp.told('delete from public.call_notes', agent), 'Acme', 'and that it is gone') from story;
select is(pg_temp.told(format('select public.annotate_call(%L, p_tags => ''{vip}'')', call), agent), 'Acme', 'a tag is told') from story;
select is(pg_temp.told(format('select public.annotate_call(%L, p_tags => ''{}'')', call), agent), 'Acme', 'with and without') from story;
select is(
  pg_temp.told(format('insert into public.outcome_codes (org_id, code, label) values (%L, ''sale'', ''Sale'')', acme), org_admin), 'Acme',
  'a choice is told'
) from story;
select is(pg_temp.told('delete from public.outcome_codes', org_admin), 'Acme', 'while there is one') from story;

select is(pg_temp.applied('contacts', acme_account, '{"id": "a", "name": "Ann"}'), 'Acme', 'a contact is told') from story;
select is(
  pg_temp.told(format('select public.save_contact(%L, p_name => ''Bob'')', globex), their_admin), 'Globex', 'and one''s own'
) from story;
select is(
  pg_temp.told(format('select public.remove_contact(%L)', c.id), story.their_admin), 'Globex', 'until it is removed'
) from story, public.contacts c where c.own_name = 'Bob';
select is(pg_temp.applied('team', acme_account, '{"extension": "101", "name": "Ann"}'), 'Acme', 'one of the team is told') from story;
select is(
  pg_temp.applied('agent_status', acme_account, '{"extension": "101", "status": "dnd"}'), 'Acme', 'another status is told'
) from story;
select is(
  pg_temp.applied('agent_status', acme_account, '{"extension": "101", "status": "dnd"}'), null, 'that it is the same still is not'
) from story;

select * from finish();
rollback;
