begin;
select plan(13);

create temporary table story on commit drop as
select w.*, tests.phone_number(w.platform_account, '+12125550142') as number from tests.two_organizations() w;
grant select on story to public;
-- Three on a number that nobody has: one long ago, one of a call an hour ago, one on a line that will not have begun.
select private.apply_calls(platform_account, array[tests.listed(
  'c', now() - interval '1 hour', '{"callStatus": "VoiceMail", "called": [], "businessNumber": "+12125550142"}'
)::jsonb], now()) from story;
select private.apply_voicemails(platform_account, array(
  select jsonb_build_object(
    'id', v.id, 'dateTimeUtc', to_char(now() + v.at, 'YYYY-MM-DD"T"HH24:MI:SSOF'), 'businessNumber', '+12125550142',
    'caller', '{"phone": "+12125550199"}'::jsonb, 'uri', 'https://example.com/' || v.id
  )
  from (values ('old', interval '-9 days'), ('new', interval '-59 minutes'), ('ahead', interval '2 hours')) v (id, at)
), now()) from story;
create function pg_temp.theirs(p_user_id uuid) returns text
language plpgsql as $$
declare
  v_read text;
begin
  perform tests.act_as(p_user_id);
  select string_agg(
    v.provider_voicemail_id || case when v.line_id = r.line_id then '' else ' without a line' end, ', ' order by v.provider_voicemail_id
  ) into v_read
  from public.voicemails v join public.recordings r on r.voicemail_id = v.id;
  perform tests.act_as_role('postgres');
  return v_read;
end
$$;
grant execute on function pg_temp.theirs(uuid) to public;

select is(pg_temp.theirs(org_admin), null, 'what is nobody''s no admin reads') from story;
select is(
  pg_temp.theirs(platform_admin), 'ahead without a line, new without a line, old without a line', 'but the operator'
) from story;

select tests.act_as(platform_admin) from story;
select isnt(public.assign_phone_number(number, acme, now() - interval '1 day'), null, 'Acme gets the number, since yesterday') from story;
select is(pg_temp.theirs(org_admin), 'ahead, new', 'and with it what came since, recordings too') from story;
select is(pg_temp.theirs(platform_admin), 'ahead, new, old without a line', 'not what came before') from story;
select tests.act_as(org_admin) from story;
select results_eq(
  'select provider_voicemail_id from public.voicemails where call_id is not null', $$values ('new' collate "C")$$,
  'the call that came along is still the one it was left in'
);

select tests.act_as(platform_admin) from story;
select isnt(public.assign_phone_number(number, globex, now() + interval '1 hour'), null, 'Globex gets it in an hour') from story;
select is(pg_temp.theirs(org_admin), 'new', 'Acme keeps its history') from story;
select is(pg_temp.theirs(their_admin), 'ahead', 'and Globex has what is left with a clock that is ahead') from story;
select tests.act_as(platform_admin) from story;
select is(public.withdraw_phone_numbers(array[number], now() + interval '30 minutes'), 1, 'the operator thinks better of it') from story;
select is(pg_temp.theirs(their_admin), null, 'then Globex has nothing') from story;
select is(pg_temp.theirs(platform_admin), 'ahead without a line, new, old without a line', 'it is nobody''s again') from story;
select is(pg_temp.theirs(org_admin), 'new', 'and Acme''s history stays') from story;

select * from finish();
rollback;
