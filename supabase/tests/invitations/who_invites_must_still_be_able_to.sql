begin;
select plan(26);

create temporary table people on commit drop as
select
  w.*, tests.member(w.acme, 'org_admin') as second_admin, tests.user_at('jo@example.com') as jo,
  tests.user_at('ann@example.com') as ann
from tests.two_organizations() w;
create temporary table story on commit drop as
select people.*, m.id as second_admin_member from people join public.org_members m on m.user_id = people.second_admin;
grant select on story to public;
create temporary table made on commit drop as
select m.token as by_manager, a.token as by_admin, o.token as by_operator
from story s, tests.invite(s.manager, s.acme, 'jo@example.com', 'agent', array[s.given]) m,
  tests.invite(s.second_admin, s.acme, 'ann@example.com', 'org_admin') a,
  tests.invite(s.platform_admin, s.globex, 'jo@example.com', 'org_admin') o;
grant select on made to public;
create function pg_temp.accept() returns text
language plpgsql as $$
begin
  perform tests.act_as(jo) from story;
  return tests.attempt(format('select public.accept_invitation(%L)', by_manager)) from made;
end
$$;
create function pg_temp.accept_admins() returns text
language plpgsql as $$
begin
  perform tests.act_as(ann) from story;
  return tests.attempt(format('select public.accept_invitation(%L)', by_admin)) from made;
end
$$;
create function pg_temp.be_admin() returns void
language sql as $$select tests.act_as(org_admin) from story$$;
grant execute on function pg_temp.accept(), pg_temp.accept_admins(), pg_temp.be_admin() to public;

select is(pg_temp.accept(), '1 row', 'a manager''s invitation is accepted');
select pg_temp.be_admin();
insert into public.member_lines (org_id, member_id, line_id) select acme, manager_member, other from story;
delete from public.member_lines where member_id = (select manager_member from story) and line_id = (select given from story);
select is(pg_temp.accept(), 'PT409 inviter_lost_rights', 'not without the line, whatever other they were given');
select is_empty('select from public.organizations', 'and who was invited sees nothing');
select pg_temp.be_admin();
insert into public.member_lines (org_id, member_id, line_id) select acme, manager_member, given from story;
select is(pg_temp.accept(), '1 row', 'with it, it is again');

-- Another role.
select pg_temp.be_admin();
select public.set_member_role(manager_member, 'agent') from story;
select is(pg_temp.accept(), 'PT409 inviter_lost_rights', 'an agent''s is not, even if they were a manager then');
select pg_temp.be_admin();
select public.set_member_role(manager_member, 'viewer') from story;
select is(pg_temp.accept(), 'PT409 inviter_lost_rights', 'nor a viewer''s');
select pg_temp.be_admin();
select public.set_member_role(manager_member, 'org_admin') from story;
select is(pg_temp.accept(), '1 row', 'an admin''s is');
select pg_temp.be_admin();
select public.set_member_role(manager_member, 'manager') from story;

-- Away.
select public.deactivate_members(array[manager_member]) from story;
select is(pg_temp.accept(), 'PT409 inviter_lost_rights', 'nor that of somebody who was deactivated');
select pg_temp.be_admin();
select public.reactivate_members(array[manager_member]) from story;
select is(pg_temp.accept(), '1 row', 'until they are back');
select tests.act_as_role('postgres');
update public.organizations set requires_second_factor = true where id = (select acme from story);
select is(pg_temp.accept(), '1 row', 'what they signed in with does not matter then');
select tests.act_as_role('postgres');
update public.organizations set requires_second_factor = false where id = (select acme from story);
select pg_temp.be_admin();
select public.remove_member(manager_member) from story;
select is(pg_temp.accept(), 'PT409 inviter_lost_rights', 'nor that of somebody who was removed');
select tests.act_as_role('postgres');
select tests.join(manager, globex, 'org_admin') from story;
select is(pg_temp.accept(), 'PT409 inviter_lost_rights', 'even if they are an admin elsewhere');

-- An admin sends it again: it still is the manager's.
select tests.act_as_role('postgres');
update private.outbox_mails set created_at = now() - interval '1 hour';
select pg_temp.be_admin();
select lives_ok(
  'select public.resend_invitation(id) from public.invitations where email = ''jo@example.com''', 'an admin may send it again'
);
select is(pg_temp.accept(), 'PT409 inviter_lost_rights', 'which does not make it theirs');

-- An admin who invited.
select is(pg_temp.accept_admins(), '1 row', 'an admin''s invitation of an admin is accepted');
select pg_temp.be_admin();
select public.set_member_role(second_admin_member, 'manager') from story;
select is(pg_temp.accept_admins(), 'PT409 inviter_lost_rights', 'not once they are a manager');
select pg_temp.be_admin();
select public.set_member_role(second_admin_member, 'org_admin') from story;
select public.deactivate_members(array[second_admin_member]) from story;
select is(pg_temp.accept_admins(), 'PT409 inviter_lost_rights', 'or deactivated');
select pg_temp.be_admin();
select public.reactivate_members(array[second_admin_member]) from story;
select is(pg_temp.accept_admins(), '1 row', 'until they are back');
select tests.act_as_role('postgres');
delete from auth.users where id = (select second_admin from story);
select is(pg_temp.accept_admins(), 'PT409 inviter_lost_rights', 'nor that of somebody who is gone');
select tests.act_as_role('anon');
select results_eq(
  'select p.inviter from made, public.preview_invitation(by_admin) p', 'values (null::text)', 'who is not told any more'
);
select pg_temp.be_admin();
select lives_ok(
  'select public.revoke_invitation(id) from public.invitations where email = ''ann@example.com''', 'an admin takes it back'
);
select lives_ok(
  'select public.invite_member(acme, ''ann@example.com'', ''org_admin'') from story', 'and invites anew'
);

-- The operator.
select tests.act_as(jo) from story;
select is(
  tests.attempt(format('select public.accept_invitation(%L)', by_operator)), '1 row', 'an operator''s invitation is accepted'
) from made;
select tests.act_as_role('postgres');
delete from private.platform_admins where user_id = (select platform_admin from story);
select tests.act_as(jo) from story;
select is(
  tests.attempt(format('select public.accept_invitation(%L)', by_operator)), 'PT409 inviter_lost_rights', 'while they are one'
) from made;
select is_empty('select from public.org_members', 'of all that, nobody came in');
select is_empty('select from public.organizations', 'or sees anything');

select * from finish();
rollback;
