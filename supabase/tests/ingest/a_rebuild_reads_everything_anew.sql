begin;
select plan(4);

create temporary table story on commit drop as select * from tests.two_organizations();
select tests.deliver(
  platform_account, tests.event('IncomingCall', 'told', now(), '{"From": "+12125550199", "To": "+12125550101"}')
) from story;
select tests.pull(platform_account, 'calls', array[tests.listed('listed'), tests.listed('also listed')]) from story;
create temporary table before on commit drop as select to_jsonb(c) - 'updated_at' - 'created_at' as call from public.calls c;
create temporary table legs_before on commit drop as select to_jsonb(l) - 'updated_at' - 'created_at' as leg from public.legs l;

delete from public.calls;
select private.rebuild_calls(platform_account) from story;
select set_eq(
  $$select to_jsonb(c) - 'updated_at' - 'created_at' from public.calls c$$, 'select call from before', 'a rebuild writes the same calls'
);
select set_eq(
  $$select to_jsonb(l) - 'updated_at' - 'created_at' from public.legs l$$, 'select leg from legs_before', 'and the same legs'
);

-- As an older version of the readers would have left them.
update private.webhook_events set to_number = null, from_number = null, direction = 'outbound';
update private.call_snapshots
set direction = 'outbound', business_number = null, external_number = null, legs = null, provider_status = null;
select private.rebuild_calls(platform_account) from story;
select set_eq(
  $$select to_jsonb(c) - 'updated_at' - 'created_at' from public.calls c$$, 'select call from before',
  'what the readers once read wrongly is read anew'
);

-- Another account is not touched.
select tests.deliver(globex_account, tests.event('IncomingCall', 'theirs', now(), '{}')) from story;
delete from public.calls where provider_call_id = 'theirs';
select private.rebuild_calls(platform_account) from story;
select is_empty($$select from public.calls where provider_call_id = 'theirs'$$, 'each account is rebuilt by itself');

select * from finish();
rollback;
