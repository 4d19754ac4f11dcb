begin;
select plan(9);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
update public.org_members set created_at = now() - interval '40 days';
-- Three of each kind at each of ten instants.
select tests.calls(given, 3, jsonb_build_object('started_at', now() - n * interval '1 minute', 'outcome', 'missed'))
from story, generate_series(1, 10) n;
insert into public.messages (id, org_id, integration_id, direction, business_number, external_number, body, state, sent_at)
select
  gen_random_uuid(), acme, acme_account, 'inbound', '+12125550101', '+12125550199', 'Hi', 'received', now() - n * interval '1 minute'
from story, generate_series(1, 10) n, generate_series(1, 3);
select tests.act_as(org_admin) from story;

create function pg_temp.pages(p_kinds text[], p_limit int) returns table (page int, at timestamptz, id uuid)
language plpgsql as $$
#variable_conflict use_column
declare
  v_at timestamptz;
  v_id uuid;
begin
  for v_page in 1 .. 100 loop
    return query
    select v_page, a.at, a.id from story s cross join lateral public.activity(s.acme, p_kinds, v_at, v_id, p_limit) a;
    exit when not found;
    select a.at, a.id into v_at, v_id
    from story s cross join lateral public.activity(s.acme, p_kinds, v_at, v_id, p_limit) a
    order by a.at, a.id limit 1;
  end loop;
end
$$;
create temporary table pages on commit drop as select * from pg_temp.pages(null, 7);
select results_eq(
  'select count(*)::int, count(distinct id)::int, max(page) from pages', 'values (60, 60, 9)', 'page by page everything is told once'
);
select results_eq(
  'select at, id from pages order by page, at desc, id desc', 'select at, id from pages order by at desc, id desc', 'in its order'
);
select results_eq(
  'select at, id from pages order by at desc, id desc',
  'select a.at, a.id from story s cross join lateral public.activity(s.acme, p_limit => 500) a',
  'which is that of one long page'
);
select is((select count(distinct id)::int from pg_temp.pages(array['message'], 4)), 30, 'so it is for one kind');
select is(
  (select count(*)::int from story s cross join lateral public.activity(s.acme, p_before => now() - interval '3 minutes')), 42,
  'before an instant comes what is earlier'
);
select is((select count(*)::int from story s cross join lateral public.activity(s.acme)), 50, 'a page has fifty unless told');
select is((select count(*)::int from story s cross join lateral public.activity(s.acme, p_limit => null)), 50, 'or told nothing');
select is((select count(*)::int from story s cross join lateral public.activity(s.acme, p_limit => 0)), 0, 'or none');
select tests.act_as_role('postgres');
select tests.calls(given, 600, jsonb_build_object('started_at', now() - interval '1 hour', 'outcome', 'missed')) from story;
select tests.act_as(org_admin) from story;
select is(
  (select count(*)::int from story s cross join lateral public.activity(s.acme, p_limit => 9999)), 500, 'or at most five hundred'
);

select * from finish();
rollback;
