begin;
select plan(17);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.invite(p_email text) returns text
language sql as $$select tests.attempt(format('select public.invite_member(%L, %L, ''agent'')', acme, p_email)) from story$$;
create function pg_temp.states() returns text
language sql as $$
  select string_agg(state, ', ' order by created_at, state) from public.invitations where org_id = (select acme from story)
$$;
grant execute on function pg_temp.invite(text), pg_temp.states() to public;

select tests.act_as(org_admin) from story;
select public.invite_member(acme, 'jo@example.com', 'agent') from story;
select is(pg_temp.invite('jo@example.com'), 'PT409 already_invited', 'who is invited is not invited again');
select is(pg_temp.invite('JO@EXAMPLE.COM'), 'PT409 already_invited', 'in whatever letters');
select is(pg_temp.invite('jo+again@example.com'), '1 row', 'while another address is another');
select tests.act_as(manager) from story;
select is(pg_temp.invite('Jo@example.com'), 'PT409 already_invited', 'nor by somebody else');
select tests.act_as(their_admin) from story;
select is(
  tests.attempt(format('select public.invite_member(%L, ''jo@example.com'', ''agent'')', globex)), '1 row',
  'organizations do not notice each other'
) from story;

-- Revoked: invited again.
select tests.act_as(org_admin) from story;
select public.revoke_invitation(id) from public.invitations;
select public.invite_member(acme, 'JO@example.com', 'viewer') from story;
select is(pg_temp.states(), 'pending, revoked', 'what was revoked makes room');

-- Expired: invited again, and the old one stays ended.
select tests.act_as_role('postgres');
update private.invitations set expires_at = now() - interval '1 second' where revoked_at is null;
select tests.act_as(org_admin) from story;
select is(pg_temp.states(), 'expired, revoked', 'an invitation runs out by itself');
select public.invite_member(acme, 'jo@example.com', 'agent') from story;
select is(pg_temp.states(), 'pending, revoked, revoked', 'what ran out makes room');
select is(pg_temp.invite('jo@example.com'), 'PT409 already_invited', 'for one');
select is(
  tests.attempt(format('select public.resend_invitation(%L)', id)), 'PT409 invitation_revoked', 'and does not come back beside it'
)
from public.invitations where state = 'revoked' and role = 'viewer';

-- A member.
select tests.act_as_role('postgres');
create temporary table made on commit drop as
select (tests.invite(org_admin, acme, 'member@example.com', 'viewer')).token as token, tests.user_at('member@example.com') as guest
from story;
grant select on made to public;
select tests.act_as(guest) from made;
select public.accept_invitation(token) from made;
select tests.act_as(org_admin) from story;
select is(pg_temp.invite('Member@Example.com'), 'PT409 already_a_member', 'who came in is a member');
select is(
  tests.attempt(format('select public.invite_member(%L, ''member@example.com'', ''org_admin'')', acme)), 'PT409 already_a_member',
  'whatever they are invited as'
) from story;
select public.deactivate_members(array[m.id]) from public.members m where m.email = 'member@example.com';
select is(pg_temp.invite('member@example.com'), 'PT409 already_a_member', 'who was deactivated still is one');
select public.remove_member(m.id) from public.members m where m.email = 'member@example.com';
select is(pg_temp.invite('member@example.com'), '1 row', 'who was removed may be invited again');

-- A member who changed the address in Auth has the new one, and the old is free.
select tests.act_as_role('postgres');
update auth.users u set email = 'new.viewer@example.com' from story where u.id = viewer;
select tests.act_as(org_admin) from story;
select is(pg_temp.invite('new.viewer@example.com'), 'PT409 already_a_member', 'a changed address is a member''s');
select is(pg_temp.invite(viewer || '@example.com'), '1 row', 'the old one is nobody''s') from story;

-- A member elsewhere is none here.
select is(
  tests.attempt(format('select public.invite_member(%L, %L, ''agent'')', acme, their_admin || '@example.com')), '1 row',
  'who is a member elsewhere may be invited'
) from story;

select * from finish();
rollback;
