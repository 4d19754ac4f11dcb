begin;
select plan(45);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.sealed(p_letter text) returns text
language sql as $$select encode(convert_to(repeat(p_letter, 80), 'UTF8'), 'base64')$$;
-- How the door lets this account's deliveries in.
create function pg_temp.door(p_account uuid) returns text
language plpgsql as $$
declare
  v_said text;
begin
  perform tests.act_as_role('webhooks');
  select string_agg(
    concat_ws(' ', s.mode, s.purpose, s.key_id, left(convert_from(s.sealed,
    'UTF8'), 1), case when s.token_hash is not null then 'by token' end),
    ', ' order by s.purpose, s.sealed, s.token_hash
  ) into v_said
  from private.webhook_secrets(p_account) s;
  perform tests.act_as_role('postgres');
  return v_said;
end
$$;
create function pg_temp.lets_in(p_account uuid, p_token text) returns boolean
language plpgsql as $$
declare
  v_lets boolean;
begin
  perform tests.act_as_role('webhooks');
  select coalesce(bool_or(s.token_hash = sha256(convert_to(p_token, 'UTF8'))), false) into v_lets from private.webhook_secrets(p_account) s;
  perform tests.act_as_role('postgres');
  return v_lets;
end
$$;
create function pg_temp.rotate(p_letter text, p_overlap text default '1 day', p_key_id text default 'key-1') returns void
language plpgsql as $$
begin
  perform tests.act_as((select s.org_admin from story s));
  perform public.rotate_webhook_secret((select s.acme_account from story s), p_key_id, pg_temp.sealed(p_letter), p_overlap::interval);
  perform tests.act_as_role('postgres');
end
$$;
create function pg_temp.token(p_overlap text default '1 day') returns table (token text, path text, url text)
language plpgsql as $$
#variable_conflict use_column
begin
  perform tests.act_as((select s.org_admin from story s));
  return query select * from public.rotate_webhook_token((select s.acme_account from story s), p_overlap::interval);
  perform tests.act_as_role('postgres');
end
$$;
-- The clock goes on.
create function pg_temp.later(p_interval text) returns void
language sql as $$
  update private.integration_credentials set valid_until = valid_until - p_interval::interval, created_at = created_at - p_interval::interval;
  update private.webhook_tokens set valid_until = valid_until - p_interval::interval, created_at = created_at - p_interval::interval;
$$;
create function pg_temp.tries_secret(p_account uuid, p_overlap text default '1 day', p_sealed text default null) returns text
language sql as $$
  select tests.attempt(format(
    'select public.rotate_webhook_secret(%L, ''k'', %L, %L)', p_account, coalesce(p_sealed, pg_temp.sealed('x')), p_overlap
  ))
$$;
create function pg_temp.tries_token(p_account uuid, p_overlap text default '1 day') returns text
language sql as $$select tests.attempt(format('select * from public.rotate_webhook_token(%L, %L)', p_account, p_overlap))$$;
grant execute on function pg_temp.sealed(text), pg_temp.tries_secret(uuid, text, text), pg_temp.tries_token(uuid, text) to public;

-- Who may, and how.
select tests.act_as(viewer) from story;
select is(pg_temp.tries_secret(acme_account), 'PT404 integration_not_found', 'a viewer gives no secret') from story;
select is(pg_temp.tries_token(acme_account), 'PT404 integration_not_found', 'and makes no token') from story;
select tests.act_as(agent) from story;
select is(pg_temp.tries_secret(acme_account), 'PT404 integration_not_found', 'nor does an agent') from story;
select is(pg_temp.tries_token(acme_account), 'PT404 integration_not_found', 'of either') from story;
select tests.act_as(manager) from story;
select is(pg_temp.tries_secret(acme_account), 'PT404 integration_not_found', 'nor a manager') from story;
select is(pg_temp.tries_token(acme_account), 'PT404 integration_not_found', 'neither') from story;
select tests.act_as(their_admin) from story;
select is(pg_temp.tries_secret(acme_account), 'PT404 integration_not_found', 'nor another organization''s admin') from story;
select is(pg_temp.tries_token(acme_account), 'PT404 integration_not_found', 'none') from story;
select tests.act_as(org_admin) from story;
select is(pg_temp.tries_secret(platform_account), 'PT404 integration_not_found', 'nor an admin for the platform-wide account') from story;
select is(pg_temp.tries_token(platform_account), 'PT404 integration_not_found', 'at all') from story;
select is(pg_temp.tries_secret(acme_account, '31 days'), 'PT422 overlap_invalid', 'two secrets side by side are for a while') from story;
select is(pg_temp.tries_secret(acme_account, '-1 second'), 'PT422 overlap_invalid', 'that is not over yet') from story;
select is(pg_temp.tries_token(acme_account, '31 days'), 'PT422 overlap_invalid', 'of tokens too') from story;
select is(
  tests.attempt(format('select public.rotate_webhook_secret(%L, ''k'', %L, null)', acme_account, pg_temp.sealed('x'))),
  'PT422 overlap_invalid', 'and it is said'
) from story;
select is(pg_temp.tries_secret(acme_account, '1 day', 'secret'), 'PT422 credential_not_sealed', 'a secret comes sealed') from story;
select is(pg_temp.tries_secret(acme_account, '30 days'), '1 row', 'an admin gives one') from story;
select tests.act_as(platform_admin) from story;
select is(pg_temp.tries_token(acme_account, '0'), '1 row', 'and so does the operator') from story;
select tests.act_as_role('postgres');

