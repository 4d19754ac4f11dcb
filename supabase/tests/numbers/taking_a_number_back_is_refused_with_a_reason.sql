begin;
select plan(15);

create temporary table story on commit drop as
select
  w.*, tests.phone_number(w.platform_account, '+12125550110') as number, tests.phone_number(w.acme_account, '+12125550111') as own,
  tests.organization('Gone') as gone
from tests.two_organizations() w;
select tests.line(gone, number), tests.line(acme, own) from story;
update public.organizations set archived_at = now() where id = (select gone from story);
grant select on story to public;
create function pg_temp.take(p_numbers uuid[], p_at timestamptz default now()) returns text
language sql as $$
  select tests.attempt(format('select public.withdraw_phone_numbers(%L, %L)', p_numbers, p_at))
$$;
grant execute on function pg_temp.take(uuid[], timestamptz) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.take(array[own]), 'PT403 platform_admin_required', 'a viewer takes no number back') from story;
select tests.act_as(agent) from story;
select is(pg_temp.take(array[own]), 'PT403 platform_admin_required', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.take(array[own]), 'PT403 platform_admin_required', 'nor a manager') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.take(array[own]), 'PT403 platform_admin_required', 'nor an admin, even of their own') from story;
select is(pg_temp.take(null), 'PT403 platform_admin_required', 'nor does anyone else learn what there is');

select tests.act_as(platform_admin) from story;
select is(pg_temp.take(array[number]), '1 row', 'the operator does, from an archived organization too') from story;
select is(pg_temp.take(array[number], null), '1 row', 'now, where nothing else is said') from story;
select is(
  pg_temp.take(array[number], now() - interval '1 second'), 'PT409 withdrawal_in_the_past', 'what an organization had stays its own'
) from story;
select is(pg_temp.take(array[own]), 'PT409 number_of_another_account', 'numbers of an own account stay') from story;
select is(pg_temp.take(array[number, own]), 'PT409 number_of_another_account', 'and with one of them all') from story;
select is(pg_temp.take(array[gen_random_uuid()]), 'PT404 phone_number_not_found', 'a number is one there is');
select is(pg_temp.take(array[number, gen_random_uuid()]), 'PT404 phone_number_not_found', 'each of them') from story;
select is(pg_temp.take('{}'), 'PT404 phone_number_not_found', 'at least one');
select throws_ok(
  format('select public.withdraw_phone_numbers(%L)', array[number, own]), 'PT409', null, 'taking many back is all or nothing'
) from story;
select isnt_empty(
  'select from public.lines join story on phone_number_id = number where period @> now()', 'what was refused changed nothing'
);

select * from finish();
rollback;
