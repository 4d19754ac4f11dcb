begin;
select plan(21);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table made on commit drop as
select i.* from story s, tests.invite(s.manager, s.acme, 'jo@example.com', 'agent', array[s.given]) i;
grant select on made to public;
create function pg_temp.resend() returns text
language sql as $$select tests.attempt(format('select public.resend_invitation(%L)', invitation_id)) from made$$;
create function pg_temp.letters() returns int
language sql as $$select jsonb_array_length(tests.rows_as('postgres', 'select id from private.outbox_mails'))$$;
create function pg_temp.pass(p_time interval) returns void
language plpgsql as $$
begin
  perform tests.act_as_role('postgres');
  update private.outbox_mails set created_at = created_at - p_time;
  update private.invitations set expires_at = expires_at - p_time;
end
$$;
create function pg_temp.seen() returns text
language sql as $$
  select format('%s, %s days, mail %s %s', state, round(extract(epoch from expires_at - now()) / 86400), mail_state, coalesce(mail_error, '-'))
  from public.invitations
$$;
grant execute on function pg_temp.resend(), pg_temp.letters(), pg_temp.pass(interval), pg_temp.seen() to public;

select tests.act_as(manager) from story;
select is(pg_temp.resend(), 'PT429 invitation_just_sent', 'a letter that has just been sent is not sent again');
select pg_temp.pass('59 seconds');
select tests.act_as(manager) from story;
select is(pg_temp.resend(), 'PT429 invitation_just_sent', 'nor within a minute');
select pg_temp.pass('1 second');
select tests.act_as(manager) from story;
select is(pg_temp.resend(), '1 row', 'after a minute it is');
select pg_temp.pass('3 days');
select tests.act_as(manager) from story;
select is(pg_temp.seen(), 'pending, 4 days, mail queued -', 'time passes');
select is(public.resend_invitation(invitation_id), now() + interval '7 days', 'sent again, it is open for seven days more') from made;
select is(pg_temp.seen(), 'pending, 7 days, mail queued -', 'as everybody sees');
select is(pg_temp.letters(), 2, 'another letter waits');
select is(pg_temp.resend(), 'PT429 invitation_just_sent', 'and then a minute passes again');
select tests.act_as(org_admin) from story;
select is(pg_temp.resend(), 'PT429 invitation_just_sent', 'for everybody');
select tests.act_as_role('anon');
select results_eq(
  'select p.state from made, public.preview_invitation(token) p', $$values ('pending')$$, 'a link that was told before still works'
);

-- Run out: sending again opens it, for the links that were told as well.
select pg_temp.pass('8 days');
select tests.act_as(manager) from story;
select is(pg_temp.seen(), 'expired, -1 days, mail queued -', 'it runs out');
select public.resend_invitation(invitation_id) from made;
select is(pg_temp.seen(), 'pending, 7 days, mail queued -', 'sent again, it is open');

-- A letter that failed.
select tests.act_as_role('postgres');
update private.invitations set mail_state = 'failed', mail_error = 'No such mailbox.';
select pg_temp.pass('1 hour');
select tests.act_as(manager) from story;
select public.resend_invitation(invitation_id) from made;
select matches(pg_temp.seen(), 'mail queued -$', 'what went wrong with the last letter is over');

-- Whoever could not invite any more does not send it either.
select pg_temp.pass('1 hour');
select tests.act_as(org_admin) from story;
delete from public.member_lines where member_id = (select manager_member from story);
select tests.act_as(manager) from story;
select is(pg_temp.resend(), 'PT403 invitation_not_allowed', 'a manager without the line does not send it');
select tests.act_as(org_admin) from story;
select is(pg_temp.resend(), '1 row', 'an admin does');
select tests.act_as(platform_admin) from story;
select is(pg_temp.resend(), '1 row', 'and so does the operator');
select tests.act_as(their_admin) from story;
select is(pg_temp.resend(), 'PT404 invitation_not_found', 'nobody elsewhere does');
select tests.act_as_role('anon');
select is(pg_temp.resend(), '42501', 'or without signing in');

-- Once it ended there is nothing to send.
select tests.act_as(org_admin) from story;
select is(tests.attempt('select public.resend_invitation(null)'), 'PT404 invitation_not_found', 'there is none without an id');
select tests.act_as_role('postgres');
update private.invitations set accepted_at = now();
select tests.act_as(org_admin) from story;
select is(pg_temp.resend(), 'PT409 invitation_already_accepted', 'an accepted one is not sent again');
select tests.act_as_role('postgres');
update private.invitations set accepted_at = null, revoked_at = now();
select tests.act_as(org_admin) from story;
select is(pg_temp.resend(), 'PT409 invitation_revoked', 'nor is a revoked one');

select * from finish();
rollback;
