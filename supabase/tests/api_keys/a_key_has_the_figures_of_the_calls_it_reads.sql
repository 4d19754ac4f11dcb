begin;
select plan(15);

create temporary table story on commit drop as
select
  w.*, tests.api_key(w.acme, array['calls:read']) as key,
  tests.api_key(w.acme, array['audit:read', 'members:read', 'sync:read', 'sync:request']) as blind,
  tests.api_key(null, array['calls:read']) as platform_key, tests.api_key(null, array['sync:read']) as platform_other
from tests.two_organizations() w;
grant select on story to public;
select
  tests.call(given, '2025-06-02 09:00Z'), tests.call(given, '2025-06-02 09:00Z', 'missed'), tests.call(theirs, '2025-06-02 09:00Z')
from story;
update private.sync_cursors c set watermark = '2025-06-02 07:00Z' from story s
where c.resource = 'calls' and c.integration_id in (s.acme_account, s.platform_account);
create temporary table seen (who text, what text, said text) on commit drop;
grant insert on seen to public;
create function pg_temp.figures(p_org_id uuid) returns text
language plpgsql as $$
declare
  v_state text;
  v_detail text;
begin
  return (
    select concat_ws(', ', k.value, to_char(k.data_through at time zone 'UTC', 'HH24:MI'))
    from public.kpi_summary(p_org_id, '2025-06-02Z', '2025-06-03Z') k
    where k.kpi = 'offered'
  );
exception when others then
  get stacked diagnostics v_state = returned_sqlstate, v_detail = pg_exception_detail;
  return v_state || ' ' || v_detail;
end
$$;
create function pg_temp.series(p_org_id uuid) returns text
language plpgsql as $$
declare
  v_state text;
  v_detail text;
begin
  return (
    select sum(k.value) from public.kpi_series(p_org_id, '2025-06-02Z', '2025-06-03Z', p_grain => 'hour') k where k.kpi = 'offered'
  );
exception when others then
  get stacked diagnostics v_state = returned_sqlstate, v_detail = pg_exception_detail;
  return v_state || ' ' || v_detail;
end
$$;
create function pg_temp.ask(p_who text) returns void
language sql as $$
  insert into seen
  select p_who, q.what, pg_temp.figures(q.org_id)
  from story s, lateral (values ('acme', s.acme), ('globex', s.globex), ('all', null)) q (what, org_id)
  union all
  select p_who, 'series', pg_temp.series(s.acme) from story s
$$;
grant execute on function pg_temp.figures(uuid), pg_temp.series(uuid), pg_temp.ask(text) to public;

select tests.act_as_key(key) from story;
select pg_temp.ask('key');
select tests.act_as_key(blind) from story;
select pg_temp.ask('other');
select tests.act_as_key(platform_key) from story;
select pg_temp.ask('platform_key');
select tests.act_as_key(platform_other) from story;
select pg_temp.ask('platform_other');
select tests.act_as_role('postgres');
select is(seen.said, t.said, t.test)
from (
  values
    ('key', 'acme', '2, 07:00', 'a key that reads calls has their figures, and through when they are complete'),
    ('key', 'series', '2', 'and their course'),
    ('key', 'globex', 'PT404 organization_not_found', 'none of another organization'),
    ('key', 'all', '2, 07:00', 'all organizations are its own'),
    ('other', 'acme', 'PT403 scope_missing', 'a key that does not has none'),
    ('other', 'series', 'PT403 scope_missing', 'nor their course'),
    ('other', 'globex', 'PT404 organization_not_found', 'nor of another organization'),
    ('other', 'all', 'PT403 scope_missing', 'nor of all'),
    ('platform_key', 'acme', '2, 07:00', 'a platform-wide key has those of any organization'),
    ('platform_key', 'globex', '1', 'whichever'),
    ('platform_key', 'all', '3', 'and of all together'),
    ('platform_key', 'series', '2', 'and their course'),
    ('platform_other', 'acme', 'PT403 scope_missing', 'if it reads calls')
) t (who, what, said, test)
join seen using (who, what);

update public.organizations set archived_at = now() where id = (select globex from story);
select tests.act_as_key(platform_key) from story;
insert into seen select 'archived', 'globex', pg_temp.figures(globex) from story;
insert into seen select 'archived', 'all', pg_temp.figures(null);
select tests.act_as_role('postgres');
select is((select said from seen where who = 'archived' and what = 'globex'), '1', 'those of an archived one stay the operator''s');
select is((select said from seen where who = 'archived' and what = 'all'), '3', 'and are part of all');

select * from finish();
rollback;
