begin;
select plan(35);

create temporary table story on commit drop as
select
  w.*, tests.line(w.acme, tests.phone_number(w.platform_account, '+12125550104'), '[2020-01-01,2025-01-01)') as past,
  tests.line(w.acme, tests.phone_number(w.platform_account, '+12125550105'), '[2200-01-01,)') as future
from tests.two_organizations() w;
grant select on story to public;
create function pg_temp.send(p_to text[], p_body text default 'Hello') returns text
language sql as $$select tests.attempt(format('select * from public.send_message(%L, %L, %L)', given, p_to, p_body)) from story$$;
create function pg_temp.told(p_to text[]) returns text
language plpgsql as $$
begin
  perform public.send_message((select given from story), p_to, 'Hello');
  return 'sent';
exception when others then
  return sqlerrm;
end
$$;
create function pg_temp.call(p_to text) returns text
language sql as $$select tests.attempt(format('select * from public.place_call(%L, %L)', given, p_to)) from story$$;
grant execute on function pg_temp.send(text[], text), pg_temp.told(text[]), pg_temp.call(text) to public;

select tests.act_as(org_admin) from story;
-- Recipients.
select is(pg_temp.send(null), 'PT422 recipient_missing', 'without a recipient');
select is(pg_temp.send('{}'), 'PT422 recipient_missing', 'with none');
select is(pg_temp.send(array[bad]), 'PT422 recipient_invalid', 'to ' || coalesce(quote_literal(bad), 'nobody'))
from unnest(array[
  null, '', '  ', 'Jo', '911', '2125550199', '+0125550199', '+1212', '+1212555019912345', '+1212555O199', '+12125550199,+12125550198'
]) with ordinality b (bad, n) order by b.n;
select is(
  pg_temp.told(array['+12125550199', 'Jo', '+12125550198', null, '123']), 'No phone numbers: Jo, (nothing), 123.',
  'all that are none are named'
);
select is_empty('select from tests.messages', 'and nothing is sent to the others');
select is(pg_temp.send(array(select '+121255501' || to_char(n, 'FM00') from generate_series(10, 99) n)), '90 rows', 'to ninety');
select is(
  pg_temp.send(array(select '+12125551' || to_char(n, 'FM000') from generate_series(0, 99) n)), '100 rows', 'a hundred is as many as may be'
);
select is(
  pg_temp.send(array(select '+12125551' || to_char(n, 'FM000') from generate_series(0, 100) n)), 'PT422 recipients_too_many',
  'one more is not'
);
select is(
  pg_temp.send(array(select '+12125550199' from generate_series(1, 1000))), '1 row', 'one who is named a thousand times is one'
);
select is(pg_temp.send(array['+12125550101']), 'PT422 recipient_is_own_number', 'to the line itself');
select is(pg_temp.send(array['+12125550199', '+12125550102']), 'PT422 recipient_is_own_number', 'to another of one''s lines');
select is(pg_temp.send(array['+12125550103']), '1 row', 'another organization''s number is anybody''s');
select is(pg_temp.send(array['+12125550104']), '1 row', 'as is one that one had');

-- Texts.
select is(pg_temp.send(array['+12125550199'], null), 'PT422 message_empty', 'without a text');
select is(pg_temp.send(array['+12125550199'], E' \n\u00a0\u200b'), 'PT422 message_empty', 'with nothing to be seen in it');
select is(pg_temp.send(array['+12125550199'], repeat('ж', 1600)), '1 row', '1,600 characters of any alphabet may be');
select is(pg_temp.send(array['+12125550199'], repeat('x', 1601)), 'PT422 message_too_long', '1,601 may not');

-- Lines and accounts.
select is(
  tests.attempt(format('select * from public.send_message(%L, ''{+12125550199}'', ''Hello'')', v.line)), v.came, 'from ' || v.which
)
from story s, lateral (values
  (s.past, 'PT409 line_not_current', 'a line of the past'), (s.future, 'PT409 line_not_current', 'a line to come'),
  (gen_random_uuid(), 'PT404 line_not_found', 'no line'), (null, 'PT404 line_not_found', 'nowhere')
) v (line, came, which);
select tests.act_as_role('postgres');
update public.integrations set disabled_at = now() where id = (select platform_account from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.send(array['+12125550199']), 'PT409 integration_disabled', 'while the account is switched off') from story;
select is(pg_temp.call('+12125550199'), 'PT409 integration_disabled', 'nor is a call placed');
select tests.act_as_role('postgres');
update public.organizations set archived_at = now() where id = (select acme from story);
select tests.act_as(org_admin) from story;
select is(pg_temp.send(array['+12125550199']), 'PT404 line_not_found', 'members of a closed organization send nothing');
select tests.act_as(platform_admin) from story;
select is(pg_temp.send(array['+12125550199']), 'PT409 organization_archived', 'nor does the operator for it');

select * from finish();
rollback;
