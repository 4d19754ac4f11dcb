begin;
select plan(7);

create temporary table story on commit drop as
select
  w.*, tests.user_at('jo@example.com') as jo, tests.user_at('ann@example.com') as ann,
  tests.phone_number(w.platform_account, '+12125550120') as number
from tests.two_organizations() w;
grant select on story to public;
create temporary table promised (line_id uuid) on commit drop;
grant select, insert on promised to public;
create temporary table made (guest text, token text) on commit drop;
grant select, insert on made to public;

select tests.act_as(platform_admin) from story;
insert into promised select public.assign_phone_number(number, acme, now() + interval '10 days') from story;
insert into made
select 'jo', i.token from story s, promised p, tests.invite(s.org_admin, s.acme, 'jo@example.com', 'agent', array[s.given, p.line_id]) i;
insert into made select 'ann', i.token from story s, tests.invite(s.org_admin, s.acme, 'ann@example.com', 'agent', array[s.other]) i;

-- The operator takes the promised number back before anybody comes.
select public.withdraw_phone_numbers(array[number]) from story;
select tests.act_as(jo) from story;
select lives_ok('select public.accept_invitation(token) from made where guest = ''jo''', 'who was invited comes in all the same');
select results_eq(
  'select line_ids from public.members where user_id = auth.uid()', 'select array[given] from story', 'with the lines there still are'
);
select results_eq('select id from public.lines', 'select given from story', 'which they see');

-- A line that the organization gave up stays its history.
select tests.act_as(platform_admin) from story;
select public.withdraw_phone_numbers(array[n.id]) from public.phone_numbers n where n.e164 = '+12125550102';
select tests.act_as(ann) from story;
select lives_ok(
  'select public.accept_invitation(token) from made where guest = ''ann''', 'a number that moved on does not keep anybody out'
);
select results_eq(
  'select line_ids from public.members where user_id = auth.uid()', 'select array[other] from story', 'its history goes with the invitation'
);

-- Lines are none of another organization's.
select tests.act_as(platform_admin) from story;
select public.assign_phone_number(n.id, s.globex) from public.phone_numbers n, story s where n.e164 = '+12125550102';
select tests.act_as(ann) from story;
select results_eq('select id from public.lines', 'select other from story', 'who has the number next keeps their own');
select tests.act_as(org_admin) from story;
select is(
  tests.attempt(format('select public.invite_member(%L, ''new@example.com'', ''agent'', array[%L]::uuid[])', acme, other)),
  'PT403 invitation_not_allowed', 'and nobody is invited with it any more'
) from story;

select * from finish();
rollback;
