begin;
select plan(25);

create temporary table story on commit drop as
select
  *, tests.user_at('JO@example.com') as jo, tests.user_at('other@example.com') as other_person,
  tests.user_at('late@example.com', false) as unconfirmed
from tests.two_organizations();
grant select on story to public;
create temporary table made on commit drop as
select i.invitation_id, i.token, l.token as late_token
from story s, tests.invite(s.org_admin, s.acme, 'Jo@Example.com', 'agent', array[s.given, s.other]) i,
  tests.invite(s.org_admin, s.acme, 'late@example.com', 'manager') l;
grant select on made to public;
create function pg_temp.accept() returns text
language sql as $$select tests.attempt(format('select public.accept_invitation(%L)', token)) from made$$;
create function pg_temp.accept_late() returns text
language sql as $$select tests.attempt(format('select public.accept_invitation(%L)', late_token)) from made$$;
grant execute on function pg_temp.accept(), pg_temp.accept_late() to public;

-- Somebody else, whatever they say about themselves.
select tests.act_as(other_person) from story;
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'who has another address is not let in');
select tests.act_as(other_person, '{"email": "jo@example.com"}') from story;
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'nor by an address that the token names');
select tests.act_as(
  other_person, '{"email": "jo@example.com", "user_metadata": {"email": "jo@example.com", "email_verified": true},
  "app_metadata": {"email": "jo@example.com", "role": "org_admin"}, "aal": "aal2", "amr": [{"method": "otp"}]}'
) from story;
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'or that its metadata do');
select tests.act_as_role('postgres');
update auth.users u set
  raw_user_meta_data = '{"email": "jo@example.com", "email_verified": true}', raw_app_meta_data = '{"email": "jo@example.com"}'
from story where u.id = other_person;
select tests.act_as(other_person) from story;
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'or what they wrote about themselves');
update public.profiles set full_name = 'jo@example.com' where user_id = (select other_person from story);
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'into their profile as well');
select tests.act_as_role('postgres');
update auth.users u set email_change = 'jo@example.com' from story where u.id = other_person;
select tests.act_as(other_person) from story;
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'nor before a change of the address is confirmed');
select tests.act_as(manager) from story;
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'nor is anybody of the organization');
select tests.act_as(platform_admin) from story;
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'or the operator');
select tests.act_as(null, '{"email": "jo@example.com"}');
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'or a token without a user');
select tests.act_as(gen_random_uuid(), '{"email": "jo@example.com"}');
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'or of somebody who is gone');
select tests.act_as_role('anon');
select is(pg_temp.accept(), '42501', 'or who is not signed in');
select tests.act_as_role('postgres');
update auth.users u set email = null from story where u.id = other_person;
select tests.act_as(other_person) from story;
select is(pg_temp.accept(), 'PT403 invitation_for_another_address', 'or who has no address');

-- A token that is none.
select tests.act_as(jo) from story;
select is(
  tests.attempt(format('select public.accept_invitation(%L)', token)), 'PT404 invitation_not_found',
  coalesce('"' || left(token, 30) || '"', 'nothing') || ' lets nobody in'
)
from unnest(array[null, '', repeat('A', 43)]) token;
select is(
  tests.attempt(format('select public.accept_invitation(%L)', invitation_id)), 'PT404 invitation_not_found', 'nor does the invitation''s id'
) from made;

-- The invited.
select is(public.accept_invitation(m.token), s.acme, 'who was invited comes in, in whatever letters they write their address')
from made m, story s;
select results_eq(
  'select org_id, role, line_ids, state from public.members where user_id = (select jo from story)',
  'select acme, ''agent'', array(select l from unnest(array[given, other]) l order by l), ''active'' from story',
  'with the role and the lines they were promised'
);
select set_eq('select id from public.lines', 'select unnest(array[given, other]) from story', 'which they see');
select tests.act_as(org_admin) from story;
select results_eq(
  'select i.state, i.accepted_at, i.accepted_by from public.invitations i, made where i.id = invitation_id',
  'select ''accepted'', now(), jo from story', 'and who came in is written down'
);
select isnt_empty(
  'select from public.audit_entries where resource = ''org_members'' and action = ''insert'' and actor_id = (select jo from story)',
  'in the trail too'
);

-- One confirmation, which the invitation survives.
select tests.act_as(unconfirmed) from story;
select is(pg_temp.accept_late(), 'PT403 email_not_confirmed', 'an address that is not confirmed lets nobody in');
select tests.act_as(
  unconfirmed, '{"email": "late@example.com", "email_verified": true, "user_metadata": {"email_verified": true}}'
) from story;
select is(pg_temp.accept_late(), 'PT403 email_not_confirmed', 'whatever the token says');
select tests.act_as_role('postgres');
update auth.users u set raw_user_meta_data = '{"email_verified": true}', phone_confirmed_at = now() from story where u.id = unconfirmed;
select tests.act_as(unconfirmed) from story;
select is(pg_temp.accept_late(), 'PT403 email_not_confirmed', 'or they say themselves');
select tests.act_as_role('postgres');
update auth.users u set email_confirmed_at = now() from story where u.id = unconfirmed;
select tests.act_as(unconfirmed) from story;
select is(pg_temp.accept_late(), '1 row', 'once confirmed, the same link does');

select * from finish();
rollback;
