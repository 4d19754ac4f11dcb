begin;
select plan(17);

select ok(private.is_time_zone(name), name || ' is a time zone')
from unnest(array[
  'UTC', 'Europe/London', 'America/New_York', 'America/Argentina/Buenos_Aires', 'Australia/Lord_Howe', 'America/Port-au-Prince',
  'Etc/GMT+5', 'Asia/Kathmandu'
]) name;

select ok(not private.is_time_zone(name), '"' || name || '" is none')
from unnest(array['', 'FOO5', 'EST5EDT', '+02', 'Europe/Nowhere', 'Europe/London ', 'posix/Europe/London', '../etc/passwd']) name;

select is(
  tests.attempt($$insert into public.organizations (name, time_zone) values ('Acme', 'Mars/Olympus')$$), 'PT422 time_zone_unknown',
  'an organization is somewhere on earth'
);

select * from finish();
rollback;
