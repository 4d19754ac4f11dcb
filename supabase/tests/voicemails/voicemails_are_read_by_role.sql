begin;
select plan(14);

create temporary table story on commit drop as
select
  w.*, tests.member(w.acme, 'agent') as without_line, tests.member(w.acme, 'agent', array[w.other]) as elsewhere,
  tests.api_key(w.acme, array['recordings:read']) as key, tests.api_key(w.acme, array['calls:read', 'contacts:read']) as other_key
from tests.two_organizations() w;
insert into public.member_extensions (org_id, member_id, integration_id, extension)
select s.acme, m.id, s.platform_account, '101' from story s join public.org_members m on m.user_id = s.without_line;
grant select on story to public;
-- One on the given line, one on the other in the mailbox of 101, one of Globex's, one that is nobody's.
select private.apply_voicemails(platform_account, array(
  select jsonb_build_object('id', v.id, 'dateTimeUtc', '2026-06-01T09:00:00Z', 'businessNumber', v.number, 'extension', v.extension)
  from (values
    ('given', '+12125550101', null), ('other', '+12125550102', '101'), ('theirs', '+12125550103', '101'), ('unowned', '+12125550109', null)
  ) v (id, number, extension)
), now()) from story;

create function pg_temp.read() returns text
language sql as $$select string_agg(v.provider_voicemail_id, ', ' order by v.provider_voicemail_id) from public.voicemails v$$;
create function pg_temp.read_with(p_key uuid) returns text
language plpgsql as $$
declare
  v_read text;
begin
  perform tests.act_as_key(p_key);
  v_read := pg_temp.read();
  perform tests.act_as_role('postgres');
  return v_read;
end
$$;
grant execute on function pg_temp.read() to public;

select tests.act_as(viewer) from story;
select is(pg_temp.read(), null, 'a viewer reads no voicemail');
select tests.act_as(agent) from story;
select is(pg_temp.read(), 'given', 'an agent reads those of given lines');
select tests.act_as(manager) from story;
select is(pg_temp.read(), 'given', 'and so does a manager');
select tests.act_as(without_line) from story;
select is(pg_temp.read(), 'other', 'who has the mailbox reads what is left there, without the line, and nobody else''s');
select tests.act_as(elsewhere) from story;
select is(pg_temp.read(), 'other', 'another agent reads those of another line');
select tests.act_as(org_admin) from story;
select is(pg_temp.read(), 'given, other', 'an admin reads all of the organization');
select tests.act_as(their_admin) from story;
select is(pg_temp.read(), 'theirs', 'and no other''s');
select tests.act_as(platform_admin) from story;
select is(pg_temp.read(), 'given, other, theirs, unowned', 'the operator reads every one, also what is nobody''s');
select tests.act_as_role('postgres');
select is(pg_temp.read_with(key), 'given, other', 'an API key with recordings:read reads its organization''s') from story;
select is(pg_temp.read_with(other_key), null, 'without that scope it reads none') from story;

select tests.act_as_role('anon');
select is(tests.attempt('select from public.voicemails'), '42501', 'nobody reads any without signing in');
select tests.act_as(org_admin) from story;
select is(tests.attempt('delete from public.voicemails'), '42501', 'nobody deletes one');
select is(tests.attempt('update public.voicemails set transcription = ''No'''), '42501', 'or changes what it says');
select is(
  tests.attempt('insert into public.voicemails (id, org_id) select gen_random_uuid(), acme from story'), '42501', 'or makes one up'
);

select * from finish();
rollback;
