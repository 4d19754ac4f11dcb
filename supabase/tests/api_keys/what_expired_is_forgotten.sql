begin;
select plan(9);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme) as key, '2026-06-01 12:00Z'::timestamptz as noon from tests.two_organizations() w;
insert into private.api_grants (grant_hash, api_key_id, expires_at)
select sha256(age::text::bytea), key, noon - age
from story, unnest(array['1 minute 1 second', '1 minute', '0', '-1 minute']::interval[]) age;
insert into private.api_key_minutes (api_key_id, minute, used)
select key, noon - age, 7 from story, unnest(array['61 minutes', '60 minutes', '0']::interval[]) age;
-- Invitations by when they ran out, were accepted, or were taken back; each with two links.
with invitation as (
  insert into private.invitations (org_id, email, role, expires_at, accepted_at, revoked_at)
  select s.acme, i.name || '@example.com', 'agent', s.noon - i.expired, s.noon - i.accepted, s.noon - i.revoked
  from story s, (
    values
      ('expired', '91 days'::interval, null::interval, null::interval), ('expiring', '90 days', null, null), ('open', '-1 day', null, null),
      ('accepted', '95 days', '91 days', null), ('accepted-later', '95 days', '1 day', null),
      ('revoked', '95 days', null, '91 days'), ('revoked-early', '89 days', null, '95 days')
  ) i (name, expired, accepted, revoked)
  returning id, email
)
insert into private.invitation_tokens (token_hash, invitation_id)
select sha256(convert_to(i.email || n, 'UTF8')), i.id from invitation i, generate_series(1, 2) n;
insert into public.notifications (user_id, org_id, kind, title, body, created_at)
select agent, acme, 'sync_stale', age::text, 'x', noon - age
from story, unnest(array['181 days', '180 days', '0']::interval[]) age;
grant select on story to public;
create temporary table told (forgotten int) on commit drop;
grant insert on told to public;

select tests.act_as_role('sync');
insert into told select private.forget_expired(noon) from story;
insert into told select private.forget_expired(noon) from story;
select tests.act_as_role('postgres');
select results_eq('select forgotten from told', 'values (9), (0)', 'what is of no use any more is removed, once');
select results_eq(
  'select noon - expires_at from private.api_grants, story order by 1', $$values ('-1 minute'::interval), ('0'), ('1 minute')$$,
  'grants a minute after they ran out'
);
select results_eq(
  'select noon - minute from private.api_key_minutes, story order by 1', $$values ('0'::interval), ('60 minutes')$$,
  'counted minutes after an hour'
);
select set_eq(
  'select title from public.notifications', $$values ('180 days'), ('00:00:00')$$, 'notifications after half a year'
);
select set_eq(
  'select i.email, count(*) from private.invitation_tokens t join private.invitations i on i.id = t.invitation_id group by 1',
  $$
    values ('expiring@example.com', 2::bigint), ('open@example.com', 2), ('accepted-later@example.com', 2), ('revoked-early@example.com', 2)
  $$,
  'links when nothing has come of their invitation for ninety days'
);
select is((select count(*)::int from private.invitations), 7, 'invitations stay');
select isnt_empty('select from private.api_keys join story on key = id', 'and so do keys');
select tests.act_as(platform_admin) from story;
select is(tests.attempt('select private.forget_expired(now())'), '42501', 'nobody else makes anything forgotten');
select tests.act_as_role('postgres');
select is(
  (select count(*)::int from public.audit_entries e where e.action = 'delete'), 0, 'of which the audit trail has nothing to tell'
);

select * from finish();
rollback;
