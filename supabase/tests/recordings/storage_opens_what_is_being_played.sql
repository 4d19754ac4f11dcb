begin;
select plan(25);

create temporary table story on commit drop as
select
  w.*, tests.stored(tests.recording(tests.call(w.given))) as recording, tests.stored(tests.recording(tests.call(w.given))) as unplayed,
  tests.stored(tests.recording(tests.call(w.theirs))) as their_recording
from tests.two_organizations() w;
insert into storage.buckets (id, name) values ('letters', 'letters');
insert into storage.objects (bucket_id, name) select 'letters', recording from story;
grant select on story to public;
-- What Storage lets this person read, when it is asked for what.
create function pg_temp.opens(p_operation text default 'storage.object.get_authenticated') returns text
language plpgsql as $$
begin
  perform set_config('storage.operation', p_operation, true);
  return (
    select string_agg(
      o.bucket_id || ' ' || case o.name when s.recording::text then 'played' when s.unplayed::text then 'unplayed' else 'theirs' end,
      ', ' order by o.name
    )
    from storage.objects o, story s
  );
end
$$;
grant execute on function pg_temp.opens(text) to public;
create function pg_temp.play(p_user uuid, p_recording_id uuid) returns void
language plpgsql as $$
begin
  perform tests.act_as(p_user);
  perform public.play_recording(p_recording_id);
end
$$;
grant execute on function pg_temp.play(uuid, uuid) to public;

select tests.act_as(agent) from story;
select is(pg_temp.opens(), null, 'without having asked nobody reads an object');
select pg_temp.play(agent, recording) from story;
select is(pg_temp.opens(), 'recordings played', 'who asked to play one reads that one, in its bucket');
select is(pg_temp.opens('object.get_authenticated'), 'recordings played', 'however Storage calls it');
select is(pg_temp.opens(''), 'recordings played', 'or where it says nothing');
select is(pg_temp.opens('storage.object.sign'), null, 'but gets no link that plays for others');
select is(pg_temp.opens('storage.object.sign_many'), null, 'nor several');
select is(pg_temp.opens('storage.object.list'), null, 'nor a list');
select is(pg_temp.opens('storage.object.copy'), null, 'nor a copy');
select is(
  tests.attempt($$insert into storage.objects (bucket_id, name) values ('recordings', 'mine')$$), '42501', 'nobody puts audio there'
);
select is(tests.attempt($$update storage.objects set name = 'mine'$$), '0 rows', 'nobody changes any');
select is(tests.attempt('delete from storage.objects'), '0 rows', 'nobody removes any');
select is(
  tests.attempt($$insert into storage.buckets (id, name, public) values ('open', 'open', true)$$), '42501', 'or makes a bucket'
);

select tests.act_as(org_admin) from story;
select is(pg_temp.opens(), null, 'somebody else''s asking opens nothing, even to an admin');
select tests.act_as(viewer) from story;
select is(pg_temp.opens(), null, 'nor to a viewer');
select tests.act_as(their_admin) from story;
select is(pg_temp.opens(), null, 'nor to another organization');
select pg_temp.play(their_admin, their_recording) from story;
select is(pg_temp.opens(), 'recordings theirs', 'which reads its own');
select tests.act_as_role('anon');
select is(
  tests.attempt('select from storage.objects'), '0 rows', 'a browser without a session reads nothing'
);

-- The grant ends.
select tests.act_as_role('postgres');
update private.play_grants set expires_at = now() + interval '1 microsecond';
select tests.act_as(agent) from story;
select is(pg_temp.opens(), 'recordings played', 'until it ends the grant counts');
select tests.act_as_role('postgres');
update private.play_grants set expires_at = now();
select tests.act_as(agent) from story;
select is(pg_temp.opens(), null, 'and not at that instant');

-- The right ends before the grant does.
select pg_temp.play(agent, recording) from story;
select tests.act_as_role('postgres');
delete from public.member_lines g using story s where g.member_id = s.agent_member;
select tests.act_as(agent) from story;
select is(pg_temp.opens(), null, 'a grant is worth nothing to who lost the line');
select tests.act_as_role('postgres');
insert into public.member_lines (org_id, member_id, line_id) select acme, agent_member, given from story;
select tests.act_as(agent) from story;
select is(pg_temp.opens(), 'recordings played', 'as long as they have not got it back');
select tests.act_as_role('postgres');
update public.org_members m set deactivated_at = now() from story s where m.id = s.agent_member;
select tests.act_as(agent) from story;
select is(pg_temp.opens(), null, 'nor to who was deactivated meanwhile');
select tests.act_as_role('postgres');
update public.org_members m set deactivated_at = null, role = 'viewer' from story s where m.id = s.agent_member;
select tests.act_as(agent) from story;
select is(pg_temp.opens(), null, 'or became a viewer');

-- What is deleted is closed before Storage has removed it.
select tests.act_as_role('postgres');
update public.org_members m set role = 'agent' from story s where m.id = s.agent_member;
update public.recordings r set state = 'deleted', reason = 'kept for 90 days' from story s where r.id = s.recording;
select tests.act_as(agent) from story;
select is(pg_temp.opens(), null, 'a grant opens nothing that was deleted');
select tests.act_as_role('postgres');
select ok(
  (select not b.public from storage.buckets b where b.id = 'recordings'), 'the bucket is not public'
);

select * from finish();
rollback;
