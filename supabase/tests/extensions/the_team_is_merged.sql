begin;
select plan(16);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme, array['members:read']) as key, tests.api_key(w.acme, array['calls:read']) as other_key
from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.pulled(variadic p_items text[]) returns text
language sql as $$
  select concat_ws(' ', p.new_items, p.changed_items, p.unchanged_items, p.rejected_items)
  from story s cross join tests.pull(s.acme_account, 'team', p_items) p
$$;
create function pg_temp.team() returns text
language sql as $$
  select string_agg(concat_ws(' ', e.extension, e.name, case when e.unlisted_at is not null then 'gone' end), ', ' order by e.extension)
  from public.extensions e
$$;
create function pg_temp.team_with(p_key uuid) returns text
language plpgsql as $$
declare
  v_team text;
begin
  perform tests.act_as_key(p_key);
  v_team := pg_temp.team();
  perform tests.act_as_role('postgres');
  return v_team;
end
$$;
grant execute on function pg_temp.team() to public;

select is(
  pg_temp.pulled(
    '{"fullName": "Ann", "extension": "101"}', '{"firstName": "Bob", "lastName": "B", "extensionNumber": 102, "email": "no address"}',
    '{"name": "Cid", "extensions": [{"number": "103"}]}', '{"fullName": "Without"}', '[]',
    jsonb_build_object('extension', repeat('1', 41))::text
  ), '3 0 0 3', 'whoever has an extension is of the team; others are set aside'
);
select is(
  pg_temp.pulled(
    '{"fullName": "Ann", "extension": "101"}', '{"fullName": "Rob", "extension": "102"}',
    '{"name": "Cid", "extensions": [{"number": "103"}]}'
  ), '0 1 2 0', 'read again, one has another name'
);
select private.apply_team(globex_account, array['{"extension": "101", "name": "Theirs"}'::jsonb], now()) from story;
select private.apply_team(platform_account, array['{"extension": "101", "name": "Nobody''s"}'::jsonb], now()) from story;

select is(pg_temp.team_with(key), '101 Ann, 102 Rob, 103 Cid', 'an API key with members:read reads the team') from story;
select is(pg_temp.team_with(other_key), null, 'another does not') from story;
select tests.act_as(viewer) from story;
select is(pg_temp.team(), null, 'a viewer reads no team');
select tests.act_as(agent) from story;
select is(pg_temp.team(), '101 Ann, 102 Rob, 103 Cid', 'an agent reads it');
select tests.act_as(manager) from story;
select is(pg_temp.team(), '101 Ann, 102 Rob, 103 Cid', 'and a manager');
select is(tests.attempt('update public.extensions set name = ''Me'''), '42501', 'nobody writes it');
select is(tests.attempt('delete from public.extensions'), '42501', 'or removes anybody');
select tests.act_as(their_admin) from story;
select is(pg_temp.team(), '101 Theirs', 'another organization reads its own');
select tests.act_as(platform_admin) from story;
select is((select count(*)::int from public.extensions), 5, 'the operator all, also those of the platform''s accounts');

-- Over time.
select tests.act_as_role('postgres');
select private.apply_team(acme_account, array['{"extension": "101", "name": "Ann"}'::jsonb], now() + interval '1 hour') from story;
select is(private.unlist_missing(acme_account, 'team', now() + interval '1 hour'), 2, 'a complete list without two') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.team(), '101 Ann, 102 Rob gone, 103 Cid gone', 'says that they are gone');
select tests.act_as_role('postgres');
select private.apply_team(acme_account, array['{"extension": "102", "name": "Rob"}'::jsonb], now() + interval '2 hours') from story;
select private.apply_team(acme_account, array['{"extension": "101", "name": "Overtaken"}'::jsonb], now() + interval '30 minutes')
from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.team(), '101 Ann, 102 Rob, 103 Cid gone', 'listed again, one is there; what was overtaken counts no more');
select results_eq(
  'select e.extension, e.listed_since - now() from public.extensions e where e.unlisted_at is null order by 1',
  $$values ('101' collate "C", interval '0'), ('102' collate "C", interval '2 hours')$$, 'since when'
);
select is_empty('select from public.member_extensions', 'names have given nobody an extension');

select * from finish();
rollback;
