begin;
select plan(17);

create temporary table story on commit drop as select *, tests.user_at('jo@example.com') as jo from tests.two_organizations();
grant select on story to public;
create function pg_temp.revoke(p_id uuid) returns text
language sql as $$select tests.attempt(format('select public.revoke_invitation(%L)', p_id))$$;
grant execute on function pg_temp.revoke(uuid) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.revoke(gen_random_uuid()), 'PT404 invitation_not_found', 'where nobody was invited there is none to take back');

select tests.act_as_role('postgres');
create temporary table made on commit drop as
select i.*, o.token as second_token, o.invitation_id as theirs
from story s, tests.invite(s.manager, s.acme, 'jo@example.com', 'agent', array[s.given]) i,
  tests.invite(s.their_admin, s.globex, 'jo@example.com', 'agent') o;
grant select on made to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.revoke(gen_random_uuid()), 'PT404 invitation_not_found', 'nor one that is not there');
select is(pg_temp.revoke(null), 'PT404 invitation_not_found', 'or none');
select is(pg_temp.revoke(theirs), 'PT404 invitation_not_found', 'or one of another organization') from made;
select is(pg_temp.revoke(invitation_id), '1 row', 'an admin takes one back, whoever sent it') from made;
select tests.act_as(manager) from story;
select is(pg_temp.revoke(invitation_id), '1 row', 'and so does who sent it') from made;
select public.revoke_invitation(invitation_id) from made;
select results_eq(
  'select state, revoked_at, accepted_at from public.invitations', $$values ('revoked', now(), null::timestamptz)$$, 'it is revoked'
);
select is(pg_temp.revoke(invitation_id), 'PT409 invitation_revoked', 'once') from made;
select is(
  tests.attempt(format('select public.create_invitation_link(%L)', invitation_id)), 'PT409 invitation_revoked', 'there is no link to it'
) from made;

-- Links that were told before.
select tests.act_as_role('anon');
select results_eq(
  'select p.state from made, public.preview_invitation(token) p', $$values ('revoked')$$, 'a link tells that it was revoked'
);
select tests.act_as(jo) from story;
select is(
  tests.attempt(format('select public.accept_invitation(%L)', token)), 'PT409 invitation_revoked', 'and lets nobody in'
) from made;
select is_empty('select from public.organizations', 'at all');
select is(
  tests.attempt(format('select public.accept_invitation(%L)', second_token)), '1 row', 'while that of another organization does'
) from made;

-- One that ran out may be taken back, one that was accepted may not.
select tests.act_as_role('postgres');
update private.invitations i set revoked_at = null, expires_at = now() - interval '1 day' from made where i.id = invitation_id;
select tests.act_as(org_admin) from story;
select is(pg_temp.revoke(invitation_id), '1 row', 'one that ran out may be taken back') from made;
select tests.act_as_role('postgres');
update private.invitations i set accepted_at = now() from made where i.id = invitation_id;
select tests.act_as(org_admin) from story;
select is(pg_temp.revoke(invitation_id), 'PT409 invitation_already_accepted', 'one that was accepted may not') from made;
select is(
  tests.attempt(format('select public.create_invitation_link(%L)', invitation_id)), 'PT409 invitation_already_accepted',
  'nor is there a link'
) from made;
select isnt_empty(
  'select from public.audit_entries where resource = ''invitations'' and details -> ''after'' ? ''revoked_at''',
  'who took it back is written down'
);

select * from finish();
rollback;
