begin;
select plan(13);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
-- Where the trail says the admin was who sent these headers.
create function pg_temp.address(p_headers text) returns text
language plpgsql as $$
begin
  perform tests.act_as(org_admin) from story;
  perform set_config('request.headers', p_headers, true);
  update public.organizations set name = gen_random_uuid()::text;
  perform tests.act_as_role('postgres');
  return (select coalesce(host(e.ip_address), 'unknown') from public.audit_entries e order by e.id desc limit 1);
end
$$;

select is(pg_temp.address('{"x-forwarded-for": "192.0.2.7"}'), '192.0.2.7', 'where somebody was is what our proxy says');
select is(
  pg_temp.address('{"x-forwarded-for": "198.51.100.1, 203.0.113.5,  192.0.2.7 "}'), '192.0.2.7',
  'which it says last; what comes before the client may have made up'
);
select is(pg_temp.address('{"x-forwarded-for": "2001:db8::7"}'), '2001:db8::7', 'in the longer form too');
select is(
  pg_temp.address('{"x-forwarded-for": "198.51.100.1, unknown"}'), 'unknown',
  'a last word that is no address is none, and not the one before'
);
select is(pg_temp.address('{"x-forwarded-for": "198.51.100.1,"}'), 'unknown', 'nor is an empty one');
select is(pg_temp.address('{"x-forwarded-for": ""}'), 'unknown', 'nor nothing');
select is(pg_temp.address('{"x-forwarded-for": "192.0.2.7:4711"}'), 'unknown', 'nor an address with a port');
select is(pg_temp.address('{"x-forwarded-for": "'';drop table x"}'), 'unknown', 'nor anything else');
select is(pg_temp.address('{"x-real-ip": "198.51.100.1", "cf-connecting-ip": "198.51.100.1"}'), 'unknown', 'other headers do not count');
select is(pg_temp.address(''), 'unknown', 'nor do none');

update public.platform_settings set client_address_header = 'cf-connecting-ip';
select is(
  pg_temp.address('{"x-forwarded-for": "198.51.100.1", "cf-connecting-ip": "192.0.2.7"}'), '192.0.2.7',
  'the operator says which header it is'
);
select is(pg_temp.address('{"x-forwarded-for": "198.51.100.1"}'), 'unknown', 'and no other then');
select tests.act_as_role('postgres');
update public.organizations set name = 'x' where id = (select acme from story);
select results_eq(
  'select e.ip_address from public.audit_entries e order by e.id desc limit 1', 'select null::inet', 'a program is nowhere'
);

select * from finish();
rollback;
