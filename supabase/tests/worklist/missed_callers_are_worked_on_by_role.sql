begin;
select plan(58);

create temporary table story on commit drop as
select w.*, tests.user() as outsider, tests.member(w.acme, 'agent', array[w.given]) as colleague, tests.api_key(w.acme) as key
from tests.two_organizations() w;
alter table story add colleague_member uuid;
update story set colleague_member = (select m.id from public.org_members m where m.user_id = colleague);
insert into public.outcome_codes (org_id, code, label, retired_at)
select acme, 'sale', 'Sale', null from story
union all select acme, 'old', 'Retired', now() from story
union all select globex, 'theirs', 'Theirs', null from story;
grant select on story to public;
create function pg_temp.miss(p_number text, p_minutes int, p_line_id uuid default null, p_outcome text default 'missed') returns void
language sql as $$
  select tests.calls(coalesce(p_line_id, given), 1, jsonb_build_object(
    'external_number', p_number, 'started_at', now() - p_minutes * interval '1 minute', 'outcome', p_outcome
  )) from story
$$;
select
  pg_temp.miss('+12125550110', 60), pg_temp.miss('+12125550111', 60, other), pg_temp.miss('+12125550112', 60, theirs)
from story;

create function pg_temp.try(p_call text, p_number text default '+12125550110', p_org_id uuid default null) returns text
language sql as $$
  select tests.attempt(format(
    'select public.' || replace(p_call, '(', '(%L, %L'), coalesce(p_org_id, (select acme from story)), p_number
  ))
$$;
create function pg_temp.does(p_call text, p_number text default '+12125550110') returns void
language plpgsql as $$
begin
  execute format('select public.' || replace(p_call, '(', '(%L, %L'), (select acme from story), p_number);
end
$$;
create function pg_temp.told(p_number text default '+12125550110') returns text
language sql as $$
  select concat_ws(
    ' | ', m.state, case m.owner_id when s.agent_member then 'agent' when s.colleague_member then 'colleague' when s.admin_member then 'admin' end,
    m.note, m.outcome_code, m.snoozed_until - now(), case when m.closed_at is not null then 'closed' end,
    case m.updated_by when s.agent then 'by agent' when s.colleague then 'by colleague' when s.org_admin then 'by admin'
      when s.manager then 'by manager' when s.platform_admin then 'by operator' end
  )
  from public.missed_callers m, story s
  where m.external_number = p_number
$$;
grant execute on function
  pg_temp.try(text, text, uuid), pg_temp.does(text, text), pg_temp.told(text)
to public;

-- Who may.
create function pg_temp.with_key(p_key uuid) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_key(p_key);
  v_said := concat_ws(', ', pg_temp.try('take_missed_caller()'), tests.attempt('select from public.missed_callers'));
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
select is(pg_temp.with_key(key), '42501, 42501', 'API keys neither work on missed callers nor read them') from story;
select tests.act_as_role('anon');
select is(pg_temp.try('take_missed_caller()'), '42501', 'nor does who has not signed in');
select tests.act_as(outsider) from story;
select is(pg_temp.try('take_missed_caller()'), 'PT404 organization_not_found', 'for an outsider there is no such organization');
select tests.act_as(viewer) from story;
select is(pg_temp.try('take_missed_caller()'), 'PT403 role_not_sufficient', 'a viewer may not');
select tests.act_as(agent) from story;
select is(pg_temp.try('take_missed_caller()'), '1 row', 'an agent may on given lines');
select is(pg_temp.try('take_missed_caller()', '+12125550111'), 'PT404 missed_caller_not_found', 'on another line nobody is there');
select is(pg_temp.try('take_missed_caller()', '+12125550199'), 'PT404 missed_caller_not_found', 'as little as where nobody called');
select is(pg_temp.try('take_missed_caller()', null), 'PT404 missed_caller_not_found', 'or of none');
select is(
  pg_temp.try('take_missed_caller()', '+12125550112', globex), 'PT404 organization_not_found', 'another organization''s are not there'
) from story;
select is(pg_temp.try('take_missed_caller()', '+12125550112'), 'PT404 missed_caller_not_found', 'under no other name either');
select tests.act_as(manager) from story;
select is(pg_temp.try('close_missed_caller()'), '1 row', 'a manager may on given lines');
select is(pg_temp.try('close_missed_caller()', '+12125550111'), 'PT404 missed_caller_not_found', 'and on no other');
select tests.act_as(org_admin) from story;
select is(pg_temp.try('close_missed_caller()', '+12125550111'), '1 row', 'an admin on all');
select tests.act_as(platform_admin) from story;
select is(pg_temp.try('close_missed_caller()', '+12125550112', globex), '1 row', 'the operator on all of all') from story;
select is(pg_temp.try('take_missed_caller()'), 'PT422 owner_unfit', 'but owns none: members do');
select tests.act_as(their_admin) from story;
select is(pg_temp.try('take_missed_caller()'), 'PT404 organization_not_found', 'another organization''s admin does not');

