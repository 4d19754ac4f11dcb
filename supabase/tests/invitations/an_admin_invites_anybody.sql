begin;
select plan(36);

create temporary table story on commit drop as
select
  w.*, private.holding_org_id() as holding,
  tests.line(w.acme, tests.phone_number(w.platform_account, '+12125550111'), tstzrange('2020-01-01', now() - interval '1 day')) as past,
  tests.line(w.acme, tests.phone_number(w.platform_account, '+12125550112'), tstzrange('2020-01-01', now() + interval '1 year')) as lent,
  tests.line(w.acme, tests.phone_number(w.platform_account, '+12125550113'), tstzrange(now() + interval '9 days', null)) as promised
from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.invite(p_org_id uuid, p_role text, variadic p_line_ids uuid[] default '{}') returns text
language sql as $$
  select tests.attempt(format('select public.invite_member(%L, ''jo@example.com'', %L, %L)', p_org_id, p_role, p_line_ids))
$$;
grant execute on function pg_temp.invite(uuid, text, uuid[]) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.invite(acme, role), '1 row', 'an admin invites as ' || role)
from story, unnest(array['org_admin', 'manager', 'agent', 'viewer']) role;
select is(pg_temp.invite(acme, role), 'PT422 role_unknown', coalesce('"' || left(role, 20) || '"', 'none') || ' is no role')
from story, unnest(array[null, '', 'boss', 'platform_admin', 'Agent', repeat('x', 10000)]) role;
select is(pg_temp.invite(acme, 'agent', given, other), '1 row', 'with any line of the organization') from story;
select is(pg_temp.invite(acme, 'manager', given, given), '1 row', 'twice the same is once') from story;
select is(pg_temp.invite(acme, 'agent', lent), '1 row', 'one that the organization has for a time') from story;
select is(pg_temp.invite(acme, 'agent', promised), '1 row', 'or will have') from story;
select is(pg_temp.invite(acme, 'agent', past), 'PT403 invitation_not_allowed', 'but not one it had') from story;
select is(pg_temp.invite(acme, 'agent', given, theirs), 'PT403 invitation_not_allowed', 'nor one of another organization') from story;
select is(pg_temp.invite(acme, 'agent', gen_random_uuid()), 'PT403 invitation_not_allowed', 'nor an unknown one') from story;
select is(pg_temp.invite(acme, 'agent', given, null), 'PT403 invitation_not_allowed', 'nor none as one') from story;
select is(
  tests.attempt(format('select public.invite_member(%L, ''jo@example.com'', ''agent'', null)', acme)), '1 row', 'no list is no lines'
) from story;
select is(pg_temp.invite(globex, 'agent'), 'PT404 organization_not_found', 'nobody is invited elsewhere') from story;
select is(pg_temp.invite(gen_random_uuid(), 'agent'), 'PT404 organization_not_found', 'or nowhere');
select is(pg_temp.invite(null, 'agent'), 'PT404 organization_not_found', 'at all');

select tests.act_as(agent) from story;
select is(pg_temp.invite(acme, 'agent'), 'PT403 role_not_sufficient', 'an agent invites nobody') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.invite(acme, 'viewer'), 'PT403 role_not_sufficient', 'nor does a viewer') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.invite(acme, 'agent'), 'PT404 organization_not_found', 'nor an admin elsewhere') from story;
select tests.act_as_role('anon');
select is(pg_temp.invite(acme, 'agent'), '42501', 'nor who is not signed in') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.invite(acme, 'org_admin'), '1 row', 'the operator invites for any organization') from story;
select is(pg_temp.invite(holding, 'org_admin'), 'PT409 organization_archived', 'but none into the one without members') from story;

-- What has been written down.
create temporary table invited (id uuid) on commit drop;
grant select, insert on invited to public;
select tests.act_as(org_admin) from story;
insert into invited select public.invite_member(acme, ' Jo@Example.com ', 'agent', array[other, given, given]) from story;
select results_eq(
  'select i.id, i.org_id, i.email, i.role, i.line_ids, i.invited_by, i.state, i.mail_state, i.mail_error, i.created_at, i.expires_at'
  ' from public.invitations i',
  'select id, acme, ''Jo@Example.com'', ''agent'', array(select l from unnest(array[given, other]) l order by l), org_admin, ''pending'','
  ' ''queued'', null::text, now(), now() + interval ''7 days'' from invited, story',
  'an invitation is open for seven days, and its letter waits'
);
select results_eq(
  'select a.actor_id, a.action from public.audit_entries a join invited i on a.row_key ->> ''id'' = i.id::text'
  ' where a.resource = ''invitations''',
  'select org_admin, ''insert'' from story', 'the trail tells who invited whom'
);
select doesnt_match(tests.attempt('update public.invitations set role = ''org_admin'''), 'row', 'nobody changes an invitation by hand');
select doesnt_match(tests.attempt('delete from public.invitations'), 'row', 'or takes one away');
select is(tests.attempt('update private.invitations set role = ''org_admin'''), '42501', 'not where it is kept either');
select is(tests.attempt('select from private.invitation_tokens'), '42501', 'nobody reads what is kept of tokens');
select is(tests.attempt('select from private.outbox_mails'), '42501', 'or of letters');
select is((select count(*)::int from public.members), 4, 'who was invited is no member yet');

select * from finish();
rollback;
