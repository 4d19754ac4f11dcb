begin;
select plan(22);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.add(p_count int, p_said jsonb default '{}') returns void
language sql as $$
  select tests.calls(given, p_count, p_said) from story
$$;
create function pg_temp.offered(p_org_id uuid, p_line_ids uuid[] default null, p_member_ids uuid[] default null) returns text
language plpgsql as $$
declare
  v_state text;
  v_detail text;
begin
  return (
    select k.value from public.kpi_summary(p_org_id, '2025-06-02Z', '2025-06-03Z', p_line_ids, p_member_ids) k where k.kpi = 'offered'
  );
exception when others then
  get stacked diagnostics v_state = returned_sqlstate, v_detail = pg_exception_detail;
  return v_state || ' ' || v_detail;
end
$$;
create function pg_temp.series(p_org_id uuid) returns text
language sql as $$
  select sum(k.value)::text from public.kpi_series(p_org_id, '2025-06-02Z', '2025-06-03Z', p_grain => 'hour') k where k.kpi = 'offered'
$$;
grant execute on function pg_temp.offered(uuid, uuid[], uuid[]), pg_temp.series(uuid) to public;

-- Acme: 1 call on the given line, 2 on the other, of which the agent handled one, 4 on no line. Globex: 8. Nobody: 16.
select
  pg_temp.add(1), pg_temp.add(1, jsonb_build_object('line_id', other)),
  pg_temp.add(1, jsonb_build_object('line_id', other, 'member_ids', array[agent_member])),
  pg_temp.add(4, '{"line_id": null}'),
  pg_temp.add(8, jsonb_build_object('org_id', globex, 'line_id', theirs)),
  pg_temp.add(16, jsonb_build_object('org_id', private.holding_org_id(), 'line_id', null))
from story;

select tests.act_as(viewer) from story;
select is(pg_temp.offered(acme), '7', 'a viewer has the figures of the organization') from story;
select is(pg_temp.series(acme), '7', 'and their course') from story;
select is(pg_temp.offered(globex), 'PT404 organization_not_found', 'and none of another') from story;
select is(pg_temp.offered(null), '7', 'all organizations are those read in full') from story;
select is(pg_temp.offered(acme, array[other]), '2', 'a line has figures') from story;
select is(pg_temp.offered(acme, array[given, other]), '3', 'and lines') from story;
select is(pg_temp.offered(acme, array[theirs]), '0', 'but not another organization''s') from story;
select is(pg_temp.offered(acme, '{}'), '0', 'no line has none') from story;
select is(pg_temp.offered(acme, null, array[agent_member]), '1', 'a member has figures') from story;
select is(pg_temp.offered(acme, array[given], array[agent_member]), '0', 'of a line') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.offered(acme), '7', 'an admin has them all') from story;
select tests.act_as(manager) from story;
select is(pg_temp.offered(acme), '1', 'a manager those of the given lines') from story;
select is(pg_temp.offered(null), '0', 'who reads no organization in full') from story;
select tests.act_as(agent) from story;
select is(pg_temp.offered(acme), '2', 'an agent those of the given lines and of what they handled') from story;
select is(pg_temp.series(acme), '2', 'and their course') from story;
select is(pg_temp.offered(acme, array[other]), '1', 'on another line only what they handled') from story;
select is(pg_temp.offered(gen_random_uuid()), 'PT404 organization_not_found', 'an organization is one there is');
select tests.act_as(their_admin) from story;
select is(pg_temp.offered(null), '8', 'each organization its own') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.offered(acme), '7', 'the operator any') from story;
select is(pg_temp.offered(null), '31', 'and all of them, what nobody owns included') from story;
select is(pg_temp.offered(private.holding_org_id()), '16', 'or that alone');

select tests.act_as(null);
select is(pg_temp.offered(null), '0', 'somebody unknown has none');

select * from finish();
rollback;
