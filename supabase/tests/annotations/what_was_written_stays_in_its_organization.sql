begin;
select plan(6);

create temporary table story on commit drop as select w.* from tests.two_organizations() w;
grant select on story to public;
-- A call on Acme's number, of which Acme wrote; and one on the other line.
select private.apply_calls(platform_account, array[
  tests.listed('a', now(), '{"called": []}')::jsonb, tests.listed('b', now(), '{"called": []}')::jsonb
], now()) from story;
insert into public.outcome_codes (org_id, code, label) select acme, 'sale', 'Sale' from story;
select tests.act_as(org_admin) from story;
insert into public.call_notes (org_id, call_id, body) select c.org_id, c.id, 'Between us: ' || c.provider_call_id from public.calls c;
select public.annotate_call(c.id, 'sale', array['secret']) from public.calls c;

-- The provider corrects itself: one came in on a number of Globex's, the other on another of Acme's.
select tests.act_as_role('postgres');
select private.apply_calls(platform_account, array[
  tests.listed('a', now(), '{"called": [], "businessNumber": "+12125550103"}')::jsonb,
  tests.listed('b', now(), '{"called": [], "businessNumber": "+12125550102"}')::jsonb
], now() + interval '1 minute') from story;
select tests.act_as(their_admin) from story;
select results_eq(
  'select c.provider_call_id from public.calls c', $$values ('a' collate "C")$$, 'a call turns out to be another organization''s'
);
select is_empty('select from public.call_notes', 'it comes without what was written about it');
select is_empty('select from public.call_annotations', 'and what was said came of it');
select tests.act_as(org_admin) from story;
select results_eq(
  'select n.body from public.call_notes n', $$values ('Between us: b')$$, 'what moves within the organization keeps its notes'
);
select results_eq('select a.tags from public.call_annotations a', $$values (array['secret'])$$, 'and its tags');
select results_eq(
  $$
    select e.resource, e.details -> 'before' ->> 'body' from public.audit_entries e
    where e.action = 'delete' and e.resource in ('call_notes', 'call_annotations') order by e.resource
  $$,
  $$values ('call_annotations', null), ('call_notes', 'Between us: a')$$, 'nothing is lost: who wrote it has it in the trail'
);

select * from finish();
rollback;
