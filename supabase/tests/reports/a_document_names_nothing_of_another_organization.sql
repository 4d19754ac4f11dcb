begin;
select plan(3);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update public.lines set label = 'Secret' where id = (select theirs from story);
create function pg_temp.filters(p_line_id uuid, p_member_id uuid) returns jsonb
language sql as $$
  select private.report_source(s.acme, 'days', jsonb_build_object(
    'from', '2025-06-02T00:00:00Z', 'to', '2025-06-03T00:00:00Z', 'line_ids', array[p_line_id], 'member_ids', array[p_member_id]
  )) -> 'filters'
  from story s
$$;
grant execute on function pg_temp.filters(uuid, uuid) to public;

select tests.act_as(org_admin) from story;
select is(
  pg_temp.filters(given, agent_member), '{"lines": ["+12125550101"], "members": ["Agent"]}', 'filters are told by name'
) from story;
select is(
  pg_temp.filters(theirs, their_member), '{"lines": ["a line that is not yours"], "members": ["somebody of the team"]}',
  'but not what belongs to others'
) from story;
-- The operator may read both, but what they have made is read by Acme's admins.
select tests.act_as(platform_admin) from story;
select is(
  pg_temp.filters(theirs, their_member), '{"lines": ["a line that is not yours"], "members": ["somebody of the team"]}',
  'whoever has the document made'
) from story;

select * from finish();
rollback;
