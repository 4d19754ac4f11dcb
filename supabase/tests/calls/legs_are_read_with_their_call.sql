begin;
select plan(7);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
select tests.pull(
  platform_account, 'calls',
  array[
    tests.listed('on given', now() - interval '1 hour'),
    tests.listed('on other', now() - interval '1 hour', '{"businessNumber": "+12125550102"}'),
    tests.listed('on theirs', now() - interval '1 hour', '{"businessNumber": "+12125550103"}')
  ]
) from story;
create function pg_temp.read() returns text[]
language sql as $$
  select array_agg(c.provider_call_id order by c.provider_call_id) from public.legs l join public.calls c on c.id = l.call_id
$$;
grant execute on function pg_temp.read() to public;

select tests.act_as(agent) from story;
select is(pg_temp.read(), array['on given'], 'an agent reads the legs of the calls they see');
select is((select count(*)::int from public.legs), 1, 'and of no others');
select tests.act_as(manager) from story;
select is(pg_temp.read(), array['on given'], 'a manager too');
select tests.act_as(viewer) from story;
select is(pg_temp.read(), array['on given', 'on other'], 'a viewer all of the organization');
select tests.act_as(their_admin) from story;
select is(pg_temp.read(), array['on theirs'], 'another organization its own');
select is((select count(*)::int from public.legs), 1, 'alone');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.legs), 3, 'the operator all');

select * from finish();
rollback;
