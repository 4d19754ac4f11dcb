begin;
select plan(70);

create temporary table story on commit drop as select * from tests.two_organizations();
grant select on story to public;
create function pg_temp.invite(p_email text) returns text
language sql as $$select tests.attempt(format('select public.invite_member(%L, %L, ''agent'')', acme, p_email)) from story$$;
grant execute on function pg_temp.invite(text) to public;

select tests.act_as(org_admin) from story;

-- Odd ones.
select is(pg_temp.invite(email), '1 row', left(email, 60) || ' is an address')
from unnest(array[
  'jo@example.com', 'Jo.Miller@Example.COM', 'jo+victory@example.com', 'jo_miller-7@sub.example.co.uk', '"jo miller"@example.com',
  '"jo@home"@example.com', '"jo\"hn"@example.com', '"."@example.com', 'o''brien@example.com', '!#$%&''*+-/=?^_`{|}~@example.com',
  'jörg@example.com', '用户@example.com', 'jo@münchen.example', 'jo@xn--mnchen-3ya.example', 'jo@1st.example', 'j@e.io', '1@2.example',
  'jo@a-b--c.example.com', repeat('x', 64) || '@example.com', 'jo@' || repeat('x', 63) || '.example.com',
  'x@' || repeat(repeat('y', 49) || '.', 4) || repeat('z', 41) || '.example', '  jo@example.com '
]) email;

-- None at all, unfinished ones, and such as would carry something else into a letter.
select is(
  pg_temp.invite(email), 'PT422 email_invalid',
  coalesce(format('"%s"', left(translate(email, E'\n\r\t', '   '), 50)), 'nothing') || ' is none'
)
from unnest(array[
  null, '', '   ', 'jo', '@', 'jo@', '@example.com', 'jo@example', 'jo@localhost', 'jo example.com', 'jo@@example.com',
  'jo@home@example.com', 'jo miller@example.com', 'jo@exam ple.com', '.jo@example.com', 'jo.@example.com', 'jo..miller@example.com',
  'jo@.example.com', 'jo@example..com', 'jo@example.com.', 'jo@-example.com', 'jo@example-.com', 'jo@exa_mple.com', 'jo@[192.0.2.1]',
  'jo@192.0.2.1', 'jo@example.123', '"jo"miller@example.com', '"jo@example.com', 'jo"@example.com', '""@example.com',
  'Jo Miller <jo@example.com>', '<jo@example.com>', 'mailto:jo@example.com', 'jo@example.com,ann@example.com',
  'jo@example.com;ann@example.com', 'jo@example.com ann@example.com', 'jo(home)@example.com', 'jo\@example.com',
  E'jo@example.com\nBcc: ann@example.com', E'jo@example.com\r\n', E'jo\n@example.com', E'"jo\r\nBcc: ann"@example.com', E'jo@example.com\t',
  repeat('x', 65) || '@example.com', 'jo@' || repeat('x', 64) || '.example.com', repeat('x', 10000) || '@example.com'
]) email;

-- The longest that mail knows, and one longer.
select is(
  pg_temp.invite(repeat('x', 60) || '@' || repeat(repeat('y', 60) || '.', 3) || 'example.io'), '1 row', '254 characters are an address'
);
select is(
  pg_temp.invite(repeat('x', 61) || '@' || repeat(repeat('y', 60) || '.', 3) || 'example.io'), 'PT422 email_invalid', '255 are none'
);

select * from finish();
rollback;
