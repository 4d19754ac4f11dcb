begin;
select plan(10);

create temporary table story on commit drop as
select
  w.*, tests.api_key(w.acme, array['calls:read', 'contacts:read']) as key, tests.api_key(w.acme, array['calls:read']) as other_key
from tests.two_organizations() w;
grant select on story to public;
select tests.call(given), tests.call(theirs) from story;
-- Each column of a name, as PostgREST asks for it.
create function pg_temp.name() returns text
language sql as $$select string_agg(coalesce(c.contact_name, 'nobody'), ', ' order by c.contact_name) from public.calls c$$;
create function pg_temp.name_with(p_key uuid) returns text
language plpgsql as $$
declare
  v_name text;
begin
  perform tests.act_as_key(p_key);
  v_name := pg_temp.name();
  perform tests.act_as_role('postgres');
  return v_name;
end
$$;
grant execute on function pg_temp.name() to public;

select tests.act_as(agent) from story;
select is(pg_temp.name(), 'nobody', 'a number that nobody knows has no name');
select tests.act_as(their_admin) from story;
select public.save_contact(globex, p_name => 'Theirs', p_numbers => array['+12125550199']) from story;
select is(pg_temp.name(), 'Theirs', 'one that is known has');
select tests.act_as(agent) from story;
select is(pg_temp.name(), 'nobody', 'in the organization that knows it');
select tests.act_as_role('postgres');
select tests.pull(acme_account, 'contacts', array['{"id": "a", "name": "As listed", "phone": "+12125550199"}']) from story;
select tests.act_as(viewer) from story;
select is(pg_temp.name(), 'As listed', 'the provider''s name');
select tests.act_as(agent) from story;
select public.save_contact(acme, p_name => 'As we say', p_numbers => array['+12125550199']) from story;
select is(pg_temp.name(), 'As we say', 'stands behind what the organization says itself');
select tests.act_as_role('postgres');
select is(pg_temp.name_with(key), 'As we say', 'an API key that reads contacts is told') from story;
select is(pg_temp.name_with(other_key), 'nobody', 'one that does not is not') from story;

-- Voicemails, recordings, messages and conversations have it too.
select private.apply_voicemails(platform_account, array[
  '{"id": "a", "dateTimeUtc": "2026-06-01T09:00:00Z", "businessNumber": "+12125550101", "from": "+12125550199",
  "url": "https://example.com/a"}'::jsonb
], now()) from story;
insert into public.conversations (id, org_id, line_id, external_number, last_message_at)
select gen_random_uuid(), acme, given, '+12125550199', now() from story;
insert into public.messages (
  id, org_id, integration_id, line_id, direction, business_number, external_number, body, state, sent_at
)
select gen_random_uuid(), acme, platform_account, given, 'inbound', '+12125550101', '+12125550199', 'Hi', 'received', now() from story;
select tests.act_as(agent) from story;
select results_eq(
  'select v.contact_name, r.contact_name from public.voicemails v join public.recordings r on r.voicemail_id = v.id',
  $$values ('As we say', 'As we say')$$, 'a voicemail and its recording'
);
select results_eq('select m.contact_name from public.messages m', $$values ('As we say')$$, 'a message');
select results_eq('select c.contact_name from public.conversations c', $$values ('As we say')$$, 'a conversation');

select * from finish();
rollback;