-- Owners.
select tests.act_as(agent) from story;
select pg_temp.does('take_missed_caller()');
select is(pg_temp.told(), 'open | agent | by agent', 'who takes a caller is the owner');
select is(pg_temp.try('take_missed_caller()'), '1 row', 'and may say so twice');
select tests.act_as(colleague) from story;
select is(pg_temp.told(), 'open | agent | by agent', 'as colleagues on the line read');
select is(pg_temp.try('take_missed_caller()'), 'PT409 missed_caller_taken', 'who then cannot take them');
select pg_temp.does(format('assign_missed_caller(, %L)', colleague_member)) from story;
select is(pg_temp.told(), 'open | colleague | by colleague', 'but be given them');
select is(pg_temp.try(format('assign_missed_caller(, %L)', viewer_member)), 'PT422 owner_unfit', 'a viewer owns nothing') from story;
select is(pg_temp.try(format('assign_missed_caller(, %L)', their_member)), 'PT422 owner_unfit', 'nor does a stranger') from story;
select is(pg_temp.try(format('assign_missed_caller(, %L)', gen_random_uuid())), 'PT422 owner_unfit', 'or nobody known');
select is(pg_temp.try(format('assign_missed_caller(, %L)', admin_member)), '1 row', 'an admin may') from story;
select tests.act_as(org_admin) from story;
select is(
  pg_temp.try(format('assign_missed_caller(, %L)', agent_member), '+12125550111'), 'PT422 owner_unfit', 'an agent without the line may not'
) from story;
select pg_temp.does('assign_missed_caller()');
select is(pg_temp.told(), 'open | by admin', 'without a member they are nobody''s');
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now() where id = (select colleague_member from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.try(format('assign_missed_caller(, %L)', colleague_member)), 'PT422 owner_unfit', 'who left may not') from story;

-- Notes and outcomes.
select tests.act_as(agent) from story;
select pg_temp.does('note_missed_caller(, p_note => ''On holiday'', p_outcome_code => ''sale'')');
select is(pg_temp.told(), 'open | On holiday | sale | by agent', 'a note and an outcome are kept');
select pg_temp.does('note_missed_caller(, p_note => '''')');
select is(pg_temp.told(), 'open | sale | by agent', 'what is empty is taken back, what is left out stays');
select is(pg_temp.try('note_missed_caller(, '' '')'), 'PT422 note_invalid', 'a note says something');
select is(pg_temp.try(format('note_missed_caller(, %L)', repeat('x', 2001))), 'PT422 note_invalid', 'and is short');
select is(pg_temp.try('note_missed_caller(, null, ''old'')'), 'PT422 outcome_code_unknown', 'a retired outcome is chosen no more');
select is(pg_temp.try('note_missed_caller(, null, ''theirs'')'), 'PT422 outcome_code_unknown', 'nor another organization''s');
select pg_temp.does('note_missed_caller(, null, '''')');
select is(pg_temp.told(), 'open | by agent', 'all of it can be taken back');

