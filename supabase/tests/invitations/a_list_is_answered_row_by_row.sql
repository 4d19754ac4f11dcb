begin;
select plan(27);

create temporary table story on commit drop as
select
  w.*, tests.user_at('Member@example.com') as known, tests.user_at('left@example.com') as deactivated,
  tests.user_at('gone@example.com') as removed
from tests.two_organizations() w;
grant select on story to public;
select tests.join(known, acme, 'viewer'), tests.join(deactivated, acme, 'viewer'), tests.join(removed, acme, 'viewer') from story;
update public.org_members m set deactivated_at = now() from story where m.user_id in (deactivated, removed);
update public.org_members m set removed_at = now() from story where m.user_id = removed;
create function pg_temp.invite(p_rows text) returns text
language sql as $$select tests.attempt(format('select public.invite_members(%L, %L)', acme, p_rows)) from story$$;
create function pg_temp.results(p_rows jsonb) returns text[]
language sql as $$
  select array_agg(format('%s %s', i.row_number, i.result) order by i.row_number) from story, public.invite_members(acme, p_rows) i
$$;
grant execute on function pg_temp.invite(text), pg_temp.results(jsonb) to public;

select tests.act_as(org_admin) from story;
select public.invite_member(acme, 'open@example.com', 'viewer') from story;

-- A spreadsheet with everything in it.
create temporary table answered on commit drop as
select i.* from story s, public.invite_members(s.acme, jsonb_build_array(
  jsonb_build_object('email', 'new@example.com'),
  jsonb_build_object('email', 'boss@example.com', 'role', 'org_admin'),
  jsonb_build_object('email', 'by.id@example.com', 'role', 'agent', 'lines', jsonb_build_array(s.given, s.other)),
  jsonb_build_object('email', 'by.number@example.com', 'role', 'agent', 'lines', jsonb_build_array('+12125550101', '1 (212) 555-0102')),
  jsonb_build_object('email', 'member@example.com'),
  jsonb_build_object('email', 'left@example.com'),
  jsonb_build_object('email', 'gone@example.com', 'role', 'viewer', 'lines', null),
  jsonb_build_object('email', 'OPEN@example.com'),
  jsonb_build_object('email', 'New@Example.com', 'role', 'viewer'),
  jsonb_build_object('email', 'not an address'),
  jsonb_build_object('email', ''),
  jsonb_build_object('role', 'agent'),
  jsonb_build_object('email', 'role@example.com', 'role', 'boss'),
  jsonb_build_object('email', 'line@example.com', 'lines', jsonb_build_array(s.theirs)),
  jsonb_build_object('email', 'line@example.com', 'lines', jsonb_build_array('+12125550103')),
  jsonb_build_object('email', 'line@example.com', 'lines', jsonb_build_array('nonsense'))
)) i;
select results_eq(
  'select row_number, email, result from answered order by row_number',
  $$values
    (1, 'new@example.com', 'invited'), (2, 'boss@example.com', 'invited'), (3, 'by.id@example.com', 'invited'),
    (4, 'by.number@example.com', 'invited'), (5, 'member@example.com', 'already_a_member'), (6, 'left@example.com', 'already_a_member'),
    (7, 'gone@example.com', 'invited'), (8, 'OPEN@example.com', 'duplicate'), (9, 'New@Example.com', 'duplicate'),
    (10, 'not an address', 'bad_address'), (11, '', 'bad_address'), (12, null, 'bad_address'), (13, 'role@example.com', 'not_allowed'),
    (14, 'line@example.com', 'not_allowed'), (15, 'line@example.com', 'not_allowed'), (16, 'line@example.com', 'not_allowed')$$,
  'each row has its answer'
);
select set_eq(
  'select invitation_id from answered where invitation_id is not null',
  'select id from public.invitations where email <> ''open@example.com''', 'and who is invited an invitation'
);
select is_empty('select from answered where (result = ''invited'') <> (invitation_id is not null)', 'nobody else');
select results_eq(
  'select email, role, line_ids from public.invitations where email like ''by.%'' or email like ''new%'' order by email',
  $$select e.email, 'agent', case when e.email like 'by%' then array(select l from unnest(array[given, other]) l order by l) else '{}' end
    from story, (values ('by.id@example.com'), ('by.number@example.com'), ('new@example.com')) e (email)$$,
  'who is not said to be anything is an agent; a line is named by its id or number'
);

