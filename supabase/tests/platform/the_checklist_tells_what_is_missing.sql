begin;
select plan(25);

create temporary table story on commit drop as
select
  tests.organization('Acme') as acme, tests.integration() as shared, tests.platform_admin() as platform_admin, tests.user() as outsider;
alter table story add org_admin uuid, add agent uuid, add manager uuid, add viewer uuid, add account uuid, add number uuid;
update story set org_admin = tests.member(acme, 'org_admin');
grant select on story to public;
create function pg_temp.missing() returns text
language plpgsql as $$
declare
  v_missing text;
begin
  perform tests.act_as(org_admin) from story;
  select coalesce(
    string_agg(
      c.step, ', ' order by array_position(array['numbers', 'people', 'credentials', 'webhook_test', 'first_backfill'], c.step)
    ), 'nothing'
  )
  into v_missing
  from public.onboarding_checklist c
  where not c.is_done;
  perform tests.act_as_role('postgres');
  return v_missing;
end
$$;

select tests.act_as(org_admin) from story;
select set_eq(
  'select org_id, step, is_done from public.onboarding_checklist',
  $$select acme, step, false from story, unnest(array['numbers', 'people', 'credentials', 'webhook_test', 'first_backfill']) step$$,
  'a new organization needs everything'
);
select tests.act_as_role('postgres');

-- An account of its own.
update story set account = tests.integration(acme);
select is(pg_temp.missing(), 'numbers, people, webhook_test, first_backfill', 'an account brings credentials');
update story set number = tests.phone_number(account, '+12125550110');
select is(pg_temp.missing(), 'numbers, people, webhook_test, first_backfill', 'a number in the inventory is not one in its hands');
select tests.line(acme, number, tstzrange(now() + interval '1 day', null)) from story;
select is(pg_temp.missing(), 'numbers, people, webhook_test, first_backfill', 'nor is one that is promised');
update public.lines set period = tstzrange(null, null);
select is(pg_temp.missing(), 'people, webhook_test, first_backfill', 'one that it has is');

select tests.deliver(account, tests.event('IncomingCall', 'a', now(), '{"From": "+12125550199", "To": "+12125550110"}')) from story;
select is(pg_temp.missing(), 'people, first_backfill', 'a delivery shows that webhooks arrive');
update private.webhook_events set status = 'ignored';
select is(pg_temp.missing(), 'people, first_backfill', 'whatever became of it');

update private.sync_cursors set watermark = now() where resource = 'calls' and integration_id = (select shared from story);
select is(pg_temp.missing(), 'people, first_backfill', 'what was read of another account counts for that');
update private.sync_cursors set watermark = now() where resource = 'phone_numbers';
select is(pg_temp.missing(), 'people, first_backfill', 'numbers are no history');
update private.sync_cursors set watermark = now() where resource = 'calls' and integration_id = (select account from story);
select is(pg_temp.missing(), 'people', 'a history that was read does');

update story set agent = tests.member(acme, 'agent');
select is(pg_temp.missing(), 'nothing', 'a colleague is somebody');
update public.org_members set deactivated_at = now() where user_id = (select agent from story);
select is(pg_temp.missing(), 'people', 'who was deactivated is not');
insert into private.invitations (org_id, email, role) select acme, 'ann@example.com', 'agent' from story;
select is(pg_temp.missing(), 'nothing', 'but somebody who is invited is');
update private.invitations set expires_at = now();
select is(pg_temp.missing(), 'people', 'until the invitation runs out');
update private.invitations set revoked_at = now(), expires_at = now() + interval '1 day';
select is(pg_temp.missing(), 'people', 'or is taken back');

-- A platform-wide account.
delete from public.calls;
delete from private.webhook_events;
delete from public.lines;
delete from public.phone_numbers;
delete from public.integrations where id = (select account from story);
select is(pg_temp.missing(), 'numbers, people, credentials, webhook_test, first_backfill', 'without its account it needs everything again');
select tests.line(acme, tests.phone_number(shared, '+12125550111')) from story;
select is(pg_temp.missing(), 'people, webhook_test', 'a number of an account of the operator''s brings that with it');
select tests.deliver(shared, tests.event('IncomingCall', 'a', now(), '{"From": "+12125550199", "To": "+12125550111"}')) from story;
select is(pg_temp.missing(), 'people', 'and what it receives');

-- Whose it is.
update story set manager = tests.member(acme, 'manager'), viewer = tests.member(acme, 'viewer');
select tests.act_as(manager) from story;
select is_empty('select from public.onboarding_checklist', 'a manager sees no checklist');
select tests.act_as(viewer) from story;
select is_empty('select from public.onboarding_checklist', 'nor does a viewer');
select tests.act_as(outsider) from story;
select is_empty('select from public.onboarding_checklist', 'nor who is not in it');
select tests.act_as(platform_admin) from story;
select is(
  (select count(*) from public.onboarding_checklist), (select 5 * (count(*) - 1) from public.organizations),
  'the operator everybody''s but nobody''s'
);
select is(tests.attempt('update public.onboarding_checklist set is_done = true'), '42501', 'steps are done, not ticked');
select public.archive_organization(acme) from story;
select tests.act_as(org_admin) from story;
select is_empty('select from public.onboarding_checklist', 'an archived organization needs nothing');
select tests.act_as_role('postgres');
select ok(not has_table_privilege('api_reader', 'public.onboarding_checklist', 'select'), 'keys do not read it');

select * from finish();
rollback;
