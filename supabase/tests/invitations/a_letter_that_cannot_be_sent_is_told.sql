begin;
select plan(22);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update public.platform_settings set app_url = 'https://app.example.com';
create function pg_temp.claim(p_at interval default '0') returns jsonb
language sql as $$select tests.rows_as('sync', format('select * from private.claim_outbox_mail(''one'', %L)', now() + p_at)) -> 0$$;
create temporary table claimed (mail jsonb) on commit drop;
create function pg_temp.try_finish(p_outcome text, p_error text, p_retry interval) returns text
language sql as $$
  select tests.rows_as('sync', format('select tests.attempt(%L) as came', format(
    'select private.finish_outbox_mail(%L, ''one'', %L, %L, %L, now())', mail ->> 'mail_id', p_outcome, p_error, now() + p_retry
  ))) #>> '{0, came}'
  from claimed
$$;
create function pg_temp.finish(p_outcome text, p_error text default null, p_retry interval default null) returns void
language sql as $$
  select tests.rows_as('sync', format(
    'select private.finish_outbox_mail(%L, ''one'', %L, %L, %L, now())', mail ->> 'mail_id', p_outcome, p_error, now() + p_retry
  ))
  from claimed
$$;
create function pg_temp.shown() returns text
language sql as $$select format('%s: %s', mail_state, coalesce(mail_error, '-')) from public.invitations$$;
grant execute on function pg_temp.shown() to public;

select tests.act_as(manager) from story;
select public.invite_member(acme, 'jo@example.com', 'agent', array[given]) from story;
select tests.act_as_role('postgres');
insert into claimed select pg_temp.claim();

-- How a letter cannot end.
select is(pg_temp.try_finish('lost', null, null), '23514', 'a letter ends in one of the ways there are');
select is(pg_temp.try_finish('retry', 'Busy', null), '23502', 'to be tried again it needs a time');
select is(pg_temp.try_finish('failed', null, null), '23514', 'to fail it needs a reason');

-- Tried again.
select pg_temp.finish('retry', 'The mail server is busy.', '5 minutes');
select tests.act_as(manager) from story;
select is(pg_temp.shown(), 'queued: The mail server is busy.', 'while it is tried again, who invited reads why');
select tests.act_as_role('postgres');
select is(pg_temp.claim('299 seconds'), null, 'it waits until then');
update claimed set mail = pg_temp.claim('5 minutes');
select is(mail ->> 'attempt', '2', 'and is tried a second time') from claimed;
select pg_temp.finish('sent');
select tests.act_as(manager) from story;
select is(pg_temp.shown(), 'sent: -', 'once it is sent, nothing is wrong with it');

-- Given up.
select tests.act_as_role('postgres');
update private.outbox_mails set created_at = now() - interval '1 hour';
select tests.act_as(manager) from story;
select public.resend_invitation(id) from public.invitations;
select is(pg_temp.shown(), 'queued: -', 'sent again, it waits');
select tests.act_as_role('postgres');
update claimed set mail = pg_temp.claim();
select pg_temp.finish('failed', repeat('x', 3000));
select tests.act_as(manager) from story;
select is(pg_temp.shown(), 'failed: ' || repeat('x', 2000), 'a letter that is refused has failed, and the reason is not endless');
select results_eq('select state from public.invitations', $$values ('pending')$$, 'the invitation is open all the same');
select isnt_empty('select from public.invitations where mailed_at is not null', 'and says when the last one went out');
select tests.act_as(org_admin) from story;
select matches(pg_temp.shown(), '^failed', 'admins read it too');
select tests.act_as_role('postgres');
select is(pg_temp.claim('10 days'), null, 'it is not tried again by itself');
update private.outbox_mails set created_at = now() - interval '1 hour';
select tests.act_as(manager) from story;
select public.resend_invitation(id) from public.invitations;
select is(pg_temp.shown(), 'queued: -', 'but when it is asked for');

-- A letter that nobody sent yet is not sent twice.
select tests.act_as_role('postgres');
update private.outbox_mails set created_at = now() - interval '1 hour';
select tests.act_as(manager) from story;
select public.resend_invitation(id) from public.invitations;
select tests.act_as_role('postgres');
select is(
  (select count(*)::int from private.outbox_mails where state = 'queued'), 1, 'asked for twice while it waits, it is one letter'
);

-- Cancelled: archived meanwhile.
update claimed set mail = pg_temp.claim();
select tests.act_as(platform_admin) from story;
select public.archive_organization(acme) from story;
select tests.act_as_role('postgres');
select is(
  tests.rows_as('sync', format(
    'select private.add_invitation_token(%L, ''one'', %L, now()) as was_added', mail ->> 'mail_id', sha256('x')
  )) #>> '{0, was_added}', 'false', 'into an archived organization nobody is invited'
) from claimed;
select pg_temp.finish('cancelled');
select is(pg_temp.claim('10 days'), null, 'a cancelled letter is not tried again');
select tests.act_as(platform_admin) from story;
select public.unarchive_organization(acme) from story;
select tests.act_as(manager) from story;
select doesnt_match(pg_temp.shown(), '^queued', 'once opened, the invitation does not say that a letter is under way');
select tests.act_as_role('postgres');
update private.outbox_mails set created_at = now() - interval '1 hour';
select tests.act_as(manager) from story;
select lives_ok('select public.resend_invitation(id) from public.invitations', 'and may be sent again');
select tests.act_as_role('postgres');
update claimed set mail = pg_temp.claim('1 minute');
select isnt(mail, null, 'by a letter of its own') from claimed;

-- Cancelled: taken back meanwhile.
select tests.act_as(manager) from story;
select public.revoke_invitation(id) from public.invitations;
select tests.act_as_role('postgres');
select pg_temp.finish('cancelled');
select results_eq(
  'select m.state from private.outbox_mails m join claimed c on c.mail ->> ''mail_id'' = m.id::text', $$values ('cancelled')$$,
  'what was taken back is not sent'
);
select tests.act_as(manager) from story;
select results_eq('select state from public.invitations', $$values ('revoked')$$, 'and stays so');

select * from finish();
rollback;
