begin;
select plan(15);

select tests.act_as(tests.user());
select is(private.csv_text(written), read, test)
from (
  values
    ('=1+1', '''=1+1', 'a formula is a text'),
    ('=HYPERLINK("https://example.com")', '''=HYPERLINK("https://example.com")', 'whatever it does'),
    ('+1+1', '''+1+1', 'also one that begins with a plus'),
    ('+12125550101', '+12125550101', 'but a phone number is a phone number'),
    ('+', '''+', 'which has digits'),
    ('-1', '''-1', 'or a minus'),
    ('@SUM(A1)', '''@SUM(A1)', 'or an at'),
    (e'\t=1', e'''\t=1', 'or a tab'),
    (e'\r=1', e'''\r=1', 'or a carriage return'),
    (e'\n=1', e'''\n=1', 'or a line feed'),
    ('＝1+1', '''＝1+1', 'or a wide sign, which some take for the narrow one'),
    ('a=1', 'a=1', 'a text that holds a sign is left alone'),
    ('', '', 'as is an empty one'),
    (null, null, 'or none')
) t (written, read, test);

select tests.act_as_role('postgres');
create temporary table story on commit drop as select * from tests.two_organizations();
update auth.users set email = '=cmd|calc@example.com' where id = (select org_admin from story);
grant select on story to public;
select tests.act_as(org_admin) from story;
update public.organizations set name = '=1+1';
select is_empty(
  $$
    select x.actor, x.details
    from story s, public.export_audit_trail(s.acme, '2020-01-01', now() + interval '1 day') x,
      unnest(array[x.actor_kind, x.actor, x.action, x.resource, x.row_key, x.details, x.ip_address]) cell
    where cell ~ '^[=+\-@]'
  $$, 'no cell of an export begins like one'
);

select * from finish();
rollback;
