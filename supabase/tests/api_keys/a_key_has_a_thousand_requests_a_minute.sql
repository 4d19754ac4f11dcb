begin;
select plan(15);

create temporary table story on commit drop as
select w.*, tests.api_key(w.acme) as key, tests.api_key(w.acme) as other_key, '2026-06-01 12:00:00Z'::timestamptz as noon
from tests.two_organizations() w;
-- A request at so many seconds past noon, as the door makes it.
create function pg_temp.request(p_seconds numeric, p_key uuid default null) returns text
language plpgsql as $$
declare
  v_key uuid := coalesce(p_key, (select key from story));
  v_said text;
begin
  perform tests.act_as_role('webhooks');
  select concat_ws(' ', r.outcome, r.request_limit, r.remaining, r.reset_seconds) into v_said
  from private.open_api_request(
    sha256(convert_to(v_key::text, 'UTF8')), sha256(convert_to(gen_random_uuid()::text, 'UTF8')),
    '2026-06-01 12:00:00Z'::timestamptz + p_seconds * interval '1 second'
  ) r;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.last_used() returns interval
language sql as $$select k.last_used_at - s.noon from story s join private.api_keys k on k.id = s.key$$;

select is(pg_temp.request(0), 'granted 1000 999 60', 'a minute begins with a thousand');
select is(pg_temp.last_used(), interval '0', 'when a key was last used is noted');
select is(pg_temp.request(30), 'granted 1000 998 30', 'each request counts');
select is(pg_temp.request(29.5), 'granted 1000 997 31', 'what is left of the minute is rounded up');
select is(pg_temp.last_used(), interval '0', 'to the minute');
select results_eq(
  'select used, minute - noon from private.api_key_minutes, story', $$values (3, interval '0')$$, 'minutes are those of the calendar'
);

update private.api_key_minutes set used = 998;
select is(pg_temp.request(59), 'granted 1000 1 1', 'the last but one');
select is(pg_temp.request(59.9), 'granted 1000 0 1', 'the thousandth');
select is(pg_temp.request(59.99), 'limited 1000 0 1', 'and no more');
select is(pg_temp.request(59.99), 'limited 1000 0 1', 'as often as one asks');
select is(
  (select format('%s used, %s grants', m.used, (select count(*) from private.api_grants)) from private.api_key_minutes m),
  '1000 used, 5 grants',
  'what is refused is neither counted nor let through'
);
select is(pg_temp.request(59.99, other_key), 'granted 1000 999 1', 'another key has its own') from story;
select is(pg_temp.request(60), 'granted 1000 999 60', 'the next minute has a thousand again');
select is(pg_temp.last_used(), interval '1 minute', 'which is noted too');
select is(
  (select max(g.expires_at) - s.noon from private.api_grants g, story s group by s.noon), interval '2 minutes',
  'a grant is good for a minute'
);

select * from finish();
rollback;
