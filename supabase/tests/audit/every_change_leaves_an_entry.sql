begin;
select plan(44);

create temporary table story on commit drop as
select
  w.*, tests.user() as newcomer, tests.user() as guest, tests.phone_number(w.platform_account, '+12125550110') as number,
  tests.phone_number(w.platform_account, '+12125550111') as other_number
from tests.two_organizations() w;
alter table story add invitation uuid, add guest_token text, add key uuid;
update public.platform_settings set app_url = 'https://app.example.com';
update story s set (invitation, guest_token) = (
  select i.invitation_id, i.token
  from auth.users u, tests.invite(s.org_admin, s.acme, u.email, 'agent', array[s.given]) i
  where u.id = s.guest
);
update story set key = tests.api_key(acme);
update private.outbox_mails set created_at = now() - interval '1 hour';
grant select on story to public;
-- What the trail gained when somebody did this, told of whom and where.
create function pg_temp.trail(p_user_id uuid, p_sql text, p_org_id uuid default null) returns text
language plpgsql as $$
declare
  v_last bigint := (select coalesce(max(id), 0) from public.audit_entries);
begin
  perform tests.act_as(p_user_id);
  execute p_sql;
  perform tests.act_as_role('postgres');
  return (
    select string_agg(
      case when e.actor_id is distinct from p_user_id then 'SOMEBODY ELSE ' else '' end
      || case when e.org_id is distinct from p_org_id and p_org_id is not null then 'SOMEWHERE ELSE ' else '' end
      || e.action || ' ' || e.resource, ', ' order by e.id
    )
    from public.audit_entries e
    where e.id > v_last
  );
end
$$;
create function pg_temp.sealed() returns text
language sql as $$select encode(convert_to(repeat('x', 80), 'UTF8'), 'base64')$$;

-- The organization.
select is(
  pg_temp.trail(newcomer, 'select public.create_organization(''Initech'')'),
  'insert organizations, insert organization_settings, insert retention_settings, insert org_members',
  'an organization is created, with all it begins with'
) from story;
select is(
  pg_temp.trail(
    org_admin, format('update public.organizations set name = ''Acme Ltd'', time_zone = ''Europe/London'' where id = %L', acme), acme
  ),
  'update organizations', 'renamed'
) from story;
select is(
  pg_temp.trail(platform_admin, format('select public.archive_organization(%L)', acme), acme), 'update organizations', 'archived'
) from story;
select is(pg_temp.trail(platform_admin, format('select public.archive_organization(%L)', acme)), null, 'which it is once') from story;
select is(
  pg_temp.trail(platform_admin, format('select public.unarchive_organization(%L)', acme), acme), 'update organizations', 'and opened again'
) from story;
select is(
  pg_temp.trail(org_admin, format('select public.change_organization_settings(%L, ''{"answer_within_seconds": 30}'')', acme), acme),
  'insert organization_settings', 'its settings begin to be others'
) from story;
select is(
  pg_temp.trail(org_admin, format('select public.change_organization_settings(%L, ''{"answer_within_seconds": 15}'')', acme), acme),
  'update organization_settings', 'and are changed'
) from story;
select is(
  pg_temp.trail(
    org_admin, format('insert into public.holidays (org_id, day, name) values (%L, ''2099-12-25'', ''Christmas'')', acme), acme
  ),
  'insert holidays', 'a holiday is kept'
) from story;
select is(
  pg_temp.trail(org_admin, 'update public.holidays set opens = ''10:00'', closes = ''12:00''', acme), 'update holidays', 'with other hours'
) from story;
select is(pg_temp.trail(org_admin, 'delete from public.holidays', acme), 'delete holidays', 'or not') from story;
select is(
  pg_temp.trail(org_admin, 'update public.retention_settings set recording_days = 30', acme), 'update retention_settings',
  'data is to be kept for so long'
) from story;

-- Its people.
select is(
  pg_temp.trail(org_admin, format('select public.invite_member(%L, ''ann@example.com'', ''viewer'')', acme), acme), 'insert invitations',
  'somebody is invited'
) from story;
select is(
  pg_temp.trail(
    org_admin, format('select public.invite_members(%L, ''[{"email": "bob@example.com"}, {"email": "ann@example.com"}]'')', acme), acme
  ),
  'insert invitations', 'or many, each of them'
) from story;
update private.outbox_mails set created_at = now() - interval '1 hour';
update private.invitations set expires_at = now() where id = (select invitation from story);
select is(
  pg_temp.trail(org_admin, format('select public.resend_invitation(%L)', invitation), acme), 'update invitations', 'again'
) from story;
select is(
  pg_temp.trail(guest, format('select public.accept_invitation(%L)', guest_token), acme),
  'insert org_members, insert member_lines, update invitations',
  'and accepts, which is the guest''s own doing'
) from story;
select is(
  pg_temp.trail(s.org_admin, format('select public.revoke_invitation(%L)', i.id), s.acme), 'update invitations',
  'or an invitation is taken back'
) from story s join private.invitations i on i.email = 'ann@example.com';
select is(
  pg_temp.trail(org_admin, format('select public.set_member_role(%L, ''manager'')', agent_member), acme), 'update org_members',
  'a member gets another role'
) from story;
select is(
  pg_temp.trail(org_admin, format('select public.set_member_role(%L, ''manager'')', agent_member), acme), null,
  'which once given is not given again'
) from story;
select pg_temp.trail(org_admin, format('select public.set_member_role(%L, ''agent'')', agent_member)) from story;
select is(
  pg_temp.trail(manager, format('select public.deactivate_members(%L)', array[agent_member]), acme), 'update org_members', 'is deactivated'
) from story;
select is(
  pg_temp.trail(org_admin, format('select public.reactivate_members(%L)', array[agent_member, manager_member]), acme), 'update org_members',
  'and let in again; who was in is not'
) from story;
select is(
  pg_temp.trail(
    org_admin, format('insert into public.member_lines (org_id, member_id, line_id) values (%L, %L, %L)', acme, agent_member, other), acme
  ), 'insert member_lines', 'is given a line'
) from story;
select is(
  pg_temp.trail(org_admin, format('delete from public.member_lines where member_id = %L and line_id = %L', agent_member, other), acme),
  'delete member_lines', 'that is taken back'
) from story;
select is(
  pg_temp.trail(org_admin, format('select public.set_member_extension(%L, %L, ''101'')', agent_member, acme_account), acme),
  'insert member_extensions', 'has an extension'
) from story;
select is(
  pg_temp.trail(
    org_admin, format('select public.set_member_extension(%L, %L, ''102'', now() + interval ''1 day'')', agent_member, acme_account), acme
  ),
  'update member_extensions, insert member_extensions', 'then another'
) from story;
select is(
  pg_temp.trail(org_admin, format('select public.remove_member(%L)', agent_member), acme),
  'update org_members, delete member_lines, delete member_extensions, delete member_extensions',
  'and is removed, with what they had'
) from story;

