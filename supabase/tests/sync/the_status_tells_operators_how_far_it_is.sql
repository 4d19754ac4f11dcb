begin;
select plan(2);

create temporary table story on commit drop as select * from tests.two_organizations();
create temporary table told (line text) on commit drop;
grant insert on told to public;
update private.sync_cursors set watermark = '2026-06-01 10:00Z', last_error = 'It rains.' where resource = 'calls';
insert into private.provider_quota (api_key_hash, day, used)
values (sha256('a'), '2026-06-01', 7), (sha256('b'), '2026-06-01', 5), (sha256('a'), '2026-05-31', 100);

select tests.act_as_role('sync');
insert into told
select concat_ws(', ', s.organization, s.integration, s.resource, s.watermark at time zone 'UTC', s.last_error, s.requests_used_today)
from private.sync_status('2026-06-01 23:00Z') s;
select tests.act_as_role('postgres');
select is((select count(*)::int from told), 6, 'every resource of every account has a line');
select is(
  (select string_agg(line, e'\n' order by line) from told where line like 'Acme%'),
  e'Acme, MightyCall, calls, 2026-06-01 10:00:00, It rains., 12\nAcme, MightyCall, phone_numbers, 12',
  'with how far it was read and what was used today'
);

select * from finish();
rollback;