-- A list that is none.
select is(pg_temp.invite(rows), 'PT422 rows_malformed', coalesce(rows, 'nothing') || ' is no list of people')
from unnest(array[null, 'null', '[]', '{}', '"jo@example.com"', '5', '{"email": "jo@example.com"}']) rows;
select is(
  pg_temp.invite((select jsonb_agg(jsonb_build_object('email', n || '@example.com')) from generate_series(1, 1001) n)::text),
  'PT422 rows_malformed', 'nor are more than a thousand'
);
select is(
  pg_temp.invite((select jsonb_agg(jsonb_build_object('email', n || '@example.com')) from generate_series(1, 1000) n)::text),
  '1000 rows', 'a thousand are'
);

-- Rows that are none.
select is(
  pg_temp.results('["jo@example.com", 5, null, [], {}, true]'),
  array['1 bad_address', '2 bad_address', '3 bad_address', '4 bad_address', '5 bad_address', '6 bad_address'],
  'what is no row has no address'
);
select is(
  pg_temp.results('[{"email": 5}, {"email": null}, {"email": ["jo@example.com"]}, {"email": {"at": "example.com"}}]'),
  array['1 bad_address', '2 bad_address', '3 bad_address', '4 bad_address'], 'what is no text is no address'
);
select is(
  pg_temp.results('[
    {"email": "r1@example.com", "role": ""}, {"email": "r2@example.com", "role": ["agent"]}, {"email": "r3@example.com", "role": 5}
  ]'),
  array['1 not_allowed', '2 not_allowed', '3 not_allowed'], 'what is no role is not given'
);
select is(
  pg_temp.results('[
    {"email": "l1@example.com", "lines": "+12125550101"}, {"email": "l2@example.com", "lines": {}},
    {"email": "l3@example.com", "lines": [null]}, {"email": "l4@example.com", "lines": [["+12125550101"]]},
    {"email": "l5@example.com", "lines": [""]}, {"email": "l6@example.com", "lines": 5},
    {"email": "l7@example.com", "lines": [12125550101]}
  ]'),
  array['1 not_allowed', '2 not_allowed', '3 not_allowed', '4 not_allowed', '5 not_allowed', '6 not_allowed', '7 invited'],
  'what is no line is not given, while a number is a number'
);
select is(
  pg_temp.results('[{"email": "n1@example.com", "role": null, "lines": []}]'), array['1 invited'], 'none of a thing is the usual'
);
select is(
  pg_temp.results('[{"email": "x1@example.com", "name": "Jo", "note": "of the other sheet"}]'), array['1 invited'],
  'what else the sheet has does not matter'
);
select is(
  pg_temp.results(format('[{"email": "u1@example.com", "lines": ["%s"]}]', upper(given::text))::jsonb), array['1 invited'],
  'an id is an id in capitals too'
) from story;

-- A number that moves on next month is the organization's until then.
select tests.act_as(platform_admin) from story;
select public.assign_phone_number(n.id, s.globex, now() + interval '30 days')
from story s join public.phone_numbers n on n.e164 = '+12125550102';
select tests.act_as(org_admin) from story;
select is(
  pg_temp.results('[{"email": "m1@example.com", "lines": ["+12125550102"]}]'), array['1 invited'],
  'a number names the organization''s own line, whoever has it next'
);
select results_eq(
  'select line_ids from public.invitations where email = ''m1@example.com''', 'select array[other] from story', 'and no other'
);

-- Once more: who is invited already is not again.
select is(
  pg_temp.results('[{"email": "new@example.com"}, {"email": "Boss@example.com"}]'), array['1 duplicate', '2 duplicate'],
  'a list may be sent again'
);

select tests.act_as(agent) from story;
select is(pg_temp.invite('[{"email": "jo@example.com"}]'), 'PT403 role_not_sufficient', 'an agent invites no list');
select tests.act_as(viewer) from story;
select is(pg_temp.invite('[]'), 'PT403 role_not_sufficient', 'nor does a viewer, whatever is in it');
select tests.act_as(their_admin) from story;
select is(pg_temp.invite('[{"email": "jo@example.com"}]'), 'PT404 organization_not_found', 'nor an admin elsewhere');
select tests.act_as_role('anon');
select is(pg_temp.invite('[{"email": "jo@example.com"}]'), '42501', 'nor who is not signed in');

select * from finish();
rollback;
