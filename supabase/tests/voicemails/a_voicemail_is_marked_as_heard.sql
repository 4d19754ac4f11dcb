begin;
select plan(14);

create temporary table story on commit drop as select w.*, tests.api_key(w.acme) as key from tests.two_organizations() w;
grant select on story to public;
select private.apply_voicemails(platform_account, array(
  select jsonb_build_object('id', v.id, 'dateTimeUtc', '2026-06-01T09:00:00Z', 'businessNumber', v.number)
  from (values ('given', '+12125550101'), ('other', '+12125550102'), ('theirs', '+12125550103')) v (id, number)
), now()) from story;
create function pg_temp.mark(p_id text, p_heard_at text default '1999-01-01') returns text
language sql as $$
  select tests.attempt(format('update public.voicemails set heard_at = %L where provider_voicemail_id = %L', p_heard_at, p_id))
$$;
grant execute on function pg_temp.mark(text, text) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.mark('given'), '0 rows', 'a viewer marks none');
select tests.act_as(their_admin) from story;
select is(pg_temp.mark('given'), '0 rows', 'nor does another organization');
select tests.act_as(agent) from story;
select is(pg_temp.mark('other'), '0 rows', 'nor an agent on a line not given');
select is(pg_temp.mark('given'), '1 row', 'an agent marks one of a given line');
select tests.act_as(manager) from story;
select is(pg_temp.mark('given'), '1 row', 'a manager does');
select tests.act_as(org_admin) from story;
select is(pg_temp.mark('other'), '1 row', 'an admin does on any line');
select is(pg_temp.mark('theirs'), '0 rows', 'of the organization');
select is(
  tests.attempt('update public.voicemails set heard_by = gen_random_uuid()'), '42501', 'nobody says it was somebody else'
);
create function pg_temp.mark_with(p_key uuid) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_key(p_key);
  v_said := pg_temp.mark('given');
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
select tests.act_as_role('postgres');
select is(pg_temp.mark_with(key), '42501', 'an API key marks nothing') from story;

select tests.act_as(agent) from story;
update public.voicemails set heard_at = '1999-01-01' where provider_voicemail_id = 'given';
select results_eq(
  'select heard_at = now(), heard_by from public.voicemails', 'select true, agent from story',
  'who heard it and when is written by the database, whatever was sent'
);
select tests.act_as(org_admin) from story;
update public.voicemails set heard_at = now() + interval '1 day' where provider_voicemail_id = 'given';
select results_eq(
  'select heard_at = now(), heard_by from public.voicemails where provider_voicemail_id = ''given''', 'select true, agent from story',
  'who hears it again is not who heard it first'
);
select isnt_empty(
  'select from public.voicemails where provider_voicemail_id = ''other'' and heard_at is null', 'the others are unheard still'
);
-- The provider lists it again, with a transcription.
select tests.act_as_role('postgres');
select private.apply_voicemails(platform_account, array[
  '{"id": "given", "dateTimeUtc": "2026-06-01T09:00:00Z", "businessNumber": "+12125550101", "text": "Call me"}'::jsonb
], now()) from story;
select tests.act_as(agent) from story;
select results_eq(
  'select transcription, heard_by from public.voicemails', 'select ''Call me'', agent from story',
  'what the provider states later leaves that as it is'
);
update public.voicemails set heard_at = null;
select results_eq(
  'select heard_at, heard_by from public.voicemails', 'values (null::timestamptz, null::uuid)', 'it can be taken back'
);

select * from finish();
rollback;