-- Signed.
select is(pg_temp.door(acme_account), 'signed', 'the door knows an account without a secret, and lets nothing in') from story;
select pg_temp.rotate('a');
select is(pg_temp.door(acme_account), 'signed webhook_secret key-1 a', 'it has a first secret') from story;
select pg_temp.rotate('b');
select is(
  pg_temp.door(acme_account), 'signed webhook_secret key-1 a, signed webhook_secret key-1 b', 'a new one counts beside it'
) from story;
select pg_temp.later('23 hours 59 minutes');
select is(
  pg_temp.door(acme_account), 'signed webhook_secret key-1 a, signed webhook_secret key-1 b', 'for a day'
) from story;
select pg_temp.later('1 minute');
select is(pg_temp.door(acme_account), 'signed webhook_secret key-1 b', 'then it counts alone') from story;
select pg_temp.rotate('c', '2 hours');
select pg_temp.rotate('d', '10 days');
select is(
  pg_temp.door(acme_account),
  'signed webhook_secret key-1 b, signed webhook_secret key-1 c, signed webhook_secret key-1 d', 'there may be several'
) from story;
select pg_temp.later('2 hours');
select is(
  pg_temp.door(acme_account), 'signed webhook_secret key-1 c, signed webhook_secret key-1 d',
  'a time that was set is not made longer by the next'
) from story;
select is(
  (select string_agg(left(convert_from(c.sealed, 'UTF8'), 1), ' ' order by c.sealed) from private.integration_credentials c), 'b c d',
  'what expired may lie there'
);
select pg_temp.rotate('e', '0');
select is(pg_temp.door(acme_account), 'signed webhook_secret key-1 e', 'a secret that was stolen is replaced at once') from story;
select is(
  (select string_agg(left(convert_from(c.sealed, 'UTF8'), 1), ' ') from private.integration_credentials c), 'e',
  'and what expired is deleted'
);

-- A signed account never has a token.
insert into private.webhook_tokens (token_hash, org_id, integration_id) select sha256('early'), acme, acme_account from story;
select is(pg_temp.lets_in(acme_account, 'early'), false, 'a token lets nothing in where deliveries are signed') from story;

-- By token.
insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)
select s.acme, s.acme_account, c.purpose, 'key-1' as key_id, convert_to(repeat(c.letter, 80), 'UTF8') as sealed
from story s, (values ('api_key', 'k'), ('user_key', 'u'), ('access_token', 't')) c (purpose, letter);
delete from private.webhook_tokens;
update public.integrations i set webhook_mode = 'token' from story s where i.id = s.acme_account;
select is(
  pg_temp.door(acme_account), 'token api_key key-1 k', 'by token the door learns the key that a payload has to name, and no secret'
) from story;
create temporary table tokens (n int, token text, path text, url text) on commit drop;
insert into tokens select 1, t.* from pg_temp.token() t;
select is(pg_temp.door(acme_account), 'token api_key key-1 k, token token by token', 'and each token, by hash') from story;
select is(pg_temp.lets_in(acme_account, (select t.token from tokens t where t.n = 1)), true, 'which lets its bearer in') from story;
select is(pg_temp.lets_in(acme_account, 'another'), false, 'and nobody else') from story;
select is(pg_temp.lets_in(globex_account, (select t.token from tokens t where t.n = 1)), false, 'for that account alone') from story;
select results_eq(
  'select path, url, length(token) >= 43 from tokens',
  $$select '/webhooks/mightycall/' || s.acme_account || '/' || t.token, null::text, true from story s, tokens t$$,
  'it is told with its path; the address only where one is known'
);
update public.platform_settings set webhooks_url = 'https://hooks.example.com/in';
insert into tokens select 2, t.* from pg_temp.token() t;
select is(
  (select url from tokens where n = 2),
  (select 'https://hooks.example.com/in/webhooks/mightycall/' || s.acme_account || '/' || t.token from story s, tokens t where t.n = 2),
  'then whole'
);
select is(
  array(select pg_temp.lets_in(s.acme_account, t.token) from story s, tokens t order by t.n), array[true, true], 'two count side by side'
);
select pg_temp.later('1 day');
select is(
  array(select pg_temp.lets_in(s.acme_account, t.token) from story s, tokens t order by t.n), array[false, true], 'for a day'
);
insert into tokens select 3, t.* from pg_temp.token('0') t;
select is(
  array(select pg_temp.lets_in(s.acme_account, t.token) from story s, tokens t order by t.n), array[false, false, true],
  'or not at all'
);
select is((select count(*)::int from private.webhook_tokens), 1, 'what expired is deleted');
select is((select count(distinct token)::int from tokens), 3, 'no two are alike');

-- The other way round: an account that can sign after all.
update public.integrations i set webhook_mode = 'signed' from story s where i.id = s.acme_account;
select is(pg_temp.door(acme_account), 'signed webhook_secret key-1 e', 'signed again, its token and its key are of no use') from story;

-- A token is nowhere but with who was told.
select is_empty(
  $$select from public.audit_entries e, tokens t where strpos(e::text, t.token) > 0 or e.details::text like '%token_hash%'$$,
  'no trail holds a token, nor its hash'
);
select results_eq(
  $$
    select e.action, count(*)::int from public.audit_entries e
    where e.resource = 'webhook_tokens' and e.actor_kind = 'user' group by 1 order by 1
  $$,
  $$values ('delete', 2), ('insert', 3), ('update', 2)$$, 'but that there is a new one'
);
select is(
  (
    select count(*)::int from public.audit_entries e
    where e.resource = 'integration_credentials' and e.action = 'insert' and e.actor_kind = 'user'
  ), 5, 'and a new secret'
);
select is_empty(
  'select pg_temp.door(gen_random_uuid()) where pg_temp.door(gen_random_uuid()) is not null', 'the door knows no unknown account'
);

select * from finish();
rollback;
