begin;
select plan(9);

create temporary table story on commit drop as select w.*, '2026-06-01 12:00Z'::timestamptz as noon from tests.two_organizations() w;
grant select on story to public;
update public.retention_settings t set document_days = 10 from story s where t.org_id = s.acme;
update public.retention_settings t set document_days = null from story s where t.org_id = s.globex;
create function pg_temp.document(p_title text, p_days numeric, p_state text default 'stored', p_theirs boolean default false) returns void
language sql as $$
  with made as (
    insert into public.documents (org_id, owner_id, report, format, parameters, title, state, reason, size_bytes, sha256, stored_at)
    select
      case when p_theirs then s.globex else s.acme end, case when p_theirs then s.their_admin else s.manager end, 'days', 'csv', '{}',
      p_title, p_state, 'none', 5, sha256('x'), s.noon - make_interval(secs => p_days::double precision * 86400)
    from story s
    returning id
  )
  insert into private.document_files (document_id, has_object, next_attempt_at)
  select made.id, true, s.noon from made, story s
$$;
create function pg_temp.claim(p_minute numeric, p_worker text default 'me') returns text
language plpgsql as $$
declare
  v_id uuid;
begin
  perform tests.act_as_role('sync');
  select c.document_id into v_id
  from private.claim_document_removal(p_worker, '2026-06-01 12:00Z'::timestamptz + make_interval(secs => p_minute::double precision * 60)) c;
  perform tests.act_as_role('postgres');
  return (select d.title from public.documents d where d.id = v_id);
end
$$;
create function pg_temp.states() returns text language sql as $$
  select string_agg(d.title || ' ' || d.state, ', ' order by d.title collate "C") from public.documents d
$$;

select pg_temp.document('9 days', 9.99), pg_temp.document('10 days', 10), pg_temp.document('11 days', 11);
select pg_temp.document('failed', 4000, 'failed'), pg_temp.document('theirs', 4000, 'stored', true);
select is(pg_temp.claim(0), '11 days', 'a document that was kept for its days gives its file back');
select is(
  pg_temp.states(), '10 days stored, 11 days expired, 9 days stored, failed failed, theirs stored',
  'nothing else does, on the last of them, nor where everything is kept'
);
select is(pg_temp.claim(0.01), '10 days', 'a moment later the next one');
select is(pg_temp.claim(0.01), null, 'once each, while the first worker is at it');
select results_eq(
  'select title collate "default", reason from public.documents where state = ''expired'' order by title',
  $$values ('10 days'::text, 'kept for 10 days'), ('11 days', 'kept for 10 days')$$, 'with the reason'
);
select is(pg_temp.claim(3, 'another') in ('10 days', '11 days'), true, 'a worker that died leaves it to another');
update public.retention_settings t set document_days = 9 from story s where t.org_id = s.acme;
select is(pg_temp.claim(3, 'another') in ('9 days', '10 days', '11 days'), true, 'fewer days');
select is(pg_temp.states(), '10 days expired, 11 days expired, 9 days expired, failed failed, theirs stored', 'count at once');

select tests.act_as(manager) from story;
select is((select count(*)::int from public.documents d where d.state = 'expired'), 3, 'that there was one is still read by its owner');

select * from finish();
rollback;
