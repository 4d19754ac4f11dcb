begin;
select plan(14);

create temporary table story on commit drop as
select w.*, tests.member(w.acme, 'org_admin') as successor from tests.two_organizations() w;
grant select on story to public;
select tests.call(given) from story;

select tests.act_as(agent) from story;
select isnt_empty('select from public.calls', 'an active agent sees calls');

select tests.act_as_role('postgres');
update public.org_members m set deactivated_at = now() from story where m.org_id = acme and m.user_id <> successor;

select tests.act_as(agent) from story;
select is_empty('select from public.calls', 'a deactivated agent sees no call');
select is_empty('select from public.lines', 'no line');
select is_empty('select from public.organizations', 'no organization');
select is_empty('select from public.org_members', 'no member, not even themselves');
select is_empty('select from public.member_lines', 'not who has which line');
select is(tests.attempt($$update public.lines set label = 'x'$$), '0 rows', 'and labels nothing');

select tests.act_as(org_admin) from story;
select is_empty('select from public.calls', 'a deactivated admin sees no call');
select is_empty('select from public.integrations', 'no account');
select is_empty('select from public.sync_jobs', 'no job');
select is(tests.attempt('delete from public.member_lines'), '0 rows', 'takes no line away');
select is(
  tests.attempt(format('select public.kpi_summary(%L, now() - interval ''1 day'', now())', acme)),
  'PT404 organization_not_found', 'and has no figures'
) from story;

select tests.act_as_role('postgres');
update public.org_members set deactivated_at = null where org_id = (select acme from story);
select tests.act_as(agent) from story;
select isnt_empty('select from public.calls', 'once reactivated, the agent sees the calls again');
select results_eq(
  'select line_id from public.member_lines where member_id = (select agent_member from story)',
  'select given from story', 'on the same lines'
);

select * from finish();
rollback;
