begin;
select plan(21);

select tests.realtime();
create temporary table story on commit drop as
select w.*, tests.phone_number(w.platform_account, '+12125550142') as number from tests.two_organizations() w;
grant select on story to public;
-- Whom this statement told something.
create function pg_temp.told(p_sql text, p_user_id uuid default null) returns text
language plpgsql as $$
begin
  delete from realtime.messages;
  if p_user_id is not null then
    perform tests.act_as(p_user_id);
  end if;
  execute p_sql;
  perform tests.act_as_role('postgres');
  return (
    select string_agg(o.name, ', ' order by o.name)
    from realtime.messages m
    join public.organizations o on m.topic = 'org:' || o.id
  );
end
$$;

-- Calls.
select is(
  pg_temp.told(format(
    'select tests.deliver(%L, tests.event(''IncomingCall'', ''a'', now(), ''{"From": "+12125550199", "To": "+12125550101"}''))',
    platform_account
  )), 'Acme', 'a call that comes is told its organization'
) from story;
select results_eq(
  'select event, payload, private, extension, topic from realtime.messages',
  $$select 'changed', '{}'::jsonb, true, 'broadcast', 'org:' || acme from story$$,
  'that something changed and nothing else, on a private channel'
);
select is(
  pg_temp.told(format(
    'select tests.deliver(%L, tests.event(''IncomingCallCompleted'', ''a'', now(), ''{"From": "+12125550199", "To": "+12125550101"}''))',
    platform_account
  )), 'Acme', 'as is one that ends'
) from story;
select is(
  pg_temp.told(format(
    'select tests.deliver(%L, tests.event(''IncomingCallCompleted'', ''a'', now(), ''{"From": "+12125550199", "To": "+12125550101"}''))',
    platform_account
  )), null, 'told again it changes nothing, which is not told'
) from story;
select is(
  pg_temp.told($$
    insert into public.calls
    select gen_random_uuid(), l.org_id, n.integration_id, gen_random_uuid(), n.id, l.id, 'inbound', n.e164, null, null, now()
    from public.lines l
    join public.phone_numbers n on n.id = l.phone_number_id, generate_series(1, 100)
  $$), 'Acme, Globex',
  'many calls at once are told once to each whose they are'
);
select is(
  pg_temp.told(format(
    'select tests.deliver(%L, tests.event(''IncomingCall'', ''b'', now(), ''{"From": "+12125550199", "To": "+12125550143"}''))',
    platform_account
  )), 'Holding (unowned numbers and calls)', 'what is nobody''s is told to nobody but the operator'
) from story;

-- Lines.
select is(
  pg_temp.told(format('select public.assign_phone_number(%L, %L)', number, acme), platform_admin),
  'Acme', 'a number that is given is told who gets it'
) from story;
select is(
  pg_temp.told(format('select public.assign_phone_number(%L, %L, now() + interval ''1 day'')', number, globex), platform_admin),
  'Acme, Globex', 'and who gives it up'
) from story;
select is(pg_temp.told('update public.lines set label = ''Sales''', org_admin), 'Acme', 'a label is told') from story;
select is(
  pg_temp.told(format('select public.withdraw_phone_numbers(%L, now() + interval ''2 days'')', array[number]), platform_admin),
  'Globex', 'as is what is taken back'
) from story;
select is(
  pg_temp.told(format('select public.withdraw_phone_numbers(%L, now() + interval ''1 hour'')', array[number]), platform_admin),
  'Acme, Globex', 'also what was only promised'
) from story;

-- Members.
select is(
  pg_temp.told(format('select public.set_member_role(%L, ''viewer'')', agent_member), org_admin), 'Acme', 'a member who changes is told'
) from story;
select is(
  pg_temp.told(format('select public.deactivate_members(%L)', array[agent_member, manager_member]), org_admin), 'Acme', 'or several, once'
) from story;
select is(
  pg_temp.told(format('select tests.member(%L, ''agent'')', globex)), 'Globex', 'and one who is new'
) from story;

-- Jobs.
select is(
  pg_temp.told(format('select public.request_sync(%L)', globex), their_admin), 'Globex, Holding (unowned numbers and calls)',
  'a pull that is asked for is told whose account it is'
) from story;
create function pg_temp.work() returns void
language plpgsql as $$
begin
  perform tests.act_as_role('sync');
  perform private.claim_sync_job('me', now());
  perform tests.act_as_role('postgres');
end
$$;
update public.sync_jobs set run_after = now() + interval '1 day' where org_id <> (select globex from story);
delete from private.sync_cursors;
select is(pg_temp.told('select pg_temp.work()'), 'Globex', 'as is that it began');
select is(
  pg_temp.told('update public.sync_jobs set items_new = 7 where state = ''running'''), 'Globex', 'how far it is'
);
select is(
  pg_temp.told('update public.sync_jobs set state = ''done'', lease_until = null where state = ''running'''), 'Globex',
  'and that it is done'
);

-- What is nobody else's business, or nothing.
select is(pg_temp.told('update public.calls set outcome = null where false'), null, 'a statement that finds nothing tells nothing');
select is(
  pg_temp.told('update public.profiles set full_name = ''Ann''', viewer), null, 'nor does what concerns one person alone'
) from story;
create function pg_temp.undo() returns void
language plpgsql as $$
begin
  update public.lines set label = 'Undone';
  raise exception using errcode = 'UNDO0';
exception when sqlstate 'UNDO0' then
  null;
end
$$;
select is(pg_temp.told('select pg_temp.undo()'), null, 'or what is undone');

select * from finish();
rollback;
