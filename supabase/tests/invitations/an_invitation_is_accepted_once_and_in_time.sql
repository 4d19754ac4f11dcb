begin;
select plan(16);

create temporary table story on commit drop as select *, tests.user_at('jo@example.com') as jo from tests.two_organizations();
grant select on story to public;
create temporary table made on commit drop as
select i.* from story s, tests.invite(s.org_admin, s.acme, 'jo@example.com', 'viewer') i;
grant select on made to public;
create function pg_temp.accept() returns text
language sql as $$select tests.attempt(format('select public.accept_invitation(%L)', token)) from made$$;
create function pg_temp.let(p_change text) returns void
language plpgsql as $$
begin
  perform tests.act_as_role('postgres');
  execute p_change;
  perform tests.act_as(jo) from story;
end
$$;
grant execute on function pg_temp.accept(), pg_temp.let(text) to public;

select tests.act_as(jo) from story;
select is(pg_temp.accept(), '1 row', 'an open invitation is accepted');
select pg_temp.let('update private.invitations set expires_at = now()');
select is(pg_temp.accept(), 'PT409 invitation_expired', 'one that ran out is not');
select pg_temp.let('update private.invitations set expires_at = now() + interval ''1 microsecond''');
select is(pg_temp.accept(), '1 row', 'until then it is');
select pg_temp.let('update private.invitations set revoked_at = now(), expires_at = now() + interval ''1 day''');
select is(pg_temp.accept(), 'PT409 invitation_revoked', 'one that was taken back is not');
select pg_temp.let('update private.invitations set revoked_at = null');
select pg_temp.let('update public.organizations set archived_at = now() where name = ''Acme''');
select is(pg_temp.accept(), 'PT409 invitation_revoked', 'nor one into an archived organization');
select pg_temp.let('update public.organizations set archived_at = null');
select is(pg_temp.accept(), '1 row', 'once opened, it is');

-- Sent again after it ran out, the first link still does.
select pg_temp.let('update private.invitations set expires_at = now() - interval ''1 day''');
select pg_temp.let('update private.outbox_mails set created_at = now() - interval ''8 days''');
select tests.act_as(org_admin) from story;
select public.resend_invitation(invitation_id) from made;
select tests.act_as(jo) from story;
select is(pg_temp.accept(), '1 row', 'sent again, it is open again');

select public.accept_invitation(token) from made;
select is(pg_temp.accept(), 'PT409 invitation_already_accepted', 'it is accepted once');
select results_eq('select role from public.members', $$values ('viewer')$$, 'and who came in stays');

-- An accepted one does not bring anybody back.
select tests.act_as(org_admin) from story;
select public.remove_member(m.id) from public.members m, story s where m.user_id = s.jo;
select tests.act_as(jo) from story;
select is(pg_temp.accept(), 'PT409 invitation_already_accepted', 'nor does it bring back who was removed');
select is_empty('select from public.organizations', 'who sees nothing');

-- Two invitations of the same address to two organizations are two.
select tests.act_as_role('postgres');
create temporary table others on commit drop as
select i.token from story s, tests.invite(s.their_admin, s.globex, 'jo@example.com', 'agent') i;
grant select on others to public;
select tests.act_as(jo) from story;
select lives_ok('select public.accept_invitation(token) from others', 'another organization''s is another');
select results_eq('select id from public.organizations', 'select globex from story', 'and leads there');

-- Where a second factor is required, who was invited comes in, and sees something once they have one.
select tests.act_as_role('postgres');
update public.organizations set requires_second_factor = true where id = (select acme from story);
delete from private.outbox_mails;
create temporary table again on commit drop as
select i.token from story s, tests.invite(s.platform_admin, s.acme, 'jo@example.com', 'agent', array[s.given]) i;
grant select on again to public;
select tests.act_as(jo, '{"aal": "aal1"}') from story;
select lives_ok('select public.accept_invitation(token) from again', 'who has one factor comes in');
select is_empty('select from public.lines where org_id = (select acme from story)', 'but sees nothing');
select tests.act_as(jo, '{"aal": "aal2"}') from story;
select results_eq('select id from public.lines', 'select given from story', 'until they have two');

select * from finish();
rollback;
