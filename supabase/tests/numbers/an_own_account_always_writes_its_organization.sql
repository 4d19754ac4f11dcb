begin;
select plan(8);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;

select tests.deliver(
  acme_account, tests.event('IncomingCall', 'early', now() - interval '1 day', '{"From": "+12125550199", "To": "+12125550120"}')
) from story;
select tests.act_as(org_admin) from story;
select results_eq(
  'select org_id, line_id from public.calls', 'select acme, null::uuid from story',
  'a call of an own account is its organization''s before its number is known'
);

select tests.act_as_role('postgres');
select tests.pull(
  acme_account, 'phone_numbers', array['{"number": "+1 (212) 555-0120", "label": "Desk"}', '{"number": "+12125550121"}']
) from story;
select tests.act_as(org_admin) from story;
select results_eq(
  'select e164, period, label from public.lines where e164 in (''+12125550120'', ''+12125550121'') order by 1',
  $$values ('+12125550120' collate "C", '(,)'::tstzrange, 'Desk'), ('+12125550121', '(,)', null)$$,
  'each of its numbers is a line, always was, and is named as the number'
);
select results_eq(
  'select l.e164 from public.calls c join public.lines l on l.id = c.line_id', $$values ('+12125550120' collate "C")$$,
  'and the call finds its own'
);
select is((select count(*)::int from public.calls), 1, 'once');

-- The same number elsewhere is another number.
select tests.act_as_role('postgres');
select tests.deliver(
  globex_account, tests.event('IncomingCall', 'early', now(), '{"From": "+12125550199", "To": "+12125550120"}')
) from story;
select tests.act_as(their_admin) from story;
select results_eq(
  'select org_id, line_id from public.calls', 'select globex, null::uuid from story', 'numbers are not matched across accounts'
);
select tests.act_as(org_admin) from story;
select is((select count(*)::int from public.calls), 1, 'nor calls by the provider''s id');

select tests.act_as(platform_admin) from story;
select is(
  tests.attempt(format('select public.assign_phone_number(%L, %L)', n.id, s.globex)), 'PT409 number_of_another_account',
  'numbers of an own account do not move'
) from story s join public.phone_numbers n on n.integration_id = s.acme_account and n.e164 = '+12125550120';
select is(
  tests.attempt(format('select public.assign_phone_number(%L, %L)', n.id, s.acme)), 'PT409 number_already_assigned',
  'and need not be given'
) from story s join public.phone_numbers n on n.integration_id = s.acme_account and n.e164 = '+12125550120';

select * from finish();
rollback;
