begin;
select plan(14);

create temporary table story on commit drop as select * from tests.two_organizations();
create function pg_temp.store(p_org_id uuid, p_owner_id uuid, p_state text) returns uuid
language plpgsql as $$
declare
  v_id constant uuid := private.queue_document(p_org_id, p_owner_id, 'days', 'csv', '{}', null);
begin
  update public.documents set
    state = p_state, size_bytes = 1, sha256 = sha256('x'), stored_at = now(), reason = case p_state when 'failed' then 'so it is' end
  where id = v_id;
  insert into storage.objects (bucket_id, name) values ('reports', v_id);
  return v_id;
end
$$;
insert into storage.objects (bucket_id, name) values ('reports', 'stray');
create temporary table made as
select
  pg_temp.store(acme, agent, 'stored') as agents, pg_temp.store(acme, agent, 'failed') as failed,
  pg_temp.store(globex, their_admin, 'stored') as theirs
from story;
insert into storage.buckets (id, name) values ('letters', 'letters');
insert into storage.objects (bucket_id, name) select 'letters', agents from made;
grant select on story, made to public;
create function pg_temp.opens(p_operation text default 'storage.object.get_authenticated') returns text
language plpgsql as $$
begin
  perform set_config('storage.operation', p_operation, true);
  return (
    select string_agg(o.bucket_id || ' ' || coalesce(k.key, o.name), ', ' order by o.name)
    from storage.objects o
    left join (select e.key, e.value from made m, jsonb_each_text(to_jsonb(m)) e) k on k.value = o.name
  );
end
$$;
grant execute on function pg_temp.opens(text) to public;

select tests.act_as(agent) from story;
select is(pg_temp.opens(), 'reports agents', 'its owner reads what is stored, in its bucket');
select is(pg_temp.opens(''), 'reports agents', 'also where Storage does not say what it is asked');
select is(pg_temp.opens('storage.object.sign'), null, 'but gets no link for others');
select is(pg_temp.opens('storage.object.list'), null, 'nor a list');
select is(pg_temp.opens('storage.object.copy'), null, 'nor a copy');
select is(tests.attempt($$insert into storage.objects (bucket_id, name) values ('reports', 'mine')$$), '42501', 'nobody puts one there');
select is(tests.attempt('delete from storage.objects'), '0 rows', 'or removes any');
select tests.act_as(org_admin) from story;
select is(pg_temp.opens(), 'reports agents', 'so does an admin');
select tests.act_as(viewer) from story;
select is(pg_temp.opens(), null, 'no colleague does');
select tests.act_as(their_admin) from story;
select is(pg_temp.opens(), 'reports theirs', 'another organization reads its own');
select tests.act_as_role('anon');
select is(tests.attempt('select from storage.objects'), '0 rows', 'a browser without a session nothing');
select tests.act_as_role('postgres');
update public.org_members m set deactivated_at = now() from story s where m.id = s.agent_member;
select tests.act_as(agent) from story;
select is(pg_temp.opens(), null, 'nor who was deactivated');
select tests.act_as(org_admin) from story;
select public.delete_document(agents) from made;
select is(pg_temp.opens(), null, 'what is deleted is closed before Storage has removed it');
select tests.act_as_role('postgres');
select ok((select not b.public from storage.buckets b where b.id = 'reports'), 'the bucket is not public');

select * from finish();
rollback;
