begin;
select plan(21);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table made on commit drop as
select i.* from story s, tests.invite(s.manager, s.acme, 'Jo@Example.com', 'agent', array[s.given]) i;
grant select on made to public;
create function pg_temp.state() returns text
language sql as $$select p.state from made, public.preview_invitation(token) p$$;
create function pg_temp.preview(p_token text) returns text
language sql as $$select tests.attempt(format('select public.preview_invitation(%L)', p_token))$$;
grant execute on function pg_temp.state(), pg_temp.preview(text) to public;

select tests.act_as_role('anon');
select results_eq(
  'select p.* from made, public.preview_invitation(token) p',
  $$values ('Acme', 'agent', 'Manager', 'Jo@Example.com', now() + interval '7 days', 'pending')$$,
  'a guest reads where to, as what, by whom and until when they are invited'
);
select tests.act_as(viewer) from story;
select is(pg_temp.state(), 'pending', 'so does whoever is signed in and has the link');
select tests.act_as(their_admin) from story;
select is(pg_temp.state(), 'pending', 'wherever they belong');

-- Without a token that is one.
select tests.act_as_role('anon');
select is(pg_temp.preview(token), 'PT404 invitation_not_found', coalesce('"' || left(token, 30) || '"', 'nothing') || ' opens nothing')
from unnest(array[null, '', ' ', 'x', repeat('A', 43), repeat('x', 100000), '%', ''' or true --', E'\n']) token;
select is(pg_temp.preview(token || ' '), 'PT404 invitation_not_found', 'nor does a token with something to it') from made;
select is(pg_temp.preview(upper(token)), 'PT404 invitation_not_found', 'or in other letters') from made;
select is(pg_temp.preview(invitation_id::text), 'PT404 invitation_not_found', 'or the invitation''s id') from made;

-- What becomes of it.
select tests.act_as_role('postgres');
update private.invitations set expires_at = now();
select tests.act_as_role('anon');
select is(pg_temp.state(), 'expired', 'it runs out');
select tests.act_as_role('postgres');
update private.invitations set expires_at = now() + interval '1 day', revoked_at = now();
select tests.act_as_role('anon');
select is(pg_temp.state(), 'revoked', 'it is taken back');
select tests.act_as_role('postgres');
update private.invitations set revoked_at = null, accepted_at = now(), expires_at = now() - interval '1 day';
select tests.act_as_role('anon');
select is(pg_temp.state(), 'accepted', 'it is accepted, which stays so');
select tests.act_as_role('postgres');
update private.invitations set accepted_at = null, expires_at = now() + interval '1 day';
update public.organizations set archived_at = now() where id = (select acme from story);
select tests.act_as_role('anon');
select is(pg_temp.state(), 'revoked', 'its organization is archived');
select tests.act_as_role('postgres');
update public.organizations set archived_at = null where id = (select acme from story);
update public.profiles set full_name = null where user_id = (select manager from story);
select tests.act_as_role('anon');
select results_eq(
  'select p.inviter, p.state from made, public.preview_invitation(token) p', 'select manager || ''@example.com'', ''pending'' from story',
  'an inviter without a name is told by address'
);
select tests.act_as_role('postgres');
delete from auth.users where id = (select manager from story);
select tests.act_as_role('anon');
select is(p.inviter, null, 'one who is gone is not told') from made m, public.preview_invitation(m.token) p;

select * from finish();
rollback;
