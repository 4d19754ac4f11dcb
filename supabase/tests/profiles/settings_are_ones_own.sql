begin;
select plan(40);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.set(p_setting text, p_value text) returns text
language sql as $$select tests.attempt(format('update public.profile_settings set %I = %L', p_setting, p_value))$$;
grant execute on function pg_temp.set(text, text) to public;

select tests.act_as(agent) from story;
select results_eq(
  'select user_id, phone, default_org_id, theme, notification_channels from public.profile_settings',
  $$select agent, null::text collate "C", null::uuid, 'system', '{}'::jsonb from story$$,
  'everybody begins with settings, and reads their own alone'
);
update public.profile_settings
set
  phone = '+12125550142', theme = 'dark', notification_channels = '{"missed_call": "both"}',
  default_org_id = (select acme from story);
select results_eq(
  'select phone, theme, notification_channels, default_org_id from public.profile_settings',
  $$select '+12125550142' collate "C", 'dark', '{"missed_call": "both"}'::jsonb, acme from story$$, 'which they set'
);

-- What a setting may be.
select is(pg_temp.set(s.setting, s.value), '1 row', format('%s may be %s', s.setting, coalesce(s.value, 'none')))
from (
  values
  ('phone', null), ('phone', '+123'), ('theme', 'light'), ('theme', 'system'), ('notification_channels', '{}'),
  ('notification_channels', '{"missed_call": "none", "sla_breached": "in_app", "sync_stale": "email"}')
) s (setting, value);
select is(pg_temp.set(s.setting, s.value), '23514', format('%s is not %s', s.setting, left(s.value, 40)))
from (
  values
  ('phone', ''), ('phone', '2125550142'), ('phone', '+1 212 555 0142'), ('phone', '+12'), ('phone', '+' || repeat('1', 16)),
  ('phone', 'home'), ('theme', ''), ('theme', 'pink'), ('theme', 'Dark'), ('notification_channels', '[]'),
  ('notification_channels', '"email"'), ('notification_channels', 'null'), ('notification_channels', '{"missed_call": "fax"}'),
  ('notification_channels', '{"missed_call": null}'), ('notification_channels', '{"missed_call": true}'),
  ('notification_channels', '{"missed_call": ["email"]}'), ('notification_channels', '{"Missed call": "email"}'),
  ('notification_channels', '{"": "email"}'),
  ('notification_channels', (select jsonb_object_agg('event_' || translate(n::text, '0123456789', 'abcdefghij'), 'email')::text
  from generate_series(1, 51) n))
) s (setting, value);
select is(pg_temp.set('theme', null), '23502', 'a theme is never none');
select is(pg_temp.set('notification_channels', null), '23502', 'nor are the channels');

-- Whose they are.
select is(tests.attempt('update public.profile_settings set user_id = gen_random_uuid()'), '42501', 'whose they are stays');
select is(tests.attempt('delete from public.profile_settings'), '42501', 'nobody takes them away');
select is(tests.attempt('insert into public.profile_settings (user_id) select viewer from story'), '42501', 'or makes any');
select tests.act_as(org_admin) from story;
select results_eq('select user_id from public.profile_settings', 'select org_admin from story', 'an admin reads nobody else''s');
select is(
  tests.attempt('update public.profile_settings set theme = ''dark'' where user_id = (select agent from story)'), '0 rows', 'nor sets them'
);
select tests.act_as(platform_admin) from story;
select results_eq('select user_id from public.profile_settings', 'select platform_admin from story', 'nor does the operator');
select is(
  tests.attempt('update public.profile_settings set theme = ''dark'' where user_id = (select agent from story)'), '0 rows', 'set them'
);
select tests.act_as(manager) from story;
select results_eq('select user_id from public.profile_settings', 'select manager from story', 'nor does a manager');
select tests.act_as(null);
select is_empty('select from public.profile_settings', 'a token without a user reads none');
select tests.act_as_role('anon');
select is(pg_temp.set('theme', 'dark'), '42501', 'nor does who is not signed in');

-- They are one's own without an organization, too.
select tests.act_as_role('postgres');
update public.org_members set deactivated_at = now(), removed_at = now() where id = (select viewer_member from story);
select tests.act_as(viewer) from story;
select is(pg_temp.set('theme', 'dark'), '1 row', 'who is in no organization sets theirs');

select * from finish();
rollback;
