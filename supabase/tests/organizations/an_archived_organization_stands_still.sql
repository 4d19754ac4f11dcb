begin;
select plan(28);

create temporary table story on commit drop as
select w.*, tests.user_at('guest@example.com') as guest, tests.line(w.acme, tests.phone_number(w.acme_account, '+12125550120')) as own
from tests.two_organizations() w;
grant select on story to public;
create temporary table made on commit drop as
select
  (tests.invite(org_admin, acme, 'guest@example.com')).token as token,
  (tests.invite(org_admin, acme, 'later@example.com')).invitation_id as later
from story;
grant select on made to public;
create temporary table key (secret text) on commit drop;
grant select, insert on key to public;
select tests.act_as(org_admin) from story;
insert into key select (public.create_api_key(acme, 'Warehouse', array['calls:read'])).secret from story;
select public.request_sync(acme, 'calls') from story;
select tests.act_as_role('postgres');
create function pg_temp.knock() returns text
language sql as $$
  select tests.rows_as('webhooks', format(
    'select outcome from private.open_api_request(%L, %L, now())',
    sha256(convert_to(secret, 'UTF8')), sha256(convert_to(gen_random_uuid()::text, 'UTF8'))
  )) #>> '{0, outcome}'
  from key
$$;
create function pg_temp.pulled(p_at timestamptz) returns text[]
language plpgsql as $$
declare
  v_claimed jsonb;
  v_pulled text[] := '{}';
begin
  loop
    v_claimed := tests.rows_as('sync', format('select * from private.claim_sync_job(''story'', %L)', p_at)) -> 0;
    exit when v_claimed is null;
    if v_claimed ->> 'integration_id' = (select acme_account::text from story) then
      v_pulled := v_pulled || format('%s %s', v_claimed ->> 'kind', v_claimed ->> 'resource');
    end if;
  end loop;
  return v_pulled;
end
$$;
create function pg_temp.ring(p_account uuid, p_call_id text, p_to text) returns text
language sql as $$
  select status
  from tests.deliver(p_account, tests.event('IncomingCall', p_call_id, now(), jsonb_build_object('From', '+12125550199', 'To', p_to)))
$$;
create function pg_temp.preview() returns text
language sql as $$select state from made, public.preview_invitation(token)$$;
create function pg_temp.accept() returns text
language sql as $$select tests.attempt(format('select public.accept_invitation(%L)', token)) from made$$;
grant execute on function pg_temp.preview(), pg_temp.accept() to public;

select is(pg_temp.knock(), 'granted', 'an API key opens the door of its organization');
select tests.act_as_role('anon');
select is(pg_temp.preview(), 'pending', 'an invitation is open');

select tests.act_as(platform_admin) from story;
select public.archive_organization(acme) from story;

-- Members.
select tests.act_as(viewer) from story;
select is_empty('select from public.organizations', 'once archived, a viewer does not see it');
select tests.act_as(org_admin) from story;
select is_empty('select from public.members', 'nor an admin its members');
select is_empty('select from public.invitations', 'or its invitations');
select is_empty('select from public.organization_settings', 'or its settings');
select is_empty('select from public.retention_settings', 'or what is kept how long');
select is_empty('select from public.api_keys', 'or its API keys');
select is_empty('select from public.audit_entries', 'or what happened');
select is(
  tests.attempt(format('select public.change_organization_settings(%L, ''{"answer_within_seconds": 30}'')', acme)),
  'PT404 organization_not_found', 'nothing is set'
) from story;
select is(
  tests.attempt(format('select public.deactivate_members(array[%L]::uuid[])', agent_member)), 'PT404 member_not_found',
  'nobody is deactivated'
) from story;
select is(
  tests.attempt(format('select public.invite_member(%L, ''new@example.com'', ''agent'')', acme)), 'PT404 organization_not_found',
  'nobody is invited'
) from story;
select is(
  tests.attempt(format('select public.resend_invitation(%L)', later)), 'PT404 invitation_not_found', 'no letter goes out again'
) from made;
select tests.act_as(platform_admin) from story;
select is(
  tests.attempt(format('select public.invite_member(%L, ''new@example.com'', ''agent'')', acme)), 'PT409 organization_archived',
  'the operator invites nobody either'
) from story;

-- Programs, pulls and guests.
select tests.act_as_role('postgres');
select is(pg_temp.knock(), 'unknown', 'an API key does not open the door');
select is(pg_temp.pulled(now()), '{}', 'what was asked for is not pulled');
select is(pg_temp.pulled(now() + interval '30 minutes'), '{}', 'nor what becomes due');
select tests.act_as_role('anon');
select is(pg_temp.preview(), 'revoked', 'an invitation is no longer open');
select tests.act_as(guest) from story;
select is(pg_temp.accept(), 'PT409 invitation_revoked', 'and lets nobody in');

-- Deliveries come in all the same, and the operator looks on.
select tests.act_as_role('postgres');
select is(pg_temp.ring(acme_account, 'meanwhile', '+12125550120'), 'applied', 'deliveries are kept') from story;
select tests.act_as(platform_admin) from story;
select isnt_empty('select from public.calls where provider_call_id = ''meanwhile''', 'the operator reads their calls');
select isnt_empty('select from public.members where org_id = (select acme from story)', 'its members');
select isnt_empty('select from public.api_keys where org_id = (select acme from story) and state = ''active''', 'and its API keys');

-- Everything comes back.
select public.unarchive_organization(acme) from story;
select tests.act_as(org_admin) from story;
select isnt_empty('select from public.calls where provider_call_id = ''meanwhile''', 'once opened, nothing was missed');
select tests.act_as_role('postgres');
select is(pg_temp.knock(), 'granted', 'its API key opens the door');
select is(
  pg_temp.pulled(now() + interval '30 minutes'),
  array[
    'requested calls', 'scheduled phone_numbers', 'scheduled team', 'scheduled calls', 'scheduled messages', 'scheduled voicemails',
    'scheduled agent_status', 'scheduled contacts'
  ],
  'pulls go on'
);
select tests.act_as(guest) from story;
select is(pg_temp.accept(), '1 row', 'and whoever was invited comes in');
select tests.act_as(their_admin) from story;
select results_eq('select id from public.organizations', 'select globex from story', 'another organization never noticed');

select * from finish();
rollback;
