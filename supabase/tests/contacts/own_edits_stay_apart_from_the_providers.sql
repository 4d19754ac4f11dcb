begin;
select plan(17);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.pulled(variadic p_items text[]) returns text
language sql as $$
  select concat_ws(' ', p.new_items, p.changed_items, p.unchanged_items, p.rejected_items)
  from story s cross join tests.pull(s.acme_account, 'contacts', p_items) p
$$;
-- What the agent reads of all contacts that count.
create function pg_temp.shown() returns text
language plpgsql as $$
declare
  v_shown text;
begin
  perform tests.act_as(agent) from story;
  select string_agg(
    concat_ws(
      ' ', c.name, c.company,
      (select string_agg(n.number, ',' order by n.number) from public.contact_numbers n where n.contact_id = c.id)
    ),
    '; ' order by c.name
  ) into v_shown
  from public.contacts c
  where c.is_shown;
  perform tests.act_as_role('postgres');
  return v_shown;
end
$$;

select is(
  pg_temp.pulled(
    '{"id": "a", "name": "Ann", "company": "Acme", "phone": "+12125550151"}', '{"id": "b", "name": "Bob", "phones": ["+12125550152"]}',
    '{"name": "No id"}'
  ), '2 0 0 1', 'two contacts are new, and what is none is set aside'
);
select is(pg_temp.shown(), 'Ann Acme +12125550151; Bob +12125550152', 'they read as the provider has them');
select is(
  pg_temp.pulled(
    '{"id": "a", "name": "Ann", "company": "Acme", "phone": "+12125550151"}', '{"id": "b", "name": "Bob", "phones": ["+12125550152"]}'
  ),
  '0 0 2 0', 'listed again they are unchanged'
);

create function pg_temp.id(p_name text) returns uuid
language sql as $$select c.id from public.contacts c where c.provider_name = p_name$$;
grant execute on function pg_temp.id(text) to public;
select tests.act_as(agent) from story;
select public.save_contact(acme, pg_temp.id('Ann'), p_name => 'Dr. Ann', p_numbers => array['+12125550153']) from story;
select tests.act_as_role('postgres');
select is(
  pg_temp.shown(), 'Bob +12125550152; Dr. Ann Acme +12125550153', 'what the organization says counts before what the provider does'
);
select is(
  pg_temp.pulled(
    '{"id": "a", "name": "Ann Renamed", "company": "Globex", "phone": "+12125550154"}', '{"id": "b", "name": "Rob", "phones": []}'
  ), '0 2 0 0', 'the provider renames both'
);
select is(pg_temp.shown(), 'Dr. Ann Globex +12125550153; Rob', 'and overwrites nothing that was edited');
select tests.act_as(agent) from story;
select public.save_contact(acme, pg_temp.id('Ann Renamed'), p_name => '', p_numbers => '{}') from story;
select tests.act_as_role('postgres');
select is(pg_temp.shown(), 'Ann Renamed Globex +12125550154; Rob', 'an edit that is taken back shows the provider''s again');
select tests.act_as(org_admin) from story;
select is(
  (select count(*)::int from public.audit_entries e where e.resource = 'contacts'), 2,
  'the trail tells of the edits, not of the provider''s list'
);
select tests.act_as_role('postgres');
select is(
  (
    select p.changed_items from private.apply_contacts(
      story.acme_account, array['{"id": "a", "name": "Before", "phone": "+12125550159"}'::jsonb], now() - interval '1 hour'
    ) p
  ), 0, 'an answer that was overtaken changes nothing'
) from story;
select is(pg_temp.shown(), 'Ann Renamed Globex +12125550154; Rob', 'for anybody');

-- The provider lists them no more.
select tests.act_as(agent) from story;
select public.save_contact(acme, pg_temp.id('Rob'), p_note => 'Owes us') from story;
select tests.act_as_role('postgres');
select is(private.unlist_missing(acme_account, 'contacts', now() + interval '1 second'), 2, 'a complete list without them') from story;
select is(pg_temp.shown(), 'Rob', 'ends those of whom the organization said nothing');
select tests.act_as(viewer) from story;
select results_eq(
  'select c.provider_name, c.unlisted_at is not null from public.contacts c order by 1', $$values ('Ann Renamed', true), ('Rob', true)$$,
  'they stay to be looked up'
);
select is_empty('select from public.contact_numbers', 'but name no number');
select tests.act_as_role('postgres');
select is(
  private.unlist_missing(acme_account, 'contacts', now() + interval '1 second'), 0, 'a second such list ends nothing again'
) from story;
select is(
  (
    select p.changed_items
    from private.apply_contacts(
      story.acme_account, array['{"id": "a", "name": "Ann Renamed", "company": "Globex", "phone": "+12125550154"}'::jsonb],
      now() + interval '1 minute'
    ) p
  ), 1, 'listed again'
) from story;
select is(pg_temp.shown(), 'Ann Renamed Globex +12125550154; Rob', 'they are there again');

select * from finish();
rollback;