-- Its numbers.
select is(
  pg_temp.trail(platform_admin, format('select public.assign_phone_numbers(%L, %L)', array[number, other_number], acme), acme),
  'insert lines, insert lines', 'numbers are given'
) from story;
select is(
  pg_temp.trail(platform_admin, format('select public.assign_phone_number(%L, %L, now() + interval ''1 day'')', number, globex)),
  'update lines, insert lines', 'and given on'
) from story;
select results_eq(
  'select e.org_id, e.action from public.audit_entries e order by id desc limit 2',
  $$select globex, 'insert' from story union all select acme, 'update' from story$$, 'which each of the two is told of its own'
);
select is(
  pg_temp.trail(platform_admin, format('select public.withdraw_phone_numbers(%L, now() + interval ''1 hour'')', array[number])),
  'update lines, delete lines', 'or taken back'
) from story;
select is(pg_temp.trail(manager, 'update public.lines set label = ''Sales''', acme), 'update lines', 'a line is labelled') from story;
select is(pg_temp.trail(manager, 'update public.lines set label = ''Sales''', acme), null, 'as long as it is not labelled so') from story;

-- Its accounts and keys.
select is(
  pg_temp.trail(
    org_admin, format(
      'select public.create_integration(%L, ''MightyCall'', ''classic'', ''signed'', ''key-1'', %L, gen_random_uuid())', acme,
      jsonb_build_object('api_key', pg_temp.sealed(), 'user_key', pg_temp.sealed(), 'webhook_secret', pg_temp.sealed())
    ), acme
  ), 'insert integrations, insert integration_credentials, insert integration_credentials, insert integration_credentials',
  'an account is added'
) from story;
select is(
  pg_temp.trail(org_admin, format('select public.create_api_key(%L, ''Reports'', ''{calls:read}'')', acme), acme), 'insert api_keys',
  'a key is made'
) from story;
select is(pg_temp.trail(org_admin, format('select public.revoke_api_key(%L)', key), acme), 'update api_keys', 'and revoked') from story;
select is(pg_temp.trail(org_admin, format('select public.revoke_api_key(%L)', key), acme), null, 'which it is once') from story;
select is(
  pg_temp.trail(org_admin, format('select public.export_audit_trail(%L, ''2020-01-01'', now())', acme), acme), 'export audit_entries',
  'the trail is exported'
) from story;

-- The platform.
select is(
  pg_temp.trail(platform_admin, 'select public.create_api_key(null, ''Reports'', ''{calls:read}'')', private.holding_org_id()),
  'insert api_keys',
  'what is for the whole platform is the operator''s to read'
) from story;
select is(
  pg_temp.trail(platform_admin, 'update public.platform_settings set support_email = ''help@example.com''', private.holding_org_id()),
  'update platform_settings', 'its settings'
) from story;
select is(
  pg_temp.trail(platform_admin, format('select public.grant_platform_admin(%L)', guest), private.holding_org_id()),
  'insert platform_admins', 'who runs it'
) from story;
select is(
  pg_temp.trail(platform_admin, format('select public.grant_platform_admin(%L)', guest)), null, 'once'
) from story;
select is(
  pg_temp.trail(platform_admin, format('select public.revoke_platform_admin(%L)', guest), private.holding_org_id()),
  'delete platform_admins',
  'and does no more'
) from story;

-- What was tried and refused, or only read, changed nothing.
select is(
  pg_temp.trail(viewer, 'select * from public.organizations; update public.lines set label = ''x'''), null,
  'who only looks leaves nothing'
) from story;

-- What people do to themselves is theirs.
select is(
  pg_temp.trail(agent, 'update public.profiles set full_name = ''Ann''; update public.profile_settings set theme = ''dark'''), null,
  'nor does who changes their own name or taste'
) from story;

-- What only the provider or the sync changes is not administration.
select is(
  (
    select count(*)::int
    from public.audit_entries e
    where e.resource in ('calls', 'legs', 'webhook_events', 'sync_jobs', 'phone_numbers')
  ), 0, 'calls, deliveries and pulls are not administration'
);

select * from finish();
rollback;
