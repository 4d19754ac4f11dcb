begin;
select plan(3);

create temporary table story on commit drop as select * from tests.two_organizations();
create temporary table told (line text) on commit drop;
grant insert on told to public;
update private.sync_cursors set watermark = '2026-06-01 10:00Z', last_error = 'It rains.' where resource = 'calls';
-- Acme's account and the platform-wide one share a key, of which they used the day before too.
insert into private.provider_quota (api_key_hash, day, used)
values (sha256('a'), '2026-06-01', 12), (sha256('b'), '2026-06-01', 5), (sha256('a'), '2026-05-31', 100);
insert into private.integration_requests (integration_id, day, api_key_hash, used)
select u.account, u.day, sha256('a') as api_key_hash, u.used
from story s
cross join lateral (
  values (s.acme_account, '2026-06-01'::date, 7), (s.platform_account, '2026-06-01', 5), (s.acme_account, '2026-05-31', 100)
) u (account, day, used);

select tests.act_as_role('sync');
insert into told
select concat_ws(
  ', ', s.organization, s.resource, s.watermark at time zone 'UTC', s.last_error,
  s.requests_used_today || ' of ' || s.requests_per_day
)
from private.sync_status('2026-06-01 23:00Z') s;
select tests.act_as_role('postgres');
select is((select count(*)::int from told), 21, 'every resource of every account has a line');
select is(
  (select string_agg(line, e'\n' order by line) from told where line like 'Acme%'),
  e'Acme, agent_status, 12 of 2500\nAcme, calls, 2026-06-01 10:00:00, It rains., 12 of 2500\nAcme, contacts, 12 of 2500\n'
  || e'Acme, messages, 12 of 2500\nAcme, phone_numbers, 12 of 2500\nAcme, team, 12 of 2500\nAcme, voicemails, 12 of 2500',
  'with how far it was read and what was used today of its key, by whichever account'
);
select is(
  (select string_agg(line, e'\n' order by line) from told where line like 'Globex, calls%'),
  'Globex, calls, 2026-06-01 10:00:00, It rains.', 'of a key that was not used today nothing is known'
);

select * from finish();
rollback;