-- Putting off.
select pg_temp.does(format('snooze_missed_caller(, %L)', now() + interval '2 hours'));
select is(pg_temp.told(), 'snoozed | 02:00:00 | by agent', 'a caller is put off');
select is(pg_temp.try(format('snooze_missed_caller(, %L)', now() - interval '1 day')), 'PT422 snooze_invalid', 'not until yesterday');
select is(pg_temp.try(format('snooze_missed_caller(, %L)', now() + interval '31 days')), 'PT422 snooze_invalid', 'for ever');
select pg_temp.does('snooze_missed_caller()');
select is(pg_temp.told(), 'open | by agent', 'and fetched back');
select pg_temp.does(format('snooze_missed_caller(, %L)', now() + interval '2 hours'));
select tests.act_as_role('postgres');
update public.missed_caller_work set snoozed_at = now() - interval '30 minutes';
select pg_temp.miss('+12125550110', 10);
select tests.act_as(agent) from story;
select is(split_part(pg_temp.told(), ' ', 1), 'open', 'one who calls again wakes up');
select tests.act_as_role('postgres');
update public.missed_caller_work set snoozed_at = now() - interval '2 hours', snoozed_until = now() - interval '1 hour';
select tests.act_as(agent) from story;
select is(split_part(pg_temp.told(), ' ', 1), 'open', 'and one whose time has come');

-- Closing.
select pg_temp.does('close_missed_caller(, ''sale'', ''Wrote a letter'')');
select is(pg_temp.told(), 'closed | Wrote a letter | sale | closed | by agent', 'a caller who need not be reached is closed by hand');
select is(
  (select m.closed_by from public.missed_callers m where m.external_number = '+12125550110'), (select agent from story), 'by somebody'
);
select pg_temp.does('reopen_missed_caller()');
select is(pg_temp.told(), 'open | Wrote a letter | sale | by agent', 'and opened again');
select pg_temp.does('close_missed_caller()');
select tests.act_as_role('postgres');
update public.missed_caller_work set closed_at = now() - interval '5 minutes';
select tests.act_as(agent) from story;
select is(split_part(pg_temp.told(), ' ', 1), 'closed', 'what was missed before is closed');
select tests.act_as_role('postgres');
select pg_temp.miss('+12125550110', 1);
select tests.act_as(agent) from story;
select is(pg_temp.told(), 'open', 'who is missed again is there again, and nobody has done anything about it');
select is(
  (select m.first_missed_at from public.missed_callers m where m.external_number = '+12125550110'), now() - interval '1 minute',
  'since then'
);
select pg_temp.does('take_missed_caller()');
select is((select count(*) from public.missed_caller_work), 2::bigint, 'what is done then is another piece of work');
select tests.act_as_role('postgres');
select pg_temp.miss('+12125550110', 0, null, 'answered');
select tests.act_as(agent) from story;
select is(pg_temp.told(), null, 'whoever is reached is there no more');
select is(pg_temp.try('take_missed_caller()'), 'PT404 missed_caller_not_found', 'and nothing is to be done about them');
select is((select count(*) from public.missed_caller_work), 2::bigint, 'what was done is still read');

-- Who reads what was done.
select tests.act_as(org_admin) from story;
select pg_temp.does('take_missed_caller()', '+12125550111');
select is((select count(*) from public.missed_caller_work), 3::bigint, 'an admin reads all of it');
select tests.act_as(agent) from story;
select is((select count(*) from public.missed_caller_work), 2::bigint, 'an agent that of given lines');
select tests.act_as(viewer) from story;
select is((select count(*) from public.missed_caller_work), 0::bigint, 'a viewer none');
select tests.act_as(their_admin) from story;
select is((select count(*) from public.missed_caller_work), 0::bigint, 'nor another organization');
select tests.act_as(agent) from story;
select is(tests.attempt('update public.missed_caller_work set note = ''x'''), '42501', 'nobody writes the table itself');
select tests.act_as(org_admin) from story;
select is(
  (select count(*) from public.audit_entries e where e.resource = 'missed_caller_work' and e.actor_id = (select s.agent from story s)) > 5,
  true, 'and who did what is in the trail'
);
select is(
  tests.attempt('delete from public.outcome_codes where code = ''sale'''), '23503', 'an outcome that was given is retired, not deleted'
);

select * from finish();
rollback;
