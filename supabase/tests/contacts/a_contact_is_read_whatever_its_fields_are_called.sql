begin;
select plan(9);

create function pg_temp.reads(p_item text) returns text
language plpgsql as $$
declare
  v_read record;
begin
  select * into v_read from private.read_contacts(array[p_item::jsonb]);
  return coalesce(v_read.error, concat_ws(
    '|', v_read.provider_contact_id, v_read.name, v_read.company, v_read.email, array_to_string(v_read.numbers, ',')
  ));
end
$$;

select is(
  pg_temp.reads('{"id": "a", "name": "Ann Example", "company": "Acme", "emails": ["ann@example.com"],
  "phones": ["+12125550152", "+12125550151"]}'),
  'a|Ann Example|Acme|ann@example.com|+12125550151,+12125550152', 'lists of texts'
);
select is(
  pg_temp.reads($${
    "guid": "a", "firstName": "Ann", "lastName": "Example", "companyName": "Acme", "email": "ann@example.com",
    "phoneNumbers": [{"number": "+12125550151"}, {"value": "12125550152"}, {"phone": "+12125550151"}]
  }$$),
  'a|Ann Example|Acme|ann@example.com|+12125550151,+12125550152', 'lists of objects, each number once'
);
select is(
  pg_temp.reads($${
    "contactId": 17, "fullName": "Ann", "organization": {"name": "Acme"}, "emails": [{"address": "ann@example.com"}], "phone": 12125550151,
    "mobile": "+1 212 555-0152"
  }$$),
  '17|Ann|Acme|ann@example.com|+12125550151,+12125550152', 'fields of their own'
);
select is(pg_temp.reads('{"id": "a", "lastName": "Example"}'), 'a|Example|', 'half a name is a name');
select is(
  pg_temp.reads('{"id": "a", "name": ["Ann"], "email": "no address", "phones": [null, {}, [[]], "call me", "12"]}'), 'a|',
  'what cannot be read is unknown'
);
select is(pg_temp.reads('{"id": "a", "phones": {"number": "+12125550151"}}'), 'a|', 'also what is of another shape');
select is(pg_temp.reads('{"name": "Ann"}'), 'The contact has no id.', 'without an id it is none');
select is(
  pg_temp.reads(jsonb_build_object('id', repeat('x', 201))::text), 'The contact''s id has more than 200 characters.',
  'nor with an endless one'
);
select is(pg_temp.reads('"Ann"'), 'The item is not a JSON object.', 'nor is what is no object');

select * from finish();
rollback;
