begin;
select plan(9);

create temporary table story on commit drop as select *, gen_random_uuid() as new from tests.two_organizations();
grant select on story to public;
create function pg_temp.sealed(p_letter text, p_bytes int default 80) returns text
language sql as $$select encode(convert_to(repeat(p_letter, p_bytes), 'UTF8'), 'base64')$$;
grant execute on function pg_temp.sealed(text, int) to public;

select tests.act_as(org_admin) from story;
select is(
  public.create_integration(
    acme, 'Front desk', 'classic', 'signed', 'key-1',
    jsonb_build_object('api_key', pg_temp.sealed('a'), 'user_key', pg_temp.sealed('u'), 'webhook_secret', pg_temp.sealed('w')), new
  ), new, 'an admin adds an account with the id its credentials are sealed for'
) from story;
select results_eq(
  'select org_id, name, provider, account_type, webhook_mode, disabled_at from public.integrations where id = (select new from story)',
  $$select acme, 'Front desk', 'mightycall', 'classic', 'signed', null::timestamptz from story$$, 'as described, and enabled'
);

select tests.act_as_role('postgres');
select is(
  (
    select jsonb_object_agg(c.purpose, c.key_id || ' ' || left(convert_from(c.sealed, 'UTF8'), 3))
    from story s join private.integration_credentials c on c.integration_id = s.new
  ), '{"api_key": "key-1 aaa", "user_key": "key-1 uuu", "webhook_secret": "key-1 www"}', 'the credentials are kept as sealed'
);
select set_eq(
  'select resource, watermark, next_run_at <= now() from private.sync_cursors where integration_id = (select new from story)',
  $$values
    ('phone_numbers', null::timestamptz, true), ('team', null, true), ('calls', null, true), ('messages', null, true),
    ('voicemails', null, true), ('contacts', null, true), ('agent_status', null, true)
  $$, 'and everything is due'
);

create temporary table heard (what text, said text) on commit drop;
grant insert on heard to public;
select tests.act_as_role('sync');
insert into heard select c.purpose, c.organization from story s, private.sync_credentials(s.new) c;
select tests.act_as_role('webhooks');
insert into heard select c.mode, format('%s %s', c.organization, c.key_id) from story s, private.webhook_secrets(s.new) c;
select tests.act_as_role('postgres');
select set_eq(
  'select said from heard where what in (''api_key'', ''user_key'')', 'select acme::text from story',
  'the sync opens the keys in the organization''s name'
);
select results_eq(
  'select said from heard where what = ''signed''', 'select acme || '' key-1'' from story', 'and the door its secret'
);

select tests.act_as(platform_admin) from story;
select lives_ok(
  format(
    'select public.create_integration(null, ''Shared'', ''call_center'', ''signed'', ''key-1'', %L, %L)',
    jsonb_build_object('api_key', pg_temp.sealed('a'), 'user_key', pg_temp.sealed('u')), '00000000-0000-4000-8000-00000000000a'
  ), 'the operator adds an account for the whole platform'
);
select results_eq(
  'select org_id from public.integrations where name = ''Shared''', 'select private.holding_org_id()', 'which nobody owns'
);

select tests.act_as_role('webhooks');
insert into heard
select 'unarmed', format('%s %s %s', c.organization, c.mode, coalesce(c.key_id, 'no key'))
from private.webhook_secrets('00000000-0000-4000-8000-00000000000a') c;
select tests.act_as_role('postgres');
select results_eq(
  'select said from heard where what = ''unarmed''', $$values ('platform signed no key')$$,
  'without a secret the door knows it, and lets nothing in'
);

select * from finish();
rollback;
