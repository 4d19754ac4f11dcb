begin;
select plan(6);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create temporary table created (id uuid) on commit drop;
grant select, insert on created to public;

select tests.act_as(platform_admin) from story;
insert into created select public.create_organization('Initech', 'Europe/London');
insert into created select public.create_organization('Umbrella', 'Europe/London');
select is((select count(*)::int from created), 2, 'the operator creates as many as are needed');
select is_empty('select from public.org_members m join created c on c.id = m.org_id', 'and is a member of none');
select results_eq(
  'select name from public.organizations join created using (id) order by name', $$values ('Initech'), ('Umbrella')$$, 'but reads them'
);

-- Its first admin comes by an invitation.
select lives_ok(
  $$select tests.invite((select platform_admin from story), id, 'first@example.com', 'org_admin') from created$$,
  'and invites their admins'
);

-- Somebody who became an operator later stays a member of what they created before.
select tests.act_as_role('postgres');
insert into private.platform_admins (user_id) select org_admin from story;
select tests.act_as(org_admin) from story;
select lives_ok($$select public.create_organization('Hooli')$$, 'whoever is both creates as the operator does');
select results_eq(
  'select org_id from public.org_members where user_id = (select org_admin from story)', 'select acme from story',
  'and stays a member where they were, alone'
);

select * from finish();
rollback;
