begin;
select plan(14);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme, array['members:read']) as key, tests.api_key(w.acme, array['calls:read']) as other_key
from tests.two_organizations() w;
-- On the platform's account 101 is Acme's agent, 102 nobody.
insert into public.member_extensions (org_id, member_id, integration_id, extension) select acme, agent_member, platform_account, '101'
from story;
grant select on story to public;
select
  private.apply_agent_status(
    acme_account, array['{"extension": "7", "status": "dnd", "isAccountUser": true}'::jsonb], now() - interval '31 minutes'
  ),
  private.apply_agent_status(
    acme_account, array['{"extension": "8", "status": "dnd", "isAccountUser": true}'::jsonb], now() - interval '9 minutes'
  ),
  private.apply_agent_status(acme_account, array['{"extension": "8", "status": "available"}'::jsonb], now() - interval '4 minutes'),
  private.apply_agent_status(globex_account, array['{"extension": "9", "status": "dnd"}'::jsonb], now()),
  private.apply_agent_status(
    platform_account,
    array['{"extension": "101", "status": "dnd", "isAccountUser": true}'::jsonb, '{"extension": "102", "status": "dnd"}'::jsonb],
    now()
  )
from story;

create function pg_temp.read() returns text
language sql as $$
  select concat_ws(
    ' | ', (select string_agg(a.extension || ' ' || a.status, ', ' order by a.extension, a.since) from public.agent_statuses a),
    (select string_agg(a.extension || ' ' || a.status, ', ' order by a.extension) from public.current_agent_status a)
  )
$$;
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

select is(
  pg_temp.read_with(key), '101 dnd, 7 dnd, 8 dnd, 8 available | 101 dnd, 8 available',
  'an API key with members:read reads the history, and who is in which status now'
) from story;
select is(pg_temp.read_with(other_key), '', 'another reads neither') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.read(), '', 'a viewer does not');
select tests.act_as(agent) from story;
select is(pg_temp.read(), '101 dnd, 7 dnd, 8 dnd, 8 available | 101 dnd, 8 available', 'an agent reads the organization''s');
select results_eq(
  'select a.extension, a.member_id, a.is_account_user_only from public.current_agent_status a order by a.extension',
  'select ''101'' collate "C", agent_member, false from story union all select ''8'', null, false',
  'with who holds the extension, on a platform-wide account too'
);
select results_eq(
  'select distinct a.extension from public.agent_statuses a where a.is_account_user_only order by 1',
  $$values ('7' collate "C"), ('8' collate "C")$$,
  'and what was told of the account''s own user, with nobody beside'
);
select tests.act_as(manager) from story;
select is(pg_temp.read(), '101 dnd, 7 dnd, 8 dnd, 8 available | 101 dnd, 8 available', 'a manager does');
select tests.act_as(org_admin) from story;
select is(pg_temp.read(), '101 dnd, 7 dnd, 8 dnd, 8 available | 101 dnd, 8 available', 'and an admin');
select is(tests.attempt('delete from public.agent_statuses'), '42501', 'nobody changes the past');
select is(tests.attempt('update public.agent_statuses set status = ''available'''), '42501', 'or what it was');
select is(tests.attempt('delete from public.current_agent_status'), '42501', 'or the present');
select tests.act_as(their_admin) from story;
select is(pg_temp.read(), '9 dnd | 9 dnd', 'another organization reads its own');
select tests.act_as(platform_admin) from story;
select is(
  pg_temp.read(), '101 dnd, 102 dnd, 7 dnd, 8 dnd, 8 available, 9 dnd | 101 dnd, 102 dnd, 8 available, 9 dnd',
  'the operator all, also of extensions that nobody holds'
);
select tests.act_as_role('anon');
select is(tests.attempt('select from public.current_agent_status'), '42501', 'and nobody without signing in');

select * from finish();
rollback;
