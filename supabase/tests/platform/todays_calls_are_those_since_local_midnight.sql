begin;
select plan(8);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
-- Midnight where the organization is, from how the clocks there show now.
create function pg_temp.live_in(p_place text) returns void
language plpgsql as $$
declare
  v_midnight timestamptz := (now() at time zone p_place)::date::timestamp at time zone p_place;
begin
  delete from public.calls;
  update public.organizations set time_zone = p_place where id = (select acme from story);
  perform
    tests.call(s.given, v_midnight - interval '1 microsecond'), tests.call(s.given, v_midnight), tests.call(s.other, v_midnight, 'missed'),
    tests.call(s.theirs, v_midnight)
  from story s;
end
$$;
create function pg_temp.today() returns int
language plpgsql as $$
declare
  v_today int;
begin
  perform tests.act_as(platform_admin) from story;
  select f.calls_today into v_today from public.fleet f join story s on f.org_id = s.acme;
  perform tests.act_as_role('postgres');
  return v_today;
end
$$;

select is(pg_temp.today(), 0, 'there may be no call');
select pg_temp.live_in('UTC');
select is(pg_temp.today(), 2, 'today begins at midnight');
select pg_temp.live_in('Pacific/Kiritimati');
select is(pg_temp.today(), 2, 'where the organization is');
select pg_temp.live_in('Pacific/Pago_Pago');
select is(pg_temp.today(), 2, 'on whichever side of the date line');
select pg_temp.live_in('Asia/Kathmandu');
select is(pg_temp.today(), 2, 'also a quarter past the hour elsewhere');
select pg_temp.live_in('Australia/Lord_Howe');
select is(pg_temp.today(), 2, 'or half');
update public.calls set deleted_at = now() where outcome = 'missed';
select is(pg_temp.today(), 1, 'a call that the provider lists no more counts no more');
update public.calls set outcome = null, deleted_at = null;
select is(pg_temp.today(), 2, 'one that goes on does');

select * from finish();
rollback;
