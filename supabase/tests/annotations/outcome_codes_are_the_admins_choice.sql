begin;
select plan(24);

create temporary table story on commit drop as
select w.*, tests.call(w.given) as call from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.add(p_org_id uuid, p_code text default 'sale', p_label text default 'Sale') returns text
language sql as $$
  select tests.attempt(format('insert into public.outcome_codes (org_id, code, label) values (%L, %L, %L)', p_org_id, p_code, p_label))
$$;
create function pg_temp.change(p_set text) returns text
language sql as $$select tests.attempt('update public.outcome_codes set ' || p_set)$$;
grant execute on function pg_temp.add(uuid, text, text), pg_temp.change(text) to public;

select tests.act_as(viewer) from story;
select is(pg_temp.add(acme), '42501', 'a viewer adds no outcome code') from story;
select tests.act_as(agent) from story;
select is(pg_temp.add(acme), '42501', 'nor does an agent') from story;
select tests.act_as(manager) from story;
select is(pg_temp.add(acme), '42501', 'nor a manager') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.add(acme), '1 row', 'an admin does') from story;
select is(pg_temp.add(globex), '42501', 'in the own organization') from story;
select is(pg_temp.add(acme, 'Big Sale'), '23514', 'a code is a word') from story;
select is(pg_temp.add(acme, 'sale', ' '), '23514', 'a label can be seen') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.add(globex), '1 row', 'the operator adds them anywhere') from story;

select tests.act_as(their_admin) from story;
insert into public.outcome_codes (org_id, code, label) select globex, 'theirs', 'Theirs' from story;
select tests.act_as(org_admin) from story;
insert into public.outcome_codes (org_id, code, label, position)
select story.acme, v.code, v.label, v.position
from story cross join (values ('sale', 'Sale', 1), ('typo', 'Tyop', 2)) v (code, label, position);
select is(pg_temp.add(acme), '23505', 'each once') from story;
select is(pg_temp.change('label = ''Sold'', position = 3'), '2 rows', 'an admin changes the own ones') from story;
select is(pg_temp.change('code = ''sold'''), '42501', 'but not the code') from story;
select is(pg_temp.change('org_id = gen_random_uuid()'), '42501', 'or whose it is') from story;
select tests.act_as(viewer) from story;
select results_eq(
  'select o.code from public.outcome_codes o order by o.position', $$values ('sale'), ('typo')$$, 'a viewer reads the choices'
);
select is(pg_temp.change('label = ''No'''), '0 rows', 'and changes none') from story;
select is(tests.attempt('delete from public.outcome_codes'), '0 rows', 'or removes one') from story;
select tests.act_as(agent) from story;
select is((select count(*)::int from public.outcome_codes), 2, 'an agent reads them');
select is(pg_temp.change('label = ''No'''), '0 rows', 'and changes none') from story;
select lives_ok('select public.annotate_call(call, ''sale'') from story', 'but chooses one');
select tests.act_as(manager) from story;
select is(pg_temp.change('retired_at = now()'), '0 rows', 'a manager retires none') from story;
select is(tests.attempt('delete from public.outcome_codes'), '0 rows', 'nor removes one') from story;
select tests.act_as(org_admin) from story;
select is(tests.attempt('delete from public.outcome_codes where code = ''typo'''), '1 row', 'a code that no call has can be removed');
select is(tests.attempt('delete from public.outcome_codes where code = ''sale'''), '23503', 'one that a call has cannot');
update public.outcome_codes set retired_at = now() where code = 'sale';
select results_eq('select a.outcome_code from public.call_annotations a', $$values ('sale')$$, 'retired it stays where it was given');
select results_eq(
  $$select e.action, e.row_key ->> 'code' from public.audit_entries e where e.resource = 'outcome_codes' order by e.id$$,
  $$values ('insert', 'sale'), ('insert', 'typo'), ('update', 'sale')$$, 'all of it is in the trail'
);

select * from finish();
rollback;
