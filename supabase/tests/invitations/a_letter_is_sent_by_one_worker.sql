begin;
select plan(28);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.claim(p_worker text, p_at interval default '0') returns jsonb
language sql as $$select tests.rows_as('sync', format('select * from private.claim_outbox_mail(%L, %L)', p_worker, now() + p_at)) -> 0$$;
create function pg_temp.add(p_mail jsonb, p_worker text, p_token text, p_at interval default '0') returns boolean
language sql as $$
  select (tests.rows_as('sync', format(
    'select private.add_invitation_token(%L, %L, %L, %L) as was_added', p_mail ->> 'mail_id', p_worker,
    sha256(convert_to(p_token, 'UTF8')), now() + p_at
  )) #>> '{0, was_added}')::boolean
$$;
create function pg_temp.finish(p_mail jsonb, p_worker text, p_outcome text, p_error text default null, p_retry interval default null)
returns text
language sql as $$
  select tests.rows_as('sync', format('select tests.attempt(%L) as came', format(
    'select private.finish_outbox_mail(%L, %L, %L, %L, %L, now())', p_mail ->> 'mail_id', p_worker, p_outcome, p_error, now() + p_retry
  ))) #>> '{0, came}'
$$;
create function pg_temp.preview(p_token text) returns text
language sql as $$select tests.attempt(format('select public.preview_invitation(%L)', p_token))$$;
create temporary table claimed (n int, mail jsonb) on commit drop;

-- Nothing goes out before it is known where links lead to.
select tests.act_as(org_admin) from story;
select public.invite_member(acme, 'first@example.com', 'agent'), public.invite_member(acme, 'Second@example.com', 'org_admin') from story;
select tests.act_as_role('postgres');
update private.outbox_mails set run_after = now() - interval '1 minute' where recipient = 'first@example.com';
select is(pg_temp.claim('one'), null, 'until it is known where the dashboard is served no letter is sent');
select results_eq('select state, attempt from private.outbox_mails', $$values ('queued', 0), ('queued', 0)$$, 'they wait');
select tests.act_as(platform_admin) from story;
update public.platform_settings set app_url = 'https://app.example.com', support_email = 'help@example.com';

-- In order, each to one worker.
select tests.act_as_role('postgres');
insert into claimed values (1, pg_temp.claim('one')), (2, pg_temp.claim('two'));
select results_eq(
  'select mail ->> ''recipient'', mail ->> ''template'', mail ->> ''attempt'' from claimed order by n',
  $$values ('first@example.com', 'invitation', '1'), ('Second@example.com', 'invitation', '1')$$,
  'then they are, one after the other'
);
select is(pg_temp.claim('three'), null, 'each by one worker');
select results_eq(
  'select c.mail -> ''details'' from claimed c where n = 1',
  $$select jsonb_build_object(
    'invitation_id', i.id, 'organization', 'Acme', 'role', 'agent', 'inviter', 'Org_Admin', 'app_url', 'https://app.example.com',
    'expires_at', i.expires_at, 'support_email', 'help@example.com'
  ) from private.invitations i where i.email = 'first@example.com'$$,
  'a worker is told what to write'
);

-- The token is the worker's; only its hash is kept.
select ok(pg_temp.add(mail, 'one', 'secret'), 'whoever has the letter has a token kept') from claimed where n = 1;
select is(pg_temp.preview('secret'), '1 row', 'which then opens the invitation');
select ok(not pg_temp.add(mail, 'two', 'stolen'), 'whoever has not may not') from claimed where n = 1;
select is(pg_temp.preview('stolen'), 'PT404 invitation_not_found', 'and theirs opens nothing');
select is(
  tests.rows_as('sync', format(
    'select tests.attempt(%L) as came', format('select private.add_invitation_token(%L, ''two'', ''\x00'', now())', mail ->> 'mail_id')
  )) #>> '{0, came}', '23514', 'a hash is as long as a hash'
) from claimed where n = 2;

-- The lease.
select is(pg_temp.claim('three', '119 seconds'), null, 'for two minutes nobody else gets the letter');
insert into claimed values (3, pg_temp.claim('three', '2 minutes'));
select results_eq(
  'select mail ->> ''recipient'', mail ->> ''attempt'' from claimed where n = 3', $$values ('first@example.com', '2')$$,
  'then it goes to the next'
);
select ok(not pg_temp.add(mail, 'one', 'late'), 'the first does nothing about it any more') from claimed where n = 1;
select is(pg_temp.finish(mail, 'one', 'sent'), '1 row', 'and ends it in vain') from claimed where n = 1;
select tests.rows_as('sync', format('select private.finish_outbox_mail(%L, ''one'', ''sent'', null, null, now())', mail ->> 'mail_id'))
from claimed where n = 1;
select results_eq(
  'select mail_state from public.invitations where email = ''first@example.com''', $$values ('queued')$$, 'as nobody is told it was sent'
);
select ok(pg_temp.add(mail, 'three', 'second secret', '2 minutes'), 'the next has another token') from claimed where n = 3;
select is(pg_temp.preview(token), '1 row', '"' || token || '" opens the invitation')
from unnest(array['secret', 'second secret']) token;
select tests.rows_as('sync', format(
  'select private.finish_outbox_mail(%L, ''three'', ''sent'', null, null, %L)', mail ->> 'mail_id', now() + interval '121 seconds'
)) from claimed where n = 3;
select tests.act_as(org_admin) from story;
select results_eq(
  'select mail_state, mail_error, mailed_at from public.invitations where email = ''first@example.com''',
  $$values ('sent', null, now() + interval '121 seconds')$$, 'once sent, the invitation says so'
);
select tests.act_as_role('postgres');
select ok(not pg_temp.add(mail, 'three', 'more', '2 minutes'), 'a letter that was sent has no more tokens') from claimed where n = 3;
insert into claimed values (4, pg_temp.claim('four', '1 hour'));
select results_eq(
  'select mail ->> ''recipient'' from claimed where n = 4', $$values ('Second@example.com')$$, 'and is not sent again'
);

-- An invitation that is open no more.
create function pg_temp.added_when(p_change text) returns boolean
language plpgsql as $$
declare
  v_added boolean;
begin
  begin
    execute p_change;
    v_added := pg_temp.add(mail, 'four', gen_random_uuid()::text, '1 hour') from claimed where n = 4;
    raise exception using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then
    return v_added;
  end;
end
$$;
select ok(pg_temp.added_when('select'), 'an open invitation has a token');
select ok(not pg_temp.added_when('update private.invitations set revoked_at = now()'), 'one that was taken back has not');
select ok(not pg_temp.added_when('update private.invitations set accepted_at = now()'), 'nor one that was accepted');
select ok(
  not pg_temp.added_when('update private.invitations set expires_at = now() + interval ''1 hour'''), 'nor one that ran out'
);
select ok(
  not pg_temp.added_when('update public.organizations set archived_at = now() where name = ''Acme'''),
  'nor one into an archived organization'
);

-- Nobody else works the outbox.
select tests.act_as(platform_admin) from story;
select is(tests.attempt('select private.claim_outbox_mail(''me'', now())'), '42501', 'not even the operator works the outbox');
select tests.act_as_role('anon');
select is(
  tests.attempt('select private.add_invitation_token(gen_random_uuid(), ''me'', sha256(''x''), now())'), '42501', 'nor does a stranger'
);

select * from finish();
rollback;
