begin;
select plan(11);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.through(p_org_id uuid) returns timestamptz
language sql as $$
  select distinct k.data_through from public.kpi_summary(p_org_id, '2025-06-02Z', '2025-06-03Z') k
$$;
create function pg_temp.read(p_account uuid, p_hour int) returns void
language plpgsql as $$
begin
  perform tests.act_as_role('postgres');
  update private.sync_cursors set watermark = '2025-06-02Z'::timestamptz + make_interval(hours => p_hour)
  where integration_id = p_account and resource = 'calls';
  perform tests.act_as(org_admin) from story;
end
$$;
grant execute on function pg_temp.through(uuid), pg_temp.read(uuid, int) to public;

select tests.act_as(org_admin) from story;
select is(pg_temp.through(acme), null, 'what was never read is complete until never') from story;
select pg_temp.read(platform_account, 9) from story;
select is(pg_temp.through(acme), null, 'nor is it while one account never was') from story;
select pg_temp.read(acme_account, 7) from story;
select is(pg_temp.through(acme), '2025-06-02 07:00Z', 'it is until the account furthest behind was read') from story;
select pg_temp.read(acme_account, 12) from story;
select is(pg_temp.through(acme), '2025-06-02 09:00Z', 'whichever that is: its own, or the platform''s that serves its lines') from story;
select pg_temp.read(globex_account, 1) from story;
select is(pg_temp.through(acme), '2025-06-02 09:00Z', 'what serves others does not count') from story;
select is(pg_temp.through(null), '2025-06-02 09:00Z', 'all organizations of an admin are that one') from story;

select tests.act_as_role('postgres');
update public.integrations set disabled_at = now() where id = (select platform_account from story);
select tests.act_as(agent) from story;
select is(pg_temp.through(acme), '2025-06-02 12:00Z', 'a disabled account holds nothing up; an agent is told the same') from story;

select tests.act_as_role('postgres');
update public.integrations set disabled_at = null;
update public.lines set period = tstzrange(lower(period), now()) where org_id = (select acme from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.through(acme), '2025-06-02 12:00Z', 'nor does one whose lines are gone') from story;

select tests.act_as(platform_admin) from story;
select is(pg_temp.through(null), '2025-06-02 01:00Z', 'for the operator all accounts count') from story;
select tests.act_as(their_admin) from story;
select is(private.data_through(array[acme]), null, 'nobody is told of another organization') from story;
select is(private.data_through(array[acme, globex]), null, 'not even beside their own') from story;

select * from finish();
rollback;
