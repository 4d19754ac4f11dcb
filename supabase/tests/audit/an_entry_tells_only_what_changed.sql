begin;
select plan(13);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.last() returns table (row_key jsonb, details jsonb)
language sql as $$
  select e.row_key, e.details from public.audit_entries e order by e.id desc limit 1
$$;

select tests.act_as(org_admin) from story;
update public.organizations set name = 'Acme Ltd', time_zone = 'UTC', requires_second_factor = false where name = 'Acme';
select tests.act_as_role('postgres');
select results_eq(
  'select row_key, details from pg_temp.last()',
  $$select jsonb_build_object('id', acme), '{"before": {"name": "Acme"}, "after": {"name": "Acme Ltd"}}'::jsonb from story$$,
  'an entry tells which row it was, what changed in it, and nothing of what did not'
);

select tests.act_as(platform_admin) from story;
select public.archive_organization(acme) from story;
select tests.act_as_role('postgres');
select results_eq(
  'select details from pg_temp.last()',
  $$select jsonb_build_object('before', '{"archived_at": null}'::jsonb, 'after', jsonb_build_object('archived_at', now()))$$,
  'also what was empty before'
);
select tests.act_as(platform_admin) from story;
select public.unarchive_organization(acme) from story;
select tests.act_as_role('postgres');
select results_eq(
  'select details from pg_temp.last()',
  $$select jsonb_build_object('before', jsonb_build_object('archived_at', now()), 'after', '{"archived_at": null}'::jsonb)$$,
  'or is now'
);

select tests.act_as(org_admin) from story;
insert into public.holidays (org_id, day, name) select acme, '2099-12-25', 'Christmas' from story;
select tests.act_as_role('postgres');
select results_eq(
  'select row_key, details from pg_temp.last()', $$
    select jsonb_build_object('org_id', acme, 'day', '2099-12-25'),
      jsonb_build_object('after', jsonb_build_object('org_id', acme, 'day', '2099-12-25', 'name', 'Christmas', 'opens', null, 'closes', null))
    from story
  $$, 'what begins has an after'
);
select tests.act_as(org_admin) from story;
update public.holidays set name = 'Christmas Day', opens = '10:00', closes = '24:00';
select tests.act_as_role('postgres');
select results_eq(
  'select details from pg_temp.last()',
  $$
    values (
      '{
        "before": {"name": "Christmas", "opens": null, "closes": null},
        "after": {"name": "Christmas Day", "opens": "10:00", "closes": "24:00"}
      }'::jsonb
    )
  $$, 'several changes are one'
);
select tests.act_as(org_admin) from story;
delete from public.holidays;
select tests.act_as_role('postgres');
select results_eq(
  'select details -> ''before'' ->> ''name'', details ? ''after'' from pg_temp.last()', $$values ('Christmas Day', false)$$,
  'what ends has a before'
);

select tests.act_as(org_admin) from story;
select public.change_organization_settings(acme, '{"answer_within_seconds": 30}') from story;
select public.change_organization_settings(acme, '{"business_hours": [{"weekday": 1, "opens": "09:00", "closes": "17:00"}]}') from story;
select tests.act_as_role('postgres');
select results_eq(
  'select details from pg_temp.last()',
  $$
    select '{"before": {"business_hours": []}, "after": {"business_hours": [{"weekday": 1, "opens": "09:00", "closes": "17:00"}]}}'::jsonb
  $$,
  'lists are told whole'
);

select tests.act_as(org_admin) from story;
select public.set_member_role(agent_member, 'viewer') from story;
select tests.act_as_role('postgres');
select results_eq(
  'select row_key, details from pg_temp.last()',
  $$select jsonb_build_object('id', agent_member), '{"before": {"role": "agent"}, "after": {"role": "viewer"}}'::jsonb from story$$,
  'a role is told with the one before'
);
select results_eq(
  'select e.at >= now(), e.at <= clock_timestamp() from public.audit_entries e order by e.id desc limit 1', 'values (true, true)',
  'and when'
);
select is_empty(
  $$
    select e.resource, k.key
    from public.audit_entries e
    cross join jsonb_each(e.details) side
    cross join jsonb_object_keys(side.value) k (key)
    where e.details is not null and k.key in ('created_at', 'updated_at')
  $$, 'that a row was touched is no news'
);

-- Many rows, many entries, each with its own.
select tests.act_as(org_admin) from story;
select public.deactivate_members(array[agent_member, manager_member]) from story;
select tests.act_as_role('postgres');
select results_eq(
  $$
    select (e.row_key ->> 'id')::uuid
    from public.audit_entries e
    where e.action = 'update' and e.details -> 'after' ? 'deactivated_at'
    order by 1
  $$,
  'select unnest(array[agent_member, manager_member]) from story order by 1', 'what happens to many is told of each'
);
select is_empty(
  'select from public.audit_entries e where e.details_digest <> sha256(convert_to(coalesce(e.details::text, ''''), ''UTF8''))',
  'each is summed up'
);

-- What is undone is not told.
create temporary table counted (entries bigint) on commit drop;
insert into counted select count(*) from public.audit_entries;
select tests.act_as(org_admin) from story;
do $$
begin
  update public.organizations set name = 'Undone';
  raise exception 'no';
exception when raise_exception then
  null;
end
$$;
select tests.act_as_role('postgres');
select is((select count(*) from public.audit_entries), (select entries from counted), 'what is taken back was never there');

select * from finish();
rollback;
